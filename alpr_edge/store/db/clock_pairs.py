"""Stores pairs of a boot's clock and UTC, by which the times of that boot's reads are corrected."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import boots, reads

PAIRS_MAX, EARLIEST = 10_000, 100
"""Most pairs read of one boot: one a minute for a week. Of a longer one so many of its earliest, which place reads
before the first fix, and for the rest its latest."""
KEPT_MAX = 500_000
"""Most pairs kept of boots of which no read is stored any more; the oldest go first. Some 80 MB, and a year by day and
night."""
FORGET_EACH = 1000
"""So many pairs are stored from one time that old ones go to the next: the boots of all reads are looked up then."""


def record(database: Database, instant: Instant) -> None:
    """Store a trusted instant as a pair; the same one twice is stored once.

    Raises:
        StoreError: its UTC comes from no receiver or time server.
    """
    if not instant.trusted:
        raise StoreError("only an instant with trusted UTC can correct others; wait for the first fix")
    row = {
        "boot_id": instant.boot_id,
        "boottime_ns": instant.boottime_ns,
        "utc": instant.utc,
        "utc_source": instant.utc_source.value,
        "uncertainty_ms": instant.uncertainty_ms,
    }
    with database.write() as connection:
        number = connection.execute(insert(boots).on_conflict_do_nothing(), row).lastrowid
    if number % FORGET_EACH == 0:
        _forget_old(database)


def _forget_old(database: Database) -> None:
    """Delete pairs beyond :data:`KEPT_MAX`, but for those of boots of which reads are stored: they place these."""
    with database.read() as connection:
        old = boots.c.seq <= (connection.scalar(select(func.max(boots.c.seq))) or 0) - KEPT_MAX
        old_boots = set(connection.scalars(select(boots.c.boot_id).where(old).distinct()))
        if not old_boots:
            return
        for column in (reads.c.first_seen_boot_id, reads.c.last_seen_boot_id):
            old_boots.difference_update(connection.scalars(select(column).distinct()))
    with database.write() as connection:
        for boot_id in old_boots:
            connection.execute(delete(boots).where(old, boots.c.boot_id == boot_id))


def pairs(database: Database, boot_id: str) -> list[Instant]:
    """The pairs of a boot, earliest first; of a boot with more than :data:`PAIRS_MAX` its earliest and latest."""
    of_boot = select(boots).where(boots.c.boot_id == boot_id)
    earliest = of_boot.order_by(boots.c.boottime_ns).limit(EARLIEST)
    latest = of_boot.order_by(boots.c.boottime_ns.desc()).limit(PAIRS_MAX - EARLIEST)
    with database.read() as connection:
        rows = [*connection.execute(earliest).mappings(), *reversed(connection.execute(latest).mappings().all())]
    return [
        Instant(boot_id, row["boottime_ns"], row["utc"], UtcSource(row["utc_source"]), row["uncertainty_ms"])
        for row in {row["boottime_ns"]: row for row in rows}.values()
    ]


def timelines(database: Database, boot_ids: Iterable[str]) -> dict[str, Timeline]:
    """The timelines of some boots, by boot."""
    return {boot_id: Timeline(boot_id, pairs(database, boot_id)) for boot_id in set(boot_ids)}
