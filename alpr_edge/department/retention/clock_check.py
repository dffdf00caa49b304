"""Refuses to delete by a clock that is ahead of everything the department knows of.

A server whose clock is set to another year would take every read for old enough; what is deleted does not come back.
Cars date what they see by their own clocks, which follow satellites: where reads arrive, the newest of them is of
today. Where none do, the last deletion is of yesterday.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.db.schema import items, reads
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import UtcSource, moment_in, rfc3339
from alpr_edge.domain.protocol.items import ItemKind

CLOCK_GAP_MAX = timedelta(days=7)
"""As far as the clock may be ahead; no more than this is deleted too early by a wrong one that is not noticed."""
_READS_LOOKED_AT = 1_000


def check_clock(connection: Connection, now: datetime) -> None:
    """Compare the clock with what is known to have happened.

    Args:
        connection: the connection of a transaction.
        now: the present moment as the clock has it, with a zone.

    Raises:
        DepartmentError: nothing happened in the days before.
    """
    known = [moment for moment in _known_moments(connection) if moment <= now]
    if known and now - max(known) > CLOCK_GAP_MAX:
        raise DepartmentError(
            f"the clock says {rfc3339(now)}, and the newest thing known is {(now - max(known)).days} days older: "
            "nothing is deleted; set the clock, or, if it is right, run: alpr-edge department purge --clock-is-right"
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
