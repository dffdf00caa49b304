"""Stores pairs of a boot's clock and UTC, by which the times of that boot's reads are corrected."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, select
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
"""So many pairs are stored from one time that old ones go to the next: each boot with pairs is looked up then."""
FORGOTTEN_MAX, FORGOTTEN_BOOTS_MAX = 2 * FORGET_EACH, 100
"""Most pairs that go at one time, more than come meanwhile, and most boots that they are of: others wait to write."""


def record(database: Database, instant: Instant) -> None:
    """Store a trusted instant as a pair; the same one twice is stored once."""
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


def passed_utc(database: Database, now: datetime | None) -> datetime | None:
    """The latest moment that has passed for certain.

    Of the stored pairs the one stored last, not the one that says the latest time: a receiver's wrong date would
    count for ever then, and so it counts until the next pair is stored.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Returns:
        ``now``; without it that of the pair stored last, as a unit without a clock is at least so late. None without
        both.
    """
    if now is not None:
        return now
    stored_last = select(boots.c.utc).order_by(boots.c.seq.desc()).limit(1)
    with database.read() as connection:
        return connection.scalars(stored_last).one_or_none()


def _forget_old(database: Database) -> None:
    """Delete some pairs beyond :data:`KEPT_MAX`, but for those of boots of which reads are stored: they place these."""
    with database.write() as connection:
        last = (connection.scalar(select(func.max(boots.c.seq))) or 0) - KEPT_MAX
        old_boots = connection.scalars(_boots_without_reads(last)).all()
        old = select(boots.c.seq).where(boots.c.boot_id.in_(old_boots), boots.c.seq <= last).limit(FORGOTTEN_MAX)
        connection.execute(delete(boots).where(boots.c.seq.in_(old)))


def _boots_without_reads(last: int) -> Select[str]:
    """Some boots of which no read is stored and whose pairs begin with a number up to ``last``.

    By the indexes alone: from each boot to the next, and a look at its first pair and at its reads.
    """
    boot = select(func.min(boots.c.boot_id).label("boot_id")).cte("each_boot", recursive=True)
    following = select(func.min(boots.c.boot_id)).where(boots.c.boot_id > boot.c.boot_id).scalar_subquery()
    boot = boot.union_all(select(following).where(boot.c.boot_id.is_not(None)))
    of_boot = select(boots.c.seq).where(boots.c.boot_id == boot.c.boot_id)
    first = of_boot.order_by(boots.c.boottime_ns).limit(1).scalar_subquery()
    return select(boot.c.boot_id).where(first <= last, ~_has_reads(boot.c.boot_id)).limit(FORGOTTEN_BOOTS_MAX)


def _has_reads(boot_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a read of a boot is stored; one that began in another boot has an index of its own."""
    begun = exists().where(reads.c.first_seen_boot_id == boot_id)
    is_of_two = reads.c.last_seen_boot_id != reads.c.first_seen_boot_id
    return begun | exists().where(reads.c.last_seen_boot_id == boot_id, is_of_two)


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


def earlier_dates(database: Database, boot_id: str, limit: int) -> list[datetime]:
    """The last UTC of each boot before a boot whose pairs agree, the newest boot first; at most ``limit``.

    Of each boot its first and last pair alone, by the index: a boot has thousands.
    """
    with database.read() as connection:
        first = _pair_at(connection, boot_id, is_first=True)
        dates: list[datetime] = []
        for _ in range(limit):
            query = select(boots.c.boot_id).order_by(boots.c.seq.desc()).limit(1)
            earlier = connection.scalar(query if first is None else query.where(boots.c.seq < first.seq))
            if earlier is None:
                break
            first, last = (_pair_at(connection, earlier, is_first=is_first) for is_first in (True, False))
            assert first is not None, "the boot has a pair"
            assert last is not None, "the boot has a pair"
            if Timeline(earlier, (_instant_of(first), _instant_of(last))).is_settled:
                dates.append(last.utc)
        return dates


def _pair_at(connection: Connection, boot_id: str, *, is_first: bool) -> Row[Any] | None:
    order = boots.c.boottime_ns if is_first else boots.c.boottime_ns.desc()
    return connection.execute(select(boots).where(boots.c.boot_id == boot_id).order_by(order).limit(1)).one_or_none()


def _instant_of(row: Row[Any]) -> Instant:
    return Instant(row.boot_id, row.boottime_ns, row.utc, UtcSource(row.utc_source), row.uncertainty_ms)


def timelines(database: Database, boot_ids: Iterable[str]) -> dict[str, Timeline]:
    """The timelines of some boots, by boot."""
    return {boot_id: Timeline(boot_id, pairs(database, boot_id)) for boot_id in set(boot_ids)}
