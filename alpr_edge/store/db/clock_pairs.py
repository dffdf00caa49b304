"""Stores pairs of a boot's clock and UTC, by which the times of that boot's reads are corrected."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import boots

PAIRS_MAX = 10_000
"""Most pairs read of one boot: one a minute for a week."""


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
        connection.execute(insert(boots).on_conflict_do_nothing(), row)


def pairs(database: Database, boot_id: str) -> list[Instant]:
    """The pairs of a boot, earliest first."""
    query = select(boots).where(boots.c.boot_id == boot_id).order_by(boots.c.boottime_ns).limit(PAIRS_MAX)
    with database.read() as connection:
        return [
            Instant(boot_id, row["boottime_ns"], row["utc"], UtcSource(row["utc_source"]), row["uncertainty_ms"])
            for row in connection.execute(query).mappings()
        ]


def timelines(database: Database, boot_ids: Iterable[str]) -> dict[str, Timeline]:
    """The timelines of some boots, by boot."""
    return {boot_id: Timeline(boot_id, pairs(database, boot_id)) for boot_id in set(boot_ids)}
