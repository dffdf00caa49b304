"""Gives every plate text of the store, to compare what leaves the unit with them; they are shown to nobody."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, func, select

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
        with database.read() as connection:
            first, last = connection.execute(select(func.min(table.c.seq), func.max(table.c.seq))).one()
        for begin in range(first or 0, (last or -1) + 1, ROWS_AT_ONCE):
            numbers = table.c.seq.between(begin, begin + ROWS_AT_ONCE - 1)
            with database.read() as connection:
                texts = connection.scalars(select(column).where(numbers)).all()
            yield from texts
    yield from _earlier_texts(database)


def _earlier_texts(database: Database) -> Iterator[str]:
    """Yield the texts that reads had before further looks changed them."""
    for numbers in number_slices(database, reads.c.seq, ROWS_AT_ONCE):
        query = select(reads.c.earlier_texts).where(reads.c.seq.between(*numbers), reads.c.earlier_texts.is_not(None))
        with database.read() as connection:
            rows = connection.scalars(query).all()
        yield from (plate for earlier in rows for plate, *_ in earlier)
