"""Gives every plate text of the store, to compare what leaves the unit with them; they are shown to nobody."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, select

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.number_slices import number_slices
from alpr_edge.store.db.schema import hits, own_entries, reads

ROWS_AT_ONCE = 2000
_COLUMNS: tuple[tuple[Table, Column[str]], ...] = (
    (reads, reads.c.plate),
    (hits, hits.c.plate),
    (hits, hits.c.plate_raw),
    (own_entries, own_entries.c.plate),
)


def stored_plates(database: Database) -> Iterator[str]:
    """The plates of reads, of hits as listed and as the feed wrote them, and of officers' entries; some more than once.

    Raises:
        StoreError: the database cannot be read.
    """
    for table, column in _COLUMNS:
        for numbers in number_slices(database, table.c.seq, ROWS_AT_ONCE):
            yield from database.scalars(select(column).where(table.c.seq.between(*numbers)))
