"""Refuses to delete by a clock that is ahead of everything the department knows of.

A server whose clock is set to another year would take every read for old enough; what is deleted does not come back.
The clock is compared with what others say of the time, never with what this server noted by the same clock: with reads
that cars dated by satellites or a time server, and with the last run for which a person said that the clock is right.
The whole distance to the newest of these counts, so a clock that gains a few days before each run gets no further than
one that jumps. Where no car dated a read, all reads were imported: then the newest capture of each source is known, and
the end of the first import alone, since later ones are noted by the clock that is to be checked.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.db.schema import items, reads
from alpr_edge.department.retention.deletion_log import CLOCK_CONFIRMED, RUNS_LOOKED_AT
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import ItemKind

CLOCK_GAP_MAX = timedelta(days=7)
"""Largest distance of the clock from all that is known; a wrong one deletes nothing earlier than by this much."""
_READS_LOOKED_AT = 1_000
_REMEDY = (
    "nothing is deleted; set the clock, or, if it is right, run: alpr-edge department purge --clock-is-right"
)  # fmt: skip


def check_clock(connection: Connection, now: datetime) -> None:
    """Compare the clock with what others say of the time."""
    known = list(_seen_by_cars(connection)) or list(_imported_moments(connection))
    known += _confirmed_moments(connection)
    past = [moment for moment in known if moment <= now]
    if not known and connection.scalar(select(items.c.item_id).limit(1)) is not None:
        raise DepartmentError(f"the clock says {rfc3339(now)}, and nothing is known that bears it out: {_REMEDY}")
    if past and now - max(past) > CLOCK_GAP_MAX:
        days = (now - max(past)).days
        raise DepartmentError(
            f"the clock says {rfc3339(now)}, and the newest thing known is {days} days older: {_REMEDY}"
        )


def _confirmed_moments(connection: Connection) -> Iterator[datetime]:
    """Yield when the last run began for which a person said that the clock is right."""
    newest = select(deletion_runs.c.begun, deletion_runs.c.terms).order_by(deletion_runs.c.number.desc())
    for begun, terms in connection.execute(newest.limit(RUNS_LOOKED_AT)):
        if terms.get(CLOCK_CONFIRMED):
            yield datetime.fromisoformat(begun)
            return


def _seen_by_cars(connection: Connection) -> Iterator[datetime]:
    """Yield when the reads that came last were seen, of those that their unit is sure of."""
    same = (items.c.item_id == reads.c.read_id) & (items.c.unit_id == reads.c.unit_id)
    newest = select(reads.c.seen_at, items.c.received_at).join(items, same)
    is_sure = reads.c.seen_at.is_not(None) & reads.c.origin.is_(None)
    newest = newest.where(items.c.kind == ItemKind.READ.value, is_sure).order_by(items.c.received_at.desc())
    for seen_at, received_at in connection.execute(newest.limit(_READS_LOOKED_AT)):
        # A car's clock that is ahead counts for no more than the server's own.
        yield min(seen_at, received_at).replace(tzinfo=UTC)


def _imported_moments(connection: Connection) -> Iterator[datetime]:
    """Yield when the first import ended, and when the newest read of each source was captured."""
    ended = connection.scalar(select(func.min(import_runs.c.ended_at)))
    newest = [
        connection.scalar(select(func.max(reads.c.seen_at)).where(reads.c.unit_id == unit_id))
        for unit_id in connection.scalars(select(import_runs.c.unit_id).distinct()).all()
    ]
    yield from (moment.replace(tzinfo=UTC) for moment in (ended, *newest) if moment is not None)
