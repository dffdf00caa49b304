"""The counts of a month, put together for the public: reads, hits, how they were verified, searches, releases, audits.

No two tables have a sum in common that one of them hides: the offences of a purpose are told only where the purpose
itself is, and the total of hits is no small one wherever it stands.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alpr_edge.domain.access_log.record_notes import NOT_DONE
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord
from alpr_edge.domain.access_log.reports import EXPORTS, REVIEW_ACTION, SIGN_OFF_ACTION
from alpr_edge.domain.dispositions.disposition import DispositionPart, OutcomeAnswer
from alpr_edge.domain.dispositions.hit_state import HitState, HitVerification
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.domain.statistics.access_counts import CANVASS_START, HOLD_ACTIONS, RELEASE_ACTIONS
from alpr_edge.domain.statistics.counts import CountRow, shown_count

# Tables of counts for the public, in which small counts are joined to one sum that gives none of them away.
#
# A table has a closed list of categories. Those with small counts, and those without any, are told together: how much
# they make, and not how much each of them is. Where that sum would tell too much, further categories are joined with
# them, in an order that does not depend on their counts: whoever knows this rule learns nothing from which ones they
# are. Held against all tables of up to five categories: each small count that is joined could as well be any other
# small one.

CountByLabels = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """A table of counts for the public."""

    name: str
    """Its name for programs."""
    title: str
    heads: tuple[str, ...]
    """What the labels of a row are."""
    rows: tuple[CountRow, ...]
    """The categories that are told one by one, in their order."""
    others: int | None
    """What all other categories make together; None: hidden, with everything else, as all of it is small."""
    total: int | None
    """None: likewise."""


def joined_table(
    name: str, title: str, heads: tuple[str, ...], counts: Mapping[tuple[str, ...], int], small_below: int
) -> JoinedTable:
    """The table of some counts.

    Args:
        counts: the count of every category that there could be, 0 as well. Those behind are joined first.
        small_below: counts below it are small, except 0.
    """
    total = sum(counts.values())
    if 0 < total < small_below:
        return JoinedTable(name, title, heads, (), None, None)
    labels = tuple(counts)
    joined = _joined_places([counts[label] for label in labels], small_below)
    rows = tuple(CountRow(label, counts[label]) for place, label in enumerate(labels) if place not in joined)
    return JoinedTable(name, title, heads, rows, total - sum(row.count or 0 for row in rows), total)


def _joined_places(counts: Sequence[int], small_below: int) -> set[int]:
    """The categories that are told together, of a table whose total is 0 or no small one."""
    joined = {place for place, count in enumerate(counts) if count < small_below}
    joined_sum = sum(counts[place] for place in joined)
    most = (len(joined) - 1) * (small_below - 1)
    # Each of them can be anything from 0 to the largest small count: there is enough for one, and room in the others.
    if joined_sum == 0 or small_below <= joined_sum <= most:
        return joined
    for place in reversed(range(len(counts))):
        if place not in joined:
            joined.add(place)
            joined_sum += counts[place]
            if len(joined) > 1 and joined_sum >= 2 * small_below:
                break
    return joined


OTHER, NO_OFFENCE, NO_ANSWER = "other", "none named", "no answer"
IN_CARS, AT_DEPARTMENT = "in cars", "at the department"
DECISIONS = (ReleaseState.APPROVED, ReleaseState.REFUSED, ReleaseState.WITHDRAWN)
_ACTIONS: dict[str, tuple[str, ...]] = {
    "holds": (HOLD_ACTIONS,),
    "ends of holds": (RELEASE_ACTIONS,),
    "canvasses": (CANVASS_START,),
    "exports": EXPORTS,
}
"""Groups of actions, by how their words begin."""
Agency = tuple[AgencyKind, AgencySeat]


@dataclass(slots=True)
class ReviewTally:
    """Counts audits and weekly reviews of access logs (policy 462.6(c)): one of a week by one person counts once."""

    done: set[tuple[str, str, str]] = field(default_factory=set)
    """Log, week, person."""
    audits: set[tuple[str, ...]] = field(default_factory=set)
    """Audits that were signed off, as their records name them."""

    def add(self, record: AccessRecord) -> None:
        """Take a record of the month."""
        if record.outcome is not AccessOutcome.ALLOWED:
            return
        if record.action == REVIEW_ACTION:
            self.done.update((record.log_id, name, record.person_id) for name in record.objects)
        elif record.action == SIGN_OFF_ACTION:
            # Allowed is on record before it is done; that it was not, in a second record.
            change = self.audits.discard if record.note.startswith(NOT_DONE) else self.audits.add
            change(tuple(record.objects))

    @property
    def approved_weeks(self) -> int:
        """Weeks of a log that two people reviewed."""
        return sum(count > 1 for count in Counter((log, week) for log, week, _ in self.done).values())


@dataclass(slots=True)
class MonthTally:
    """What is counted of a month."""

    reads: int = 0
    corrected_reads: int = 0
    untimed_reads: int = 0
    imported_reads: int = 0
    deleted_reads: int = 0
    right_reads: int = 0
    """Judged by an officer to be what the plate says; likewise the next."""
    misread_reads: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    verifications: Counter[HitVerification] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    searches: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)
    """By where they were made, then by purpose and offence."""
    refused_searches: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    untimed_records: int = 0
    requests: Counter[Agency] = field(default_factory=Counter)
    """Entered in the month."""
    decisions: Counter[ReleaseState] = field(default_factory=Counter)
    releases: Counter[Agency] = field(default_factory=Counter)
    """Handed over in the month."""
    reviews: ReviewTally = field(default_factory=ReviewTally)

    def add_hit(self, reason: str, state: HitState) -> None:
        """Count a hit that holds."""
        self.reasons[reason] += 1
        self.verifications[state.verification] += 1
        said = state.newest(DispositionPart.OUTCOME)
        self.outcomes[NO_ANSWER if said is None else said.answer] += 1

    def add_actions(self, counts: Mapping[tuple[str, ...], int]) -> None:
        """Count holds, exports and canvasses by their words in the access log."""
        for (action,), count in counts.items():
            group = next((name for name, beginning in _ACTIONS.items() if action.startswith(beginning)), OTHER)
            self.actions[group] += count


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """A count that stands alone."""

    name: str
    title: str
    count: int | None
    """None: it is hidden, as it is small."""


@dataclass(frozen=True, slots=True)
class PublicCounts:
    """A month as the public sees it."""

    figures: tuple[PublicFigure, ...]
    tables: tuple[JoinedTable, ...]


def public_counts(tally: MonthTally, profile: Profile, small_below: int) -> PublicCounts:
    """Put the counts of a month together.

    Args:
        small_below: counts of what people did or were seen with are hidden below it; those of audits never are.
    """
    hidden = {
        "reads": ("Plates read", tally.reads),
        "corrected_reads": ("Of these, corrected by a person", tally.corrected_reads),
        "imported_reads": ("Reads taken over from other systems of this department", tally.imported_reads),
        "untimed_reads": ("Reads whose time is not sure, in no count, of all months", tally.untimed_reads),
        "deleted_reads": ("Reads deleted as their time was over", tally.deleted_reads),
        "refused_searches": ("Searches refused", tally.refused_searches),
        "untimed_records": ("Records of accesses whose time is not sure, in no count", tally.untimed_records),
    }
    figures = [PublicFigure(name, title, shown_count(count, small_below)) for name, (title, count) in hidden.items()]
    figures.append(PublicFigure("audits", "Audits of access logs, signed off", len(tally.reviews.audits)))
    figures.append(PublicFigure("reviews", "Weekly reviews of access logs", len(tally.reviews.done)))
    figures.append(PublicFigure("approved_reviews", "Weeks reviewed by two people", tally.reviews.approved_weeks))
    return PublicCounts(
        tuple(figures), (*_hit_tables(tally, small_below), *_people_tables(tally, profile, small_below))
    )


def _hit_tables(tally: MonthTally, small_below: int) -> Iterable[JoinedTable]:
    judged: CountByLabels = {("right",): tally.right_reads, ("misread",): tally.misread_reads}
    outcomes = _closed(tally.outcomes, (NO_ANSWER, *OutcomeAnswer))
    yield joined_table("hits_by_reason", "Hits by reason", ("reason",), _closed(tally.reasons, Reason), small_below)
    verified = _closed({str(state): count for state, count in tally.verifications.items()}, HitVerification)
    yield joined_table("hits_by_verification", "Hits by how far verified", ("state",), verified, small_below)
    yield joined_table("hits_by_outcome", "What came of hits: stops and others", ("outcome",), outcomes, small_below)
    yield joined_table("judged_reads", "What officers said of the reads of hits", ("judgement",), judged, small_below)


def _people_tables(tally: MonthTally, profile: Profile, small_below: int) -> Iterable[JoinedTable]:
    places: CountByLabels = {
        (place,): tally.searches.get(place, Counter()).total() for place in (IN_CARS, AT_DEPARTMENT)
    }
    yield joined_table("searches_by_place", "Searches by where they were made", ("place",), places, small_below)
    yield from _search_tables(tally, profile, small_below)
    actions: CountByLabels = {(name,): tally.actions[name] for name in (*_ACTIONS, OTHER)}
    yield joined_table("actions", "Holds, exports and canvasses", ("action",), actions, small_below)
    titles = {
        "requests": ("Requests for data by who asked", tally.requests),
        "releases": ("Releases of data by who got it", tally.releases),
    }
    for name, (title, counts) in titles.items():
        kinds: CountByLabels = {
            (_words(kind), _words(seat)): counts[kind, seat] for kind in AgencyKind for seat in AgencySeat
        }
        yield joined_table(name, title, ("who", "whose"), kinds, small_below)
    decisions: CountByLabels = {(state.value,): tally.decisions[state] for state in DECISIONS}
    yield joined_table("decisions", "Requests decided", ("decision",), decisions, small_below)


def _search_tables(tally: MonthTally, profile: Profile, small_below: int) -> Iterable[JoinedTable]:
    """Searches by purpose, and of each purpose that is told by offence."""
    purposes: dict[str, Counter[str]] = {code: Counter() for code in (*map(str, PurposeCode), OTHER)}
    for counts in tally.searches.values():
        for (purpose, offence), count in counts.items():
            code = purpose if purpose in purposes else OTHER
            said = offence if offence in profile.offences else OTHER if offence else NO_OFFENCE
            purposes[code][said] += count
    words = {code: rule.words for code, rule in profile.purposes.items()}
    codes = {words.get(code, _words(code)): code for code in purposes}
    sums: CountByLabels = {(name,): purposes[code].total() for name, code in codes.items()}
    by_purpose = joined_table("searches_by_purpose", "Searches by purpose", ("purpose",), sums, small_below)
    yield by_purpose
    for row in by_purpose.rows:
        code = codes[row.labels[0]]
        offences = purposes[code]
        words_of = {NO_OFFENCE: NO_OFFENCE} | dict(profile.offences) | {OTHER: OTHER}
        counted: CountByLabels = {(text,): offences[offence] for offence, text in words_of.items()}
        title = f"Searches for: {row.labels[0]}, by offence"
        yield joined_table(f"searches_by_offence:{code}", title, ("offence",), counted, small_below)


def _closed(counts: Mapping[str, int], words: Iterable[str]) -> CountByLabels:
    """The counts of a closed list of words; what is none of them counts as another."""
    known = {str(word): 0 for word in words}
    other = 0
    for word, count in counts.items():
        if word in known:
            known[word] += count
        else:
            other += count
    named: CountByLabels = {(_words(word),): count for word, count in known.items()}
    named[OTHER,] = named.get((OTHER,), 0) + other
    return named


def _words(code: str) -> str:
    return code.replace("_", " ")
