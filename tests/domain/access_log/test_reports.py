"""What a report counts, what stands out in it, and that its sample cannot be chosen."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from alpr_edge.domain.access_log.records import (
    AccessOutcome,
    AccessRecord,
    RecordMoment,
    encode_record,
    log_moment,
    received_moment,
    utc_text,
)
from alpr_edge.domain.access_log.reports import (
    BURST_RECORDS,
    FIRST_SIGN_IN,
    AccessReport,
    RecordGroup,
    ReportRules,
    ReportWriter,
    parse_week,
    week_object,
    week_of,
)
from alpr_edge.domain.access_log.trusted_times import TrustedTimes
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from tests.domain.access_log.entries import record

PACIFIC = timezone(timedelta(hours=-8))
NOON = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
"""Noon in Modesto, on a Tuesday of week 48."""
WRONG = datetime(2024, 1, 1, 3, 0, tzinfo=UTC)
"""By a clock whose battery ran down."""
RULES = ReportRules(date(2026, 11, 23), date(2026, 11, 29), PACIFIC, time(6), time(22), sample=3)
SEED = bytes(32)


def at(sequence: int, moment: datetime | None, **changes: Any) -> AccessRecord:  # noqa: ANN401 - fields of an entry
    received = RecordMoment(utc=None if moment is None else utc_text(moment), source="gnss", uncertainty_ms=10)
    return record(sequence, **changes).model_copy(update={"received": received})


def by_rtc(sequence: int, moment: datetime) -> AccessRecord:
    """A record by a clock that nobody set."""
    received = RecordMoment(utc=utc_text(moment), source="rtc", uncertainty_ms=None)
    return record(sequence).model_copy(update={"received": received})


def report(*records: AccessRecord, rules: ReportRules = RULES, seed: bytes = SEED) -> AccessReport:
    times = TrustedTimes()
    for each in records:
        times.add(each.sequence, received_moment(encode_record(each)))
    writer = ReportWriter(rules, seed, times)
    for each in records:
        writer.add(each)
    return writer.finish()


def test_accesses_are_counted_by_person_and_purpose() -> None:
    refused = {"outcome": AccessOutcome.REFUSED, "reason": "no training", "shown": 0}
    result = report(
        at(0, NOON, shown=4),
        at(1, NOON, shown=2),
        at(2, NOON, **refused),
        at(3, NOON, purpose="audit"),
        at(4, NOON, person="Chan, B.", person_id="p-2"),
    )
    assert [(it.person, it.purpose, it.allowed, it.refused, it.shown) for it in result.by_person] == [
        ("Chan, B.", "stolen_vehicle", 1, 0, 1),
        ("Núñez, A.", "audit", 1, 0, 1),
        ("Núñez, A.", "stolen_vehicle", 2, 1, 6),
    ]
    assert (result.records, result.refused) == (5, [2])


def test_a_first_sign_in_at_a_place_is_listed_for_the_administrator() -> None:
    result = report(
        at(0, NOON, action="sign_in", note=f"by the login car-7; {FIRST_SIGN_IN}"),
        at(1, NOON, action="sign_in", note="by the login car-7"),
        at(2, NOON, note=FIRST_SIGN_IN),
    )
    assert result.first_sign_ins == [0]


def test_only_its_days_count_by_local_time() -> None:
    first = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # midnight
    last = datetime(2026, 11, 30, 7, 59, tzinfo=UTC)
    before, after = first - timedelta(seconds=1), last + timedelta(minutes=1)
    assert report(at(0, before), at(1, first), at(2, last), at(3, after)).records == 2


def after_boot(sequence: int, boot_id: str, minutes: int, moment: datetime | None, source: str) -> AccessRecord:
    """A record so many minutes after a boot."""
    instant = Instant(boot_id, minutes * 60 * NS_PER_S, moment, UtcSource(source))
    return record(sequence).model_copy(update={"received": log_moment(instant)})


def test_a_record_without_a_trusted_time_is_dated_by_another_of_the_same_boot() -> None:
    night = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    result = report(
        after_boot(0, "a", 1, None, "unknown"),
        after_boot(1, "a", 2, WRONG, "rtc"),
        after_boot(2, "a", 3, night, "gnss"),
        after_boot(3, "b", 1, None, "unknown"),
        after_boot(4, "c", 1, None, "unknown"),
        after_boot(5, "c", 2, NOON + timedelta(days=30), "gnss"),
    )
    assert (result.records, result.dated_by_boot, result.out_of_hours) == (4, [0, 1], [0, 1, 2])
    assert (result.without_time, result.clock_not_confirmed) == ([3], [])


def test_a_record_without_a_time_is_within_any_days() -> None:
    result = report(at(0, None))
    assert (result.records, result.without_time, result.out_of_hours) == (1, [0], [])


@pytest.mark.parametrize(
    ("opens", "closes", "hours"), [(6, 22, [5, 22, 23]), (18, 6, [6, 12, 17]), (0, 0, list(range(24)))]
)
def test_hours_may_pass_midnight(opens: int, closes: int, hours: list[int]) -> None:
    rules = ReportRules(RULES.since, RULES.until, PACIFIC, time(opens), time(closes), 0)
    midnight = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    result = report(*(at(hour, midnight + timedelta(hours=hour)) for hour in range(24)), rules=rules)
    assert set(hours) <= set(result.out_of_hours)
    assert (opens == closes) or opens not in result.out_of_hours


def test_what_the_unit_does_by_itself_is_never_out_of_hours() -> None:
    night = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    result = report(at(0, night, person_id="", person="unit"), at(1, night, person_id="", break_glass=True))
    assert (result.out_of_hours, result.break_glass) == ([1], [1])


def test_the_same_plate_again_without_a_case_stands_out() -> None:
    search = {"query": "7ABC123", "action": "search", "case": ""}
    result = report(
        at(0, NOON, **search),
        at(1, NOON, **search | {"case": "26-1"}),
        at(2, NOON, **search | {"query": "7ABC124"}),
        at(3, NOON, **search | {"person": "Chan, B."}),
        at(4, NOON, **search),
    )
    assert result.repeated_without_case == [RecordGroup("Núñez, A.", 2, 0, 4)]
    assert "7ABC123" not in str(result)


def test_a_burst_is_one_however_long_it_goes_on_and_the_next_is_another() -> None:
    quick = [at(number, NOON + timedelta(seconds=number)) for number in range(BURST_RECORDS + 5)]
    slow = [at(100 + number, NOON + timedelta(hours=1, minutes=number)) for number in range(BURST_RECORDS)]
    again = [at(200 + number, NOON + timedelta(hours=3, seconds=number)) for number in range(BURST_RECORDS)]
    assert report(*quick[: BURST_RECORDS - 1]).bursts == []
    assert report(*quick, *slow, *again).bursts == [
        RecordGroup("Núñez, A.", BURST_RECORDS + 5, 0, BURST_RECORDS + 4),
        RecordGroup("Núñez, A.", BURST_RECORDS, 200, 200 + BURST_RECORDS - 1),
    ]


def test_exports_are_named() -> None:
    assert report(at(0, NOON), at(1, NOON, action="export_reads")).exports == [1]


def test_the_sample_follows_from_the_log_alone() -> None:
    records = [at(number, NOON) for number in range(50)]
    sample = report(*records).sample
    assert len(sample) == 3
    assert report(*records).sample == sample
    assert report(*records, seed=bytes([1] * 32)).sample != sample
    assert report(*records[:2]).sample == [0, 1]


def test_weeks_that_nobody_reviewed_are_named() -> None:
    rules = ReportRules(date(2026, 11, 1), date(2026, 12, 31), PACIFIC, time(6), time(22), 0)
    records = [at(0, NOON), at(1, NOON + timedelta(days=7)), at(2, NOON + timedelta(days=14))]
    review = at(3, NOON + timedelta(days=60), action="review_week", objects=(week_object("2026-W49"),))
    assert report(*records, review, rules=rules).unreviewed_weeks == ["2026-W48", "2026-W50"]


def test_a_week_is_one_of_iso_8601() -> None:
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    assert parse_week("2026-W48") == "2026-W48"
    assert parse_week("2026-W5") == "2026-W05"
    for text in ("", "2026-48", "2026-W54", "W48", "2026-W4x"):
        with pytest.raises(AuditError, match="not a week"):
            parse_week(text)


def test_a_review_is_approved_by_the_first_other_person_who_reviews_the_week() -> None:
    week = {"action": "review_week", "objects": (week_object("2026-W48"),)}
    refused = week | {"outcome": AccessOutcome.REFUSED, "reason": "not_granted"}
    lee, chan, park = ({"person": name, "person_id": f"p-{name}"} for name in ("Lee", "Chan", "Park"))
    first = report(at(0, NOON), at(1, NOON, **refused, person="Stranger"), at(2, NOON, **week, **lee))
    assert [(it.week, it.reviewer, it.approver) for it in first.reviews] == [("2026-W48", "Lee", "")]
    result = report(
        at(0, NOON, **week, **lee),
        at(1, NOON, **week, **lee),
        at(2, NOON, **week, **chan),
        at(3, NOON, **week, **park),
    )
    assert [(it.reviewer, it.approver) for it in result.reviews] == [("Lee", "Chan")]


@pytest.mark.parametrize(
    ("first", "second", "approver"),
    [
        (("p-1", "Lee"), ("p-2", "Lee"), "Lee"),
        (("p-1", "Lee"), ("p-1", "Lee-Park"), ""),
        (("p-1", "Lee"), ("", "Lee"), ""),
        (("", "Lee"), ("", "Chan"), "Chan"),
    ],
)
def test_reviewer_and_approver_are_two_people_whatever_their_names(
    first: tuple[str, str], second: tuple[str, str], approver: str
) -> None:
    week = {"action": "review_week", "objects": (week_object("2026-W48"),)}
    reviews = (at(n, NOON, **week, person_id=who[0], person=who[1]) for n, who in enumerate((first, second)))
    assert [it.approver for it in report(*reviews).reviews] == [approver]


EARLIER, LATER = NOON - timedelta(days=40), NOON + timedelta(days=40)


@pytest.mark.parametrize(
    ("records", "listed"),
    [
        ((at(0, NOON), by_rtc(1, WRONG), at(2, NOON)), [1]),
        ((by_rtc(0, WRONG), by_rtc(1, WRONG), at(2, NOON), at(3, NOON)), [0, 1]),
        ((at(0, NOON), by_rtc(1, WRONG)), [1]),
        ((at(0, EARLIER), by_rtc(1, WRONG), at(2, LATER)), [1]),
        ((at(0, EARLIER), by_rtc(1, WRONG)), [1]),
        ((by_rtc(0, NOON), at(1, NOON)), [0]),
        ((at(0, EARLIER), by_rtc(1, EARLIER + timedelta(days=1)), at(2, LATER)), []),
        ((at(0, EARLIER), by_rtc(1, WRONG), at(2, EARLIER)), []),
        ((at(0, LATER), by_rtc(1, WRONG), at(2, LATER)), []),
        ((at(0, EARLIER), by_rtc(1, EARLIER + timedelta(days=1)), at(2, NOON)), []),
        ((at(0, NOON), by_rtc(1, LATER)), []),
        ((by_rtc(0, WRONG), by_rtc(1, WRONG)), []),
        ((at(0, WRONG), at(1, WRONG)), []),
    ],
)
def test_a_record_of_a_wrong_clock_counts_where_those_around_it_are_of_the_days(
    records: tuple[AccessRecord, ...], listed: list[int]
) -> None:
    result = report(*records)
    sure = [each for each in records if each.received == at(0, NOON).received]
    assert (result.records, result.clock_not_confirmed) == (len(listed) + len(sure), listed)
    assert (result.without_time, result.out_of_hours) == ([], [])
    assert set(result.unreviewed_weeks) <= {"2026-W48"}


def test_what_hints_at_a_barred_purpose_and_what_the_unit_found_is_listed() -> None:
    result = report(
        at(0, NOON, reason="flagged protest"),
        at(1, NOON, action="drift_found", person_id=""),
        at(2, NOON, action="settings_edited_by_hand", person_id=""),
        at(3, NOON, action="record_not_kept", person_id=""),
        at(4, NOON, action="offload_items"),
        at(5, NOON, action="export_picture"),
    )
    assert (result.flagged, result.self_check, result.exports) == ([0], [1, 2, 3], [4, 5])


def test_a_hit_is_open_until_a_record_says_what_became_of_it() -> None:
    writer = ReportWriter(RULES, SEED, TrustedTimes())
    refused = {"outcome": AccessOutcome.REFUSED, "reason": "not_granted"}
    writer.add(at(0, NOON + timedelta(days=60), action="dispose_hit", objects=("hit-1",)))
    writer.add(at(1, NOON, action="verify_hit", objects=("hit-2",), **refused))
    result = writer.finish(("hit-1", "hit-2", "hit-3"))
    assert (result.hits, result.open_hits) == (3, ["hit-2", "hit-3"])


def test_the_seed_draws_the_same_sample_again() -> None:
    records = [at(number, NOON) for number in range(50)]
    first = report(*records, seed=bytes(range(32)))
    assert first.seed == bytes(range(32)).hex()
    assert report(*records, seed=bytes.fromhex(first.seed)).sample == first.sample


def test_the_span_of_its_days_is_of_the_zone() -> None:
    begin, end = RULES.span
    assert (begin, end) == (datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC))
