"""Holds reads for canvasses: each new one in the transaction that stores it, those from before the start afterwards.

So no power cut lets a read of a running canvass slip, however it was stored: as it was decided, as its pass ended, or
as a person corrected it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.reads import PlateRead
from alpr_edge.store.canvass.canvass_rows import canvass_of, canvasses_open_at, hold_of, is_released
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.db.schema import canvasses, reads
from alpr_edge.store.retention.candidates import Ages
from alpr_edge.store.retention.holds import cover_reads

LOOK_ROWS = 2_000
"""Reads from before a start that one step looks through: other writers wait for it."""


def hold_new_reads(connection: Connection, new_reads: Sequence[PlateRead]) -> None:
    """Hold the reads that a transaction stores for every canvass that takes them."""
    for canvass in canvasses_open_at(connection, [read.last_seen for read in new_reads]):
        taken = [read.read_id for read in new_reads if canvass.takes(read.position, read.last_seen)]
        if taken:
            _cover(connection, canvass, taken, new_reads[0].unit_id)


def earlier_reads_left(connection: Connection, canvass_id: str) -> int:
    """How many reads from before the start of a canvass are still to be looked through, at most."""
    query = select(canvasses.c.looked_to).where(canvasses.c.canvass_id == canvass_id)
    return connection.scalar(query) or 0


def hold_earlier_reads(database: Database, unit_id: str, rows_max: int = LOOK_ROWS) -> bool:
    """Take one step back through the reads from before the oldest start that was not looked through; False: none is.

    What a step holds and how far it came are one commit, so that a power cut repeats it and loses nothing.

    Args:
        rows_max: most reads of the step.
    """
    query = select(canvasses).where(canvasses.c.looked_to > 0).order_by(canvasses.c.seq).limit(1)
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
        if row is None:
            return False
        canvass, last = canvass_of(row), int(row["looked_to"])
        first = max(1, last - rows_max + 1)
        rows = connection.execute(select(*_COLUMNS).where(reads.c.seq.between(first, last))).all()
    ages = Ages(database)
    taken = [each.read_id for each in rows if _is_taken(canvass, each, ages)]
    is_it = (canvasses.c.canvass_id == canvass.canvass_id) & (canvasses.c.looked_to == last)
    with database.write() as connection:
        if connection.execute(update(canvasses).where(is_it).values(looked_to=first - 1)).rowcount:
            _cover(connection, canvass, taken, unit_id)
    return True


_COLUMNS = (
    reads.c.read_id,
    reads.c.lat_deg,
    reads.c.lon_deg,
    *(column for column in reads.c if column.name.startswith("last_seen_")),
)


def _is_taken(canvass: Canvass, row: Row[Any], ages: Ages) -> bool:
    position = None if row.lat_deg is None else Position(row.lat_deg, row.lon_deg, 0.0, None, "")
    seen = instant_of(row._mapping, "last_seen")  # noqa: SLF001 - SQLAlchemy's name for the row as a mapping
    return canvass.takes(position, seen, ages.seen_utc(seen))


def _cover(connection: Connection, canvass: Canvass, read_ids: Sequence[str], unit_id: str) -> None:
    """Add reads to the hold of a canvass; one that somebody released holds nothing more."""
    if not is_released(connection, canvass.canvass_id):
        cover_reads(connection, hold_of(canvass), read_ids, unit_id)
