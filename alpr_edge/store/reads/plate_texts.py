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
    """Yield the texts of reads, of hits as listed and as the feed wrote them, and of officers' entries; some twice.

    Raises:
        StoreError: the database cannot be read.
    """
    for table, column in _COLUMNS:
        for numbers in number_slices(database, table.c.seq, ROWS_AT_ONCE):
            yield from database.scalars(select(column).where(table.c.seq.between(*numbers)))
    for numbers in number_slices(database, reads.c.seq, ROWS_AT_ONCE):
        query = select(reads.c.earlier_texts).where(reads.c.seq.between(*numbers), reads.c.earlier_texts.is_not(None))
        yield from (plate for earlier in database.scalars(query) for plate, *_ in earlier)
