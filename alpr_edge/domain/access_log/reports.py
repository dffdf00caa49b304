"""A report on the accesses of some days: what a reviewer has to look at (policy 462.6(c), 462.3.1(c)).

It names records by their numbers and never repeats a plate: who has to see one asks for its record. The sample is drawn
by the log's own root, so neither the reviewer nor the reviewed chooses it, and it can be drawn again.
"""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from alpr_edge.domain.access_log.record_notes import NOT_DONE
from alpr_edge.domain.access_log.records import DRIFT_FOUND, RECORD_NOT_KEPT, AccessOutcome, AccessRecord
from alpr_edge.domain.access_log.trusted_times import AccessDate, DateSource, TrustedTimes
from alpr_edge.domain.days import span_of_days
from alpr_edge.domain.errors import AuditError

BURST_RECORDS = 20
BURST_SPAN = timedelta(minutes=10)
"""So many accesses of one person in so short a time are a burst."""
LISTED_MAX = 1000
"""Most records that a part of the report names; the counts go on."""
EXPORTS = ("export", "offload")
"""Actions that begin so take data out."""
REVIEW_ACTION = "review_week"
SIGN_OFF_ACTION = "sign_off_audit"
"""The end of an audit at the department."""
DISPOSING_ACTIONS = frozenset({"dispose_hit", "verify_hit", "correct_read"})
"""After one of these a hit, which it names as its object, is not open any more."""
SELF_CHECK_ACTIONS = frozenset({DRIFT_FOUND, RECORD_NOT_KEPT, "settings_edited_by_hand"})
"""What the unit itself put on record of changes and failures past the commands."""
FLAGGED = "flagged "
"""How the reason of a record begins, or goes on, whose free text hints at a barred purpose."""
FIRST_SIGN_IN = "for the first time"
"""What the note of a sign-in says where the person never signed in at that place before."""
_WEEK = "week:"


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What a report is about, and what stands out.

    Raises:
        ReportError: its days begin or end beyond the calendar.
    """

    since: date
    until: date
    """The last day."""
    zone: tzinfo | None
    """The zone of its days and hours; None: that of this computer, with its summer time."""
    opens: time
    closes: time
    """Accesses outside these hours are out of hours; they may pass midnight."""
    sample: int
    """Records to draw for review."""

    def __post_init__(self) -> None:
        span_of_days(self.since, self.until, self.zone)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first moment of its days, and the first behind them."""
        return span_of_days(self.since, self.until, self.zone)

    def is_out_of_hours(self, moment: datetime) -> bool:
        """Whether a moment lies outside the usual hours."""
        local = moment.astimezone(self.zone).time()
        if self.opens <= self.closes:
            return not self.opens <= local < self.closes
        return self.closes <= local < self.opens


@dataclass(slots=True)
class PersonCount:
    """The accesses of one person for one purpose."""

    person: str
    purpose: str
    allowed: int = 0
    refused: int = 0
    shown: int = 0
    """Objects shown."""


@dataclass(frozen=True, slots=True)
class RecordGroup:
    """Several accesses of one person that stand out together."""

    person: str
    count: int
    first: int
    """Number of the first record."""
    last: int


@dataclass(slots=True)
class WeekReview:
    """Who reviewed a week, and who approved that: the first other person who reviewed it as well."""

    week: str
    reviewer: str
    approver: str = ""
    """Empty: nobody yet."""


@dataclass(slots=True)
class AccessReport:
    """The report; lists hold numbers of records."""

    since: date
    until: date
    records: int = 0
    without_time: list[int] = field(default_factory=list)
    """Records whose clock was not set, and that no other dates; they count as within the days."""
    dated_by_boot: list[int] = field(default_factory=list)
    """Records without a trusted time that another record of the same boot dates."""
    clock_not_confirmed: list[int] = field(default_factory=list)
    """Records whose time comes from no trusted clock; they are of these days, or may be by the records around them."""
    break_glass: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    out_of_hours: list[int] = field(default_factory=list)
    exports: list[int] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    """Records whose free text hints at a barred purpose."""
    first_sign_ins: list[int] = field(default_factory=list)
    """Sign-ins of somebody at a place where they never signed in before."""
    self_check: list[int] = field(default_factory=list)
    """What the unit found changed past the commands, or could not put on record."""
    by_person: list[PersonCount] = field(default_factory=list)
    repeated_without_case: list[RecordGroup] = field(default_factory=list)
    """The same plate searched for by the same person again, with no case."""
    bursts: list[RecordGroup] = field(default_factory=list)
    sample: list[int] = field(default_factory=list)
    seed: str = ""
    """What the sample was drawn by, and can be drawn by again: the log's root at :attr:`log_size`, hexadecimal."""
    log_size: int = 0
    """Number of records that the log had."""
    hits: int = 0
    """Hits of these days on this unit."""
    open_hits: list[str] = field(default_factory=list)
    """Ids of those of which no record says what became of them."""
    reviews: list[WeekReview] = field(default_factory=list)
    unreviewed_weeks: list[str] = field(default_factory=list)
    """Weeks with accesses that nobody has reviewed."""


class ReportWriter:
    """Takes the records of a log in their order, and makes a report of those within its days."""

    def __init__(self, rules: ReportRules, seed: bytes, times: TrustedTimes) -> None:
        self._rules = rules
        self._seed = seed
        self._times = times
        self._span = rules.span
        self._report = AccessReport(rules.since, rules.until)
        self._counts: dict[tuple[str, str], PersonCount] = {}
        self._searches: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._recent: dict[str, deque[tuple[datetime, int]]] = defaultdict(deque)
        self._bursts: dict[str, RecordGroup] = {}
        self._weeks: Counter[str] = Counter()
        self._reviews: dict[str, WeekReview] = {}
        self._reviewer_ids: dict[str, str] = {}
        self._disposed: Counter[str] = Counter()
        self._drawn: list[tuple[bytes, int]] = []

    def add(self, record: AccessRecord) -> None:
        """Take the next record."""
        if record.action == REVIEW_ACTION and record.outcome is AccessOutcome.ALLOWED:
            self._note_review(record)
        if record.action in DISPOSING_ACTIONS and record.outcome is AccessOutcome.ALLOWED:
            self._disposed.update(dict.fromkeys(record.objects, -1 if record.note.startswith(NOT_DONE) else 1))
        date = self._times.date_within(record.sequence, record.received, self._span)
        if date is None:
            return
        moment = date.moment
        self._report.records += 1
        self._count(record)
        self._list(record, date)
        if moment is not None and record.person_id:
            self._weeks[week_of(moment.astimezone(self._rules.zone).date())] += 1
            self._note_burst(record, moment)
        self._draw(record.sequence)

    def finish(self, hit_ids: Sequence[str] = ()) -> AccessReport:
        """The report.

        Args:
            hit_ids: the hits of these days, in their order.
        """
        report = self._report
        report.seed = self._seed.hex()
        report.hits = len(hit_ids)
        report.open_hits = [hit_id for hit_id in hit_ids if self._disposed[hit_id] <= 0][:LISTED_MAX]
        report.reviews = sorted(self._reviews.values(), key=lambda review: review.week)
        report.by_person = sorted(self._counts.values(), key=lambda count: (count.person, count.purpose))
        report.repeated_without_case = list(self._repetitions())
        report.bursts += self._bursts.values()
        report.bursts.sort(key=lambda group: group.first)
        self._drawn = sorted(self._drawn)[: self._rules.sample]
        report.sample = sorted(sequence for _, sequence in self._drawn)
        report.unreviewed_weeks = sorted(self._weeks.keys() - self._reviews.keys())
        return report

    def _note_review(self, record: AccessRecord) -> None:
        for week in (name.removeprefix(_WEEK) for name in record.objects if name.startswith(_WEEK)):
            review = self._reviews.setdefault(week, WeekReview(week, record.person))
            reviewer_id = self._reviewer_ids.setdefault(week, record.person_id)
            has_ids = bool(reviewer_id and record.person_id)  # break-glass has a name alone
            is_own = record.person_id == reviewer_id if has_ids else record.person == review.reviewer
            if not is_own and not review.approver:
                review.approver = record.person

    def _count(self, record: AccessRecord) -> None:
        key = (record.person, record.purpose)
        count = self._counts.setdefault(key, PersonCount(*key))
        if record.outcome is AccessOutcome.REFUSED:
            count.refused += 1
        else:
            count.allowed += 1
        count.shown += record.shown

    def _list(self, record: AccessRecord, date: AccessDate) -> None:
        report, sequence, moment = self._report, record.sequence, date.moment
        is_person = bool(record.person_id) or record.break_glass
        for is_in, numbers in (
            (date.source is DateSource.NOTHING, report.without_time),
            (date.source is DateSource.SAME_BOOT, report.dated_by_boot),
            (date.source is DateSource.OTHER_CLOCK, report.clock_not_confirmed),
            (record.break_glass, report.break_glass),
            (record.outcome is AccessOutcome.REFUSED, report.refused),
            (record.action.startswith(EXPORTS), report.exports),
            (FLAGGED in record.reason, report.flagged),
            (record.action == "sign_in" and FIRST_SIGN_IN in record.note, report.first_sign_ins),
            (record.action in SELF_CHECK_ACTIONS, report.self_check),
            (is_person and moment is not None and self._rules.is_out_of_hours(moment), report.out_of_hours),
        ):
            if is_in and len(numbers) < LISTED_MAX:
                numbers.append(sequence)
        if record.query and not record.case:
            self._searches[record.person, record.query].append(sequence)

    def _repetitions(self) -> Iterator[RecordGroup]:
        for (person, _), numbers in self._searches.items():
            if len(numbers) > 1:
                yield RecordGroup(person, len(numbers), numbers[0], numbers[-1])

    def _note_burst(self, record: AccessRecord, moment: datetime) -> None:
        recent = self._recent[record.person]
        recent.append((moment, record.sequence))
        while recent and moment - recent[0][0] > BURST_SPAN:
            recent.popleft()
        open_burst = self._bursts.get(record.person)
        if open_burst is not None and recent[0][1] <= open_burst.last:
            grown = RecordGroup(record.person, open_burst.count + 1, open_burst.first, record.sequence)
            self._bursts[record.person] = grown
        elif len(recent) >= BURST_RECORDS:
            if open_burst is not None:
                self._report.bursts.append(open_burst)
            self._bursts[record.person] = RecordGroup(record.person, len(recent), recent[0][1], record.sequence)

    def _draw(self, sequence: int) -> None:
        """Keep the records whose digests with the seed are the smallest."""
        self._drawn.append((hashlib.sha256(self._seed + sequence.to_bytes(8)).digest(), sequence))
        if len(self._drawn) > 2 * max(self._rules.sample, 1):
            self._drawn = sorted(self._drawn)[: self._rules.sample]


def week_of(day: date) -> str:
    """The week of a day by ISO 8601, such as ``2026-W48``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def parse_week(text: str) -> str:
    """A week that somebody typed; raises as :func:`week_start` does."""
    return week_of(week_start(text))


def week_start(text: str) -> date:
    """The Monday of a week. Raises AuditError: it is none."""
    try:
        year, _, week = text.partition("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        raise AuditError(f"{text}: not a week; it looks like 2026-W48") from None


def week_object(week: str) -> str:
    """The name of a week among the objects of a record."""
    return _WEEK + week
