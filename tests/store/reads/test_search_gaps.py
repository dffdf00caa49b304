"""What a search is told of reads that are gone."""

from datetime import timedelta

from sqlalchemy import insert

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_row
from alpr_edge.store.db.schema import deletions
from alpr_edge.store.reads.search import Period
from alpr_edge.store.reads.search_gaps import DeletionCounts, deletion_counts
from tests.store.records import START, instant

HOUR = timedelta(hours=1)


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
