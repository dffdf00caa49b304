from datetime import datetime, timedelta

import pytest

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Generation, Reason
from alpr_edge.domain.plates import canonical
from alpr_edge.hotlist.formats.base import Record, Rejected, Withheld
from alpr_edge.hotlist.index.row import Row
from alpr_edge.hotlist.ingest import validation
from alpr_edge.hotlist.ingest.validation import DEFAULT_LIMITS, SAMPLES_MAX, FeedTally
from tests.hotlist.feed_texts import NOW

HOUR = timedelta(hours=1)


def row(plate: str) -> Row:
    return canonical(plate), plate, None, Reason.OTHER.value, "", "", "", None, None, None


def generation_of(entries: int = 1000, issued_at: datetime | None = NOW) -> Generation:
    return Generation("list", 1, issued_at, NOW, entries)


@pytest.mark.parametrize("plate", ["", "0", "00", "000", "OOO", "NONE", "none", "N/A", "UNKNOWN", "TEMP", "NO PLATE"])
def test_junk_is_no_plate(plate: str) -> None:
    assert validation.is_junk(canonical(plate))


@pytest.mark.parametrize("plate", ["A", "1", "N0NE1", "TEMP123", "100", "5SOW350"])
def test_a_plate_is_no_junk(plate: str) -> None:
    assert not validation.is_junk(canonical(plate))


def test_every_line_is_counted_once() -> None:
    tally = FeedTally()
    records: list[Record] = [row("ABC123"), row("NONE"), Withheld(4), Rejected(5, "-", "why", 3), row("ABC123")]
    assert [entry_row[0] for batch in validation.admit(records, tally) for entry_row in batch] == ["ABC123", "ABC123"]
    assert (tally.read, tally.rejected_lines, tally.skipped_junk, tally.withheld) == (7, 3, 1, 1)


def test_the_samples_of_rejected_lines_are_bounded() -> None:
    tally = FeedTally()
    assert list(validation.admit((Rejected(line, "-", "why") for line in range(2 * SAMPLES_MAX)), tally)) == []
    assert (len(tally.samples), tally.rejected_lines) == (SAMPLES_MAX, 2 * SAMPLES_MAX)


@pytest.mark.parametrize("count", [0, 2])
def test_a_share_of_rejected_lines_is_borne(count: int) -> None:
    validation.check_lines(
        FeedTally(read=100, rejected_lines=count, samples=[Rejected(3, "1-8", "why")]), DEFAULT_LIMITS
    )


def test_more_refuse_the_feed_and_the_first_is_named() -> None:
    with pytest.raises(FeedError, match="3 of 100 lines were rejected, the first: line 3, column 1-8: why"):
        validation.check_lines(
            FeedTally(read=100, rejected_lines=3, samples=[Rejected(3, "1-8", "why")]), DEFAULT_LIMITS
        )


def test_a_list_older_than_the_one_held_is_refused() -> None:
    with pytest.raises(FeedError, match="older than the one in use"):
        validation.check_issued(NOW - HOUR, generation_of(), NOW, DEFAULT_LIMITS)


@pytest.mark.parametrize("issued_at", [None, NOW, NOW + HOUR])
def test_the_same_or_a_newer_list_passes(issued_at: datetime | None) -> None:
    validation.check_issued(issued_at, generation_of(), NOW, DEFAULT_LIMITS)
    validation.check_issued(issued_at, generation_of(issued_at=None), NOW, DEFAULT_LIMITS)
    validation.check_issued(issued_at, None, None, DEFAULT_LIMITS)


def test_a_list_from_the_future_is_refused_where_the_clock_is_known() -> None:
    tomorrow = NOW + 30 * HOUR
    with pytest.raises(FeedError, match="ahead of this unit's clock"):
        validation.check_issued(tomorrow, None, NOW, DEFAULT_LIMITS)
    validation.check_issued(tomorrow, None, None, DEFAULT_LIMITS)


@pytest.mark.parametrize(("before", "entry_count"), [(1000, 750), (1000, 5000), (2, 1), (12, 2), (0, 1)])
def test_ordinary_shrinking_passes(before: int, entry_count: int) -> None:
    validation.check_shrink(entry_count, generation_of(before), DEFAULT_LIMITS)


@pytest.mark.parametrize(("before", "entry_count"), [(1000, 749), (1000, 1), (12, 1)])
def test_a_list_much_shrunken_needs_a_word(before: int, entry_count: int) -> None:
    with pytest.raises(FeedError, match="--accept-shrink"):
        validation.check_shrink(entry_count, generation_of(before), DEFAULT_LIMITS)


def test_an_empty_list_is_refused_always() -> None:
    with pytest.raises(FeedError, match="no entry"):
        validation.check_not_empty(0)


@pytest.mark.review(5)
@pytest.mark.parametrize(
    ("before", "entry_count"), [(0, 10_000), (5, 10_005), (20_000, 80_000), (1_000_000, 4_000_000)]
)
def test_ordinary_growth_passes(before: int, entry_count: int) -> None:
    validation.check_growth(entry_count, generation_of(before), DEFAULT_LIMITS)
    validation.check_growth(entry_count, None, DEFAULT_LIMITS)


@pytest.mark.review(5)
@pytest.mark.parametrize(
    ("before", "entry_count"), [(0, 10_001), (5, 10_006), (20_000, 80_001), (1_000_000, 4_000_001)]
)
def test_a_list_that_grows_beyond_belief_is_refused(before: int, entry_count: int) -> None:
    with pytest.raises(FeedError, match=f"holds {entry_count} entries, the list in use {before}; .*--accept-growth"):
        validation.check_growth(entry_count, generation_of(before), DEFAULT_LIMITS)
