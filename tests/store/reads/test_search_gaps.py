"""What a search is told of times without clock pairs and of reads that are gone."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import insert

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_row
from alpr_edge.store.db.schema import boots, deletions
from alpr_edge.store.reads.search import Period
from alpr_edge.store.reads.search_gaps import GAPS_MAX, PAIRS_AT_ONCE, DeletionCounts, clock_gaps, deletion_counts
from tests.store.query_plans import plans
from tests.store.records import START, instant

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def store_pairs(database: Database, minutes: Iterable[int]) -> None:
    """A pair each, so many minutes after the start."""
    pair = {"boot_id": "boot-1", "utc_source": "gnss"}
    rows = [{**pair, "boottime_ns": minute, "utc": START + minute * MINUTE} for minute in minutes]
    with database.write() as connection:
        connection.execute(insert(boots), rows)


def test_gaps_are_found_in_more_pairs_than_one_query_reads(database: Database) -> None:
    last = PAIRS_AT_ONCE + 100
    edges = {0, 50, 100, last - 100, last - 50, last}
    store_pairs(database, (minute for minute in range(last) if min(abs(minute - edge) for edge in edges) > 3))
    gaps = clock_gaps(database, Period(START, START + last * MINUTE))
    about = [((gap.begin - START) / MINUTE, (gap.end - START) / MINUTE) for gap in gaps]
    inner = [(edge - 4, edge + 4) for edge in sorted(edges)[1:-1]]
    assert about == inner, "gaps of four minutes at either end are none"
    assert clock_gaps(database, Period(START - HOUR, START + 4 * MINUTE)) == [Period(START - HOUR, START + 4 * MINUTE)]


def test_of_many_gaps_the_newest_are_told(database: Database) -> None:
    store_pairs(database, range(0, 10 * GAPS_MAX + 100, 10))
    gaps = clock_gaps(database, Period(START, START + (10 * GAPS_MAX + 90) * MINUTE))
    assert len(gaps) == GAPS_MAX
    assert (gaps[0].begin, gaps[-1].end) == (START + 90 * MINUTE, START + (10 * GAPS_MAX + 90) * MINUTE)


def test_times_of_pairs_and_deletions_are_looked_up_by_their_indexes(database: Database) -> None:
    period = Period(START, START + HOUR)
    for table in ("boots", "deletions"):
        with plans(database, table) as found:
            clock_gaps(database, period)
            deletion_counts(database, period)
        assert found
        assert all(plan.startswith(f"SEARCH {table} USING COVERING INDEX") for plan in found), found


def test_a_deleted_read_without_a_known_time_is_counted_apart_for_every_period(database: Database) -> None:
    assert deletion_counts(database, None) == DeletionCounts(0, 0)
    with database.write() as connection:
        for number, seen_utc in enumerate((START, START + 5 * HOUR, None, None)):
            row = {"read_id": f"read-{number}", "ground": "age", "camera_id": "front", "seen_utc": seen_utc}
            connection.execute(
                insert(deletions), {**row, "images": 2, "size_bytes": 100, **instant_row("deleted", instant())}
            )
    assert deletion_counts(database, Period(START - HOUR, START + HOUR)) == DeletionCounts(timed=1, untimed=2)
    assert deletion_counts(database, Period(START + HOUR, START + 2 * HOUR)) == DeletionCounts(timed=0, untimed=2)
    assert deletion_counts(database, None) == DeletionCounts(timed=2, untimed=2)
