"""Limits of the report on a log: its lists, its hours, its bursts, and how its sample is drawn."""

import hashlib
import time as clock
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord, RecordMoment, utc_text
from alpr_edge.domain.access_log.reports import (
    BURST_RECORDS,
    BURST_SPAN,
    LISTED_MAX,
    AccessReport,
    RecordGroup,
    ReportRules,
    ReportWriter,
    parse_week,
)
from alpr_edge.domain.access_log.trusted_times import TrustedTimes
from alpr_edge.domain.errors import AuditError, ReportError
from tests.domain.access_log.entries import record

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULES = ReportRules(date(2026, 11, 23), date(2026, 11, 29), UTC, time(6), time(22), sample=3)
SEED = bytes(range(32))
REFUSED = {"outcome": AccessOutcome.REFUSED, "reason": "not_granted"}


def at(sequence: int, moment: datetime, **changes: Any) -> AccessRecord:  # noqa: ANN401 - fields of an entry
    received = RecordMoment(utc=utc_text(moment), source="gnss", uncertainty_ms=10)
    return record(sequence, **changes).model_copy(update={"received": received})


def report(records: Sequence[AccessRecord], rules: ReportRules = RULES, hit_ids: Sequence[str] = ()) -> AccessReport:
    writer = ReportWriter(rules, SEED, TrustedTimes())
    for each in records:
        writer.add(each)
    return writer.finish(hit_ids)


def test_a_report_says_its_days_and_a_quiet_one_lists_nothing() -> None:
    empty = AccessReport(date(2026, 11, 23), date(2026, 11, 29), seed=SEED.hex())
    assert report([]) == empty


def test_an_ordinary_access_stands_in_no_list() -> None:
    result = report([at(7, NOON)])
    lists = (result.without_time, result.break_glass, result.refused, result.out_of_hours, result.exports)
    assert (lists, result.flagged, result.first_sign_ins, result.self_check) == (([],) * 5, [], [], [])
    assert (result.records, result.sample, result.unreviewed_weeks) == (1, [7], ["2026-W48"])


def test_a_list_names_no_more_than_its_limit_and_the_counts_go_on() -> None:
    one = at(0, NOON, **REFUSED)
    result = report([one.model_copy(update={"sequence": number}) for number in range(LISTED_MAX + 2)])
    assert result.refused == list(range(LISTED_MAX))
    assert result.records == LISTED_MAX + 2
    assert [(count.allowed, count.refused) for count in result.by_person] == [(0, LISTED_MAX + 2)]


def test_open_hits_are_named_up_to_a_limit_and_all_counted() -> None:
    hit_ids = [f"hit-{number}" for number in range(LISTED_MAX + 2)]
    result = report([at(0, NOON, action="verify_hit", objects=("hit-1", "hit-3"))], hit_ids=hit_ids)
    assert result.hits == LISTED_MAX + 2
    assert result.open_hits == [each for each in hit_ids if each not in {"hit-1", "hit-3"}][:LISTED_MAX]


@pytest.mark.parametrize(
    ("opens", "closes", "moment", "is_out"),
    [
        (6, 22, time(6), False),
        (6, 22, time(5, 59, 59), True),
        (6, 22, time(21, 59, 59), False),
        (6, 22, time(22), True),
        (18, 6, time(18), False),
        (18, 6, time(17, 59, 59), True),
        (18, 6, time(5, 59, 59), False),
        (18, 6, time(6), True),
        (6, 6, time(6), True),
        (6, 6, time(7), True),
    ],
)
def test_hours_begin_with_the_first_and_end_before_the_last(
    opens: int, closes: int, moment: time, *, is_out: bool
) -> None:
    rules = ReportRules(RULES.since, RULES.until, UTC, time(opens), time(closes), 0)
    result = report([at(0, datetime.combine(NOON.date(), moment, UTC))], rules)
    assert result.out_of_hours == ([0] if is_out else [])


@pytest.mark.parametrize(("last", "is_burst"), [(BURST_SPAN, True), (BURST_SPAN + timedelta(seconds=1), False)])
def test_a_burst_is_twenty_records_within_its_span(last: timedelta, *, is_burst: bool) -> None:
    records = [at(number, NOON) for number in range(BURST_RECORDS - 1)]
    result = report([*records, at(40, NOON + last)])
    assert result.bursts == ([RecordGroup("Núñez, A.", BURST_RECORDS, 0, 40)] if is_burst else [])


def test_bursts_of_several_people_are_told_by_their_first_record() -> None:
    records = []
    for number in range(BURST_RECORDS):
        records += [
            at(2 * number, NOON, person="B", person_id="b"),
            at(2 * number + 1, NOON, person="A", person_id="a"),
        ]
    last = 2 * BURST_RECORDS
    assert report(records).bursts == [
        RecordGroup("B", BURST_RECORDS, 0, last - 2),
        RecordGroup("A", BURST_RECORDS, 1, last - 1),
    ]
    nobody = [at(number, NOON, person_id="") for number in range(BURST_RECORDS)]
    assert (report(nobody).bursts, report(nobody).unreviewed_weeks) == ([], [])


def test_a_plate_searched_for_again_is_grouped_by_its_first_and_last_record() -> None:
    search = {"query": "7ABC123", "case": ""}
    result = report([at(number, NOON, **search) for number in (3, 5, 9)])
    assert result.repeated_without_case == [RecordGroup("Núñez, A.", 3, 3, 9)]
    assert report([at(3, NOON, **search)]).repeated_without_case == []
    assert report([at(number, NOON, query="", case="") for number in (3, 5)]).repeated_without_case == []


@pytest.mark.parametrize("sample", [0, 1, 3, 40, 60])
def test_the_sample_is_that_of_the_smallest_digests_with_the_seed(sample: int) -> None:
    rules = ReportRules(RULES.since, RULES.until, UTC, time(6), time(22), sample)
    result = report([at(number, NOON) for number in range(50)], rules)
    digests = sorted((hashlib.sha256(SEED + number.to_bytes(8)).digest(), number) for number in range(50))
    assert result.sample == sorted(number for _, number in digests[:sample])


def test_people_and_reviews_are_in_order() -> None:
    review = {"action": "review_week", "person": "Lee"}
    result = report(
        [
            at(0, NOON, person="B", shown=2),
            at(1, NOON, person="A", purpose="z", shown=3),
            at(2, NOON, person="A", purpose="y", **REFUSED),
            at(3, NOON + timedelta(days=90), objects=("week:2026-W48", "other", "week:2026-W47"), **review),
        ]
    )
    assert [(each.person, each.purpose) for each in result.by_person] == [
        ("A", "y"),
        ("A", "z"),
        ("B", "stolen_vehicle"),
    ]
    assert [each.shown for each in result.by_person] == [1, 3, 2]
    assert [(each.week, each.reviewer) for each in result.reviews] == [("2026-W47", "Lee"), ("2026-W48", "Lee")]
    assert (result.unreviewed_weeks, result.records) == ([], 3)


def test_what_is_no_week_is_told_with_an_example() -> None:
    with pytest.raises(AuditError, match=r"^48: not a week; it looks like 2026-W48$"):
        parse_week("48")


@pytest.fixture
def los_angeles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer that stands there."""
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.mark.usefixtures("los_angeles")
@pytest.mark.parametrize(("month", "hours_to_utc"), [(1, 8), (7, 7)])
def test_without_a_zone_the_hours_are_those_of_the_computer_with_its_summer_time(month: int, hours_to_utc: int) -> None:
    rules = ReportRules(date(2026, month, 5), date(2026, month, 5), None, time(6), time(22), 0)
    midnight = datetime(2026, month, 5, tzinfo=UTC) + timedelta(hours=hours_to_utc)
    assert rules.span == (midnight, midnight + timedelta(days=1))
    assert rules.is_out_of_hours(midnight + timedelta(hours=22, minutes=30))
    assert not rules.is_out_of_hours(midnight + timedelta(hours=21, minutes=30))


@pytest.mark.parametrize(("since", "until"), [(date(9999, 12, 1), date.max), (date.min, date(1, 1, 31))])
def test_days_at_an_end_of_the_calendar_are_told(since: date, until: date) -> None:
    with pytest.raises(ReportError, match="beyond the calendar"):
        ReportRules(since, until, None, time(6), time(22), 0)


def test_a_hit_stays_open_where_the_answer_was_not_recorded() -> None:
    """An answer is on record before it is stored; that it was not, in a second record."""
    asked = at(0, NOON, action="dispose_hit", objects=("hit-1",))
    failed = asked.model_copy(update={"note": "not done: StoreError"})
    assert report([asked, failed], hit_ids=["hit-1"]).open_hits == ["hit-1"]
    assert report([asked, failed, asked], hit_ids=["hit-1"]).open_hits == []
