"""Refuses to delete by a clock that is ahead of everything the department knows of.

A server whose clock is set to another year would take every read for old enough; what is deleted does not come back.
Cars date what they see by their own clocks, which follow satellites: where reads arrive, the newest of them is of
today. Where none do, the last deletion is of yesterday. Where neither is known, all reads were imported: then the
newest of these, or the end of the last import, is what the clock is compared with. An import counts no further, since
only this server's clock says when it was: an import by a clock that is wrong must not make that clock right.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from alpr_edge.department.db.exchange_schema import import_runs
from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.db.schema import items, reads
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import UtcSource, moment_in, rfc3339
from alpr_edge.domain.protocol.items import ItemKind

CLOCK_GAP_MAX = timedelta(days=7)
"""As far as the clock may be ahead; no more than this is deleted too early by a wrong one that is not noticed."""
_READS_LOOKED_AT = 1_000
_REMEDY = (
    "nothing is deleted; set the clock, or, if it is right, run: alpr-edge department purge --clock-is-right"
)  # fmt: skip


def check_clock(connection: Connection, now: datetime) -> None:
    """Compare the clock with what is known to have happened.

    Args:
        connection: the connection of a transaction.
        now: the present moment as the clock has it, with a zone.

    Raises:
        DepartmentError: nothing happened in the days before, or what is stored tells of no moment. An empty department
            has nothing to lose.
    """
    known = list(_known_moments(connection)) or list(_imported_moments(connection))
    past = [moment for moment in known if moment <= now]
    if not known and connection.scalar(select(items.c.item_id).limit(1)) is not None:
        raise DepartmentError(f"the clock says {rfc3339(now)}, and nothing is known that bears it out: {_REMEDY}")
    if past and now - max(past) > CLOCK_GAP_MAX:
        days = (now - max(past)).days
        raise DepartmentError(
            f"the clock says {rfc3339(now)}, and the newest thing known is {days} days older: {_REMEDY}"
        )


def _known_moments(connection: Connection) -> Iterator[datetime]:
    """When the last run began, and when the reads that came last were seen."""
    last_run = select(deletion_runs.c.begun).order_by(deletion_runs.c.number.desc()).limit(1)
    yield from (datetime.fromisoformat(text) for text in connection.scalars(last_run))
    same = (items.c.item_id == reads.c.read_id) & (items.c.unit_id == reads.c.unit_id)
    newest = select(reads.c.first_seen, items.c.received_at).join(items, same)
    trusted = reads.c.utc_source.in_([UtcSource.GNSS.value, UtcSource.NTP.value])
    newest = newest.where(items.c.kind == ItemKind.READ.value, trusted).order_by(items.c.received_at.desc())
    for text, received_at in connection.execute(newest.limit(_READS_LOOKED_AT)):
        seen = moment_in(text)
        if seen is not None:  # a car's clock that is ahead counts for no more than the server's own
            yield min(seen, received_at.replace(tzinfo=UTC))


def _imported_moments(connection: Connection) -> Iterator[datetime]:
    """When the last import ended, and when the newest read of each source was captured."""
    ended = connection.scalar(select(func.max(import_runs.c.ended_at)))
    newest = [
        connection.scalar(select(func.max(reads.c.seen_at)).where(reads.c.unit_id == unit_id))
        for unit_id in connection.scalars(select(import_runs.c.unit_id).distinct()).all()
    ]
    yield from (moment.replace(tzinfo=UTC) for moment in (ended, *newest) if moment is not None)
