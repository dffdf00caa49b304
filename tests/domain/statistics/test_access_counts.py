"""Records of accesses are counted as accesses: pages of a search once, what was refused apart."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord, RecordMoment, utc_text
from alpr_edge.domain.statistics.access_counts import SEARCH_ACTIONS, AccessTally, is_counted
from alpr_edge.domain.statistics.periods import period_of_days
from tests.domain.access_log.entries import record

MAY_4 = date(2026, 5, 4)
MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
UNKNOWN = RecordMoment(utc=None, source="unknown", uncertainty_ms=None)
REFUSED = {"outcome": AccessOutcome.REFUSED, "reason": "training has expired"}


def moment(utc: datetime) -> RecordMoment:
    return RecordMoment(utc=utc_text(utc), source="gnss", uncertainty_ms=None)


def tally_of(*records: AccessRecord) -> AccessTally:
    tally = AccessTally(period_of_days(MAY_4, MAY_4, UTC))
    for each in records:
        tally.add(each)
    return tally


def search(**changes: Any) -> AccessRecord:  # noqa: ANN401 - fields of a record
    values: dict[str, Any] = {"action": "search_reads", "query": "7AB?123", "note": "of May", "objects": ("read-1",)}
    return record(0, **values | changes)


def hold(**changes: Any) -> AccessRecord:  # noqa: ANN401 - likewise
    return record(0, **{"action": "hold_reads", "objects": ("read-1", "read-2")} | changes)


@pytest.mark.parametrize("action", sorted(SEARCH_ACTIONS))
def test_searches_are_told_apart_by_purpose_and_offence(action: str) -> None:
    tally = tally_of(search(action=action), search(action=action, offence="187 PC", purpose="homicide"))
    assert tally.searches == {("stolen_vehicle", "10851 VC"): 1, ("homicide", "187 PC"): 1}
    assert (tally.actions, tally.refused_searches, tally.untimed_records) == ({}, 0, 0)


def test_the_pages_of_a_search_are_one_search() -> None:
    later = record(7).happened
    pages = [search(), search(objects=("read-2",), happened=later), search(address="10.0.0.7", shown=9)]
    assert tally_of(*pages).searches.total() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"person_id": "p-18"},
        {"session": "s-2"},
        {"action": "look_back"},
        {"query": "7AB?124"},
        {"note": "of June"},
        {"purpose": "homicide"},
        {"offence": "187 PC"},
        {"case": "26-0002"},
    ],
)
def test_another_question_or_another_person_is_another_search(change: dict[str, str]) -> None:
    assert tally_of(search(), search(**change)).searches.total() == 2


def test_words_do_not_run_into_each_other() -> None:
    assert tally_of(search(person_id="ab", session="c"), search(person_id="a", session="bc")).searches.total() == 2


def test_a_search_that_was_refused_or_failed_is_none() -> None:
    tally = tally_of(search(**REFUSED), search(**REFUSED), search(note="not done: the disk is full"))
    assert (tally.searches, tally.refused_searches) == ({}, 2)
    assert tally_of(search(note="found, not done by hand")).searches.total() == 1


def test_the_records_of_one_access_are_one_access() -> None:
    tally = tally_of(hold(), hold(note="held 2 reads"))
    assert tally.actions == {("hold_reads",): 1}
    assert tally.searches == {}


@pytest.mark.parametrize(
    "change",
    [
        {"person_id": "p-18"},
        {"person": "Ruiz, A."},
        {"session": "s-2"},
        {"objects": ("read-1",)},
        {"happened": moment(MIDNIGHT)},
    ],
)
def test_another_person_moment_or_object_is_another_access(change: dict[str, Any]) -> None:
    assert tally_of(hold(), hold(**change)).actions == {("hold_reads",): 2}


def test_an_access_without_a_clock_is_told_by_the_rest() -> None:
    assert tally_of(hold(happened=UNKNOWN), hold(happened=UNKNOWN)).actions == {("hold_reads",): 1}
    assert tally_of(hold(happened=UNKNOWN), hold(happened=UNKNOWN, session="s-2")).actions == {("hold_reads",): 2}


def test_an_access_that_failed_is_taken_back_and_counts_when_it_is_tried_again() -> None:
    failed = hold(note="not done: the disk is full")
    assert tally_of(hold(), failed).actions.total() == 0
    assert tally_of(failed).actions.total() == 0
    assert tally_of(hold(), failed, failed).actions.total() == 0
    assert tally_of(hold(), failed, hold()).actions == {("hold_reads",): 1}


def test_what_fails_in_the_moment_of_one_that_was_done_takes_nothing_back() -> None:
    """A record tells a hundredth of a second: a fast unit holds, releases and is asked to hold again within it."""
    failed = hold(note="not done: the disk is full")
    assert tally_of(hold(), hold(shown=2), hold(), failed).actions == {("hold_reads",): 1}
    assert tally_of(hold(), hold(shown=2), failed, failed).actions == {("hold_reads",): 1}


def test_an_access_that_was_refused_is_none() -> None:
    tally = tally_of(hold(**REFUSED))
    assert (tally.actions.total(), tally.refused_searches) == (0, 0)


@pytest.mark.parametrize(
    ("received", "counts"),
    [
        (MIDNIGHT, 1),
        (MIDNIGHT - timedelta(seconds=1), 0),
        (MIDNIGHT + timedelta(days=1, seconds=-1), 1),
        (MIDNIGHT + timedelta(days=1), 0),
    ],
)
def test_the_days_count_from_their_first_moment_to_their_last(received: datetime, counts: int) -> None:
    at = {"received": moment(received)}
    tally = tally_of(search().model_copy(update=at), hold().model_copy(update=at))
    assert (tally.searches.total(), tally.actions.total(), tally.untimed_records) == (counts, counts, 0)


def test_records_that_no_clock_dates_are_counted_apart() -> None:
    at = {"received": UNKNOWN}
    records = [each.model_copy(update=at) for each in (search(), hold(), record(0, action="see_read"))]
    tally = tally_of(*records)
    assert (tally.searches.total(), tally.actions.total(), tally.untimed_records) == (0, 0, 2)


@pytest.mark.parametrize(
    ("action", "counts"),
    [
        ("hold_reads", True),
        ("hold_hit", True),
        ("release_hold", True),
        ("export_reads", True),
        ("offload", True),
        ("start_canvass", True),
        ("end_canvass", False),
        ("see_read", False),
        ("sign_in", False),
        ("withhold_x", False),
        ("holdings", False),
    ],
)
def test_what_counts_beside_searches(action: str, *, counts: bool) -> None:
    assert is_counted(action) == counts
    assert tally_of(record(0, action=action)).actions == ({(action,): 1} if counts else {})
