"""What stands out among records of accesses, as sentences for a reviewer (policy 462.6(c), 462.3.1(c)).

A flag is a question and no finding: the reviewer looks at its records and says what they were. No sentence repeats a
plate. The rules know nothing of where records lie; those of the department's log and of all units' logs come together,
in any order, so that who searches in a car and at the department is one person.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

from alpr_edge.domain.access_log.record_notes import WITHOUT_SESSION
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord
from alpr_edge.domain.access_log.reports import BURST_RECORDS, BURST_SPAN, FLAGGED
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.audits.shifts import Shift, shift_on
from alpr_edge.domain.permissions.profile import BarredTerms, Need, PurposeRule
from alpr_edge.domain.statistics.access_counts import SEARCH_ACTIONS

REPEATS_WITHOUT_CASE, REPEATS = 3, 10
"""So many looks at the same plate by one person are flagged: without a case, and even with one."""
ONE_LOOK = timedelta(minutes=15)
"""Searches for the same plate that follow each other so closely are one look: pages of one search."""
NIGHT_BURST_RECORDS = 5
"""So many searches within :data:`~alpr_edge.domain.access_log.reports.BURST_SPAN` are a burst at night."""


class FlagKind(StrEnum):
    """What stands out."""

    NO_CASE = "no_case"
    REPEAT = "repeat"
    OFF_SHIFT = "off_shift"
    NIGHT_BURST = "night_burst"
    BURST = "burst"
    HOUSEHOLD = "household"
    BARRED = "barred"
    BREAK_GLASS = "break_glass"
    WITHOUT_SESSION = "without_session"
    DATED_AHEAD = "dated_ahead"


@dataclass(frozen=True, slots=True)
class AuditFlag:
    """Something that stands out in the records of one person."""

    kind: FlagKind
    person_id: str
    """Empty: break-glass, by the name that was given."""
    person: str
    records: tuple[RecordKey, ...]
    """Those that it is about, in order."""
    sentence: str


@dataclass(frozen=True, slots=True)
class FlagRules:
    """What the rules know besides the records."""

    purposes: Mapping[str, PurposeRule]
    """Of the profile: whether a case is due."""
    barred: Mapping[str, str]
    """Purposes that the profile bars, with the law."""
    terms: BarredTerms
    zone: tzinfo
    """Of shifts and nights."""
    end: datetime
    """The first moment behind the days that the records are of."""
    shifts: Mapping[str, Sequence[Shift]]
    """Declared shifts by the person's id, in the order in which they were declared; nobody has to have any."""
    is_household: Callable[[str, str], bool]
    """Whether a plate is one that a person, given by their id, declared as of their own household."""
    night_begins: time = time(22)
    night_ends: time = time(6)

    def is_night(self, moment: datetime) -> bool:
        """Whether a moment lies in the night."""
        local = moment.astimezone(self.zone).time()
        return local >= self.night_begins or local < self.night_ends


@dataclass(frozen=True, slots=True)
class _PersonAccess:
    """What the rules need of a record, which is less than the record: a quarter has hundreds of thousands."""

    key: RecordKey
    moment: datetime | None
    """None: the clock was not set."""
    person_id: str
    """Empty: break-glass."""
    person: str
    query: str
    """The plate that was asked for; empty: none, as a search by area, unit and time asks for none."""
    is_search: bool
    purpose: str
    case: str
    is_allowed: bool
    is_look: bool
    """Whether it showed or asked for anything of a plate."""
    is_without_session: bool
    """Whether it changed people in spite of the rule that somebody signs in for that."""
    barred: tuple[str, ...]
    """Barred purposes that it named or hinted at."""


def find_flags(records: Iterable[AccessRecord], rules: FlagRules) -> tuple[AuditFlag, ...]:
    """Find what stands out, by person; records of no person, such as a unit's own, are passed over.

    Args:
        records: the records, in any order, each once.
    """
    by_person: dict[tuple[str, str], list[_PersonAccess]] = defaultdict(list)
    for record in records:
        if record.person_id or record.break_glass:
            access = _access_of(record, rules)
            by_person[access.person_id, access.person * record.break_glass].append(access)
    flags = list[AuditFlag]()
    for person in sorted(by_person):
        accesses = sorted(by_person[person], key=lambda each: (each.moment or _UNKNOWN, each.key))
        flags += (flag for rule in _RULES for flag in rule(accesses, rules))
    return tuple(flags)


def _without_case(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """Searches without a case for a purpose that asks for one, or that the profile does not offer."""
    by_purpose: dict[str, list[_PersonAccess]] = defaultdict(list)
    for each in accesses:
        rule = rules.purposes.get(each.purpose)
        is_due = rule is None or rule.case is Need.REQUIRED
        if each.is_search and is_due and not each.case and each.is_allowed:
            by_purpose[each.purpose].append(each)
    for purpose, found in sorted(by_purpose.items()):
        words = f"searched {_times(found)} for {_words(purpose)} without a case, which that purpose asks for"
        yield _flag(FlagKind.NO_CASE, found, words)


def _repeats(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """Looks at the same plate again and again."""
    del rules
    by_plate: dict[tuple[str, bool], list[_PersonAccess]] = defaultdict(list)
    for each in accesses:
        if each.query:
            by_plate[each.query, bool(each.case)].append(each)
    for (_, has_case), found in sorted(by_plate.items()):
        looks, limit = _count_looks(found), REPEATS if has_case else REPEATS_WITHOUT_CASE
        if looks >= limit:
            words = f"looked for the same plate {looks} times, {'each with a case' if has_case else 'with no case'}"
            yield _flag(FlagKind.REPEAT, found, words)


def _off_shift(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """What was looked at outside of the hours that were declared for the person."""
    found, words = list[_PersonAccess](), set[str]()
    for each in accesses:
        shift = _shift_at(each, rules)
        if each.moment is not None and each.is_look and shift is not None:
            if shift.covers(each.moment.astimezone(rules.zone)):
                continue
            found.append(each)
            words.add(shift.text)
    if found:
        yield _flag(
            FlagKind.OFF_SHIFT, found, f"looked {_times(found)} outside of the shift ({'; '.join(sorted(words))})"
        )


def _bursts(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """Many searches in a short time."""
    del rules
    for found in _crowds([each for each in accesses if each.is_search], BURST_RECORDS):
        yield _flag(FlagKind.BURST, found, f"searched {_times(found)} in a row, {BURST_RECORDS} and more {_SPAN_WORDS}")


def _night_bursts(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """Some searches in a short time at night, by somebody for whom no shift is declared."""
    at_night = [
        each
        for each in accesses
        if each.is_search and each.moment and rules.is_night(each.moment) and _shift_at(each, rules) is None
    ]
    for found in _crowds(at_night, NIGHT_BURST_RECORDS):
        words = f"searched {_times(found)} at night, {NIGHT_BURST_RECORDS} and more {_SPAN_WORDS}; no shift is declared"
        yield _flag(FlagKind.NIGHT_BURST, found, words)


def _household(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """Searches for plates of the person's own household."""
    found = [each for each in accesses if each.query and rules.is_household(each.person_id, each.query)]
    if found:
        yield _flag(FlagKind.HOUSEHOLD, found, f"searched {_times(found)} for a plate of their own declared household")


def _barred_purposes(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """What was asked for a purpose that the profile bars, or with words that hint at one."""
    del rules
    hinted: dict[str, list[_PersonAccess]] = defaultdict(list)
    for each in accesses:
        for code in each.barred:
            hinted[code].append(each)
    for code, found in sorted(hinted.items()):
        yield _flag(FlagKind.BARRED, found, f"named a barred purpose, or hinted at it, {_times(found)}: {_words(code)}")


def _past_accounts(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """What was done past all accounts, and by the owner of the department's folder past the accounts of people."""
    del rules
    if found := [each for each in accesses if not each.person_id]:
        yield _flag(FlagKind.BREAK_GLASS, found, f"used break-glass {_times(found)}")
    if found := [each for each in accesses if each.is_without_session]:
        yield _flag(FlagKind.WITHOUT_SESSION, found, f"changed people without a session {_times(found)}")


def _dated_ahead(accesses: Sequence[_PersonAccess], rules: FlagRules) -> Iterator[AuditFlag]:
    """What is dated behind the days, though it is among the records of these days."""
    found = [each for each in accesses if each.moment is not None and each.moment >= rules.end]
    if found:
        words = f"is on record {_times(found)} with a date behind these days: a clock was wrong, or was set ahead"
        yield _flag(FlagKind.DATED_AHEAD, found, words)


_RULES = (
    *(_without_case, _repeats, _off_shift, _bursts, _night_bursts, _household, _barred_purposes, _past_accounts),
    _dated_ahead,
)
_UNKNOWN = datetime.min.replace(tzinfo=UTC)
_SPAN_WORDS = f"within {BURST_SPAN // timedelta(minutes=1)} minutes"


def _crowds(accesses: Sequence[_PersonAccess], count_min: int) -> Iterator[list[_PersonAccess]]:
    """The largest stretches in which each record is among so many within the span of a burst; accesses in order."""
    timed = [(each.moment, each) for each in accesses if each.moment is not None]
    first, crowded = 0, set[int]()
    for last, (moment, _) in enumerate(timed):
        while moment - timed[first][0] > BURST_SPAN:
            first += 1
        if last - first + 1 >= count_min:
            crowded.update(range(first, last + 1))
    stretch = list[_PersonAccess]()
    for number, (_, each) in enumerate(timed):
        if number in crowded:
            stretch.append(each)
        if stretch and number + 1 not in crowded:
            yield stretch
            stretch = []


def _count_looks(found: Sequence[_PersonAccess]) -> int:
    """How often somebody looked: pages of one search are one look; what has no time is one each."""
    looks, last = 0, None
    for each in found:
        if each.moment is None or last is None or each.moment - last > ONE_LOOK:
            looks += 1
        last = each.moment
    return looks


def _shift_at(access: _PersonAccess, rules: FlagRules) -> Shift | None:
    """The shift that is declared for whoever made an access, on its day."""
    if access.moment is None:
        return None
    day = access.moment.astimezone(rules.zone).date()
    return shift_on(rules.shifts.get(access.person_id, ()), day)


def _flag(kind: FlagKind, found: Sequence[_PersonAccess], words: str) -> AuditFlag:
    first = found[0]
    return AuditFlag(kind, first.person_id, first.person, tuple(each.key for each in found), f"{first.person} {words}")


def _access_of(record: AccessRecord, rules: FlagRules) -> _PersonAccess:
    codes = {code.value for code in rules.terms.flags_in(record.note)}
    codes |= {part.removeprefix(FLAGGED) for part in record.reason.split("; ") if part.startswith(FLAGGED)}
    codes |= {record.purpose} & rules.barred.keys()
    is_search = bool(record.query) or record.action in SEARCH_ACTIONS
    return _PersonAccess(
        key=RecordKey.of(record),
        moment=None if record.received.utc is None else datetime.fromisoformat(record.received.utc),
        person_id="" if record.break_glass else record.person_id,
        person=record.person,
        query=record.query,
        is_search=is_search,
        purpose=record.purpose,
        case=record.case,
        is_allowed=record.outcome is AccessOutcome.ALLOWED,
        is_look=is_search or record.shown > 0,
        is_without_session=WITHOUT_SESSION in record.note and record.person_id.startswith("login:"),
        barred=tuple(sorted(codes)),
    )


def _times(found: Sequence[_PersonAccess]) -> str:
    return "once" if len(found) == 1 else f"{len(found)} times"


def _words(code: str) -> str:
    return code.replace("_", " ")
