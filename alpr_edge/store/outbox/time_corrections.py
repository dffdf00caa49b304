"""Queues the corrected times of reads, once clock pairs allow it: before the first fix, or of a disputed boot.

Nothing of a read is rewritten: what was queued of it may have been delivered already.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, false, func, literal, or_, select

from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.time_corrections import TimePayload, time_item_id, time_payload
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import read_of
from alpr_edge.store.db.schema import outbox, reads
from alpr_edge.store.outbox import enqueue

BATCH = 200
SLICE = 20_000
"""Sequence numbers that one query walks over, so that none comes near the time after which queries are stopped."""
LOOK_BACK = 20_000
"""Reads of earlier boots that are checked at a start: some days of driving."""
_SEQ_MAX = 2**63 - 1
_TRUSTED = (UtcSource.GNSS.value, UtcSource.NTP.value)


@dataclass(slots=True)
class PlacedReads:
    """Up to which read all of a boot are dealt with, kept from one call of :func:`place_boot` to the next."""

    seq: int = 0
    read_id: str = ""
    """The read of that number: once it is deleted, or the database is a new one, another may have the number."""
    is_disputed: bool = False
    """Whether they were dealt with as those of a disputed boot."""


def place_boot(database: Database, boot_id: str, now: Instant, placed: PlacedReads | None = None) -> int:
    """Queue the corrected times of closed reads of the present boot.

    Args:
        placed: the reads of this boot that need not be looked at again; it is brought up to date. None: all are.

    Returns:
        How many times were queued.
    """
    placed = placed or PlacedReads()
    timeline = clock_pairs.timelines(database, [boot_id])[boot_id]
    if not timeline.is_settled and not timeline.is_disputed:
        return 0
    with database.read() as connection:
        is_known = connection.scalar(select(reads.c.read_id).where(reads.c.seq == placed.seq)) == placed.read_id
        last = connection.execute(_last_closed()).first()
    is_known = is_known and placed.is_disputed == timeline.is_disputed
    count = _place(database, timeline, placed.seq if is_known else _last_before(database, boot_id), now)
    if last is not None:
        placed.seq, placed.read_id, placed.is_disputed = last.seq, last.read_id, timeline.is_disputed
    return count


def _last_closed() -> Select[tuple[int, str]]:
    """The last read before the first one that is still open, which is placed once its pass is over."""
    first_open = select(func.min(reads.c.seq)).where(reads.c.closed == 0).scalar_subquery()
    before = reads.c.seq < func.coalesce(first_open, _SEQ_MAX)
    return select(reads.c.seq, reads.c.read_id).where(before).order_by(reads.c.seq.desc()).limit(1)


def place_earlier(database: Database, now: Instant) -> int:
    """Queue corrections that a stop cut off, for boots of the newest :data:`LOOK_BACK` reads; as :func:`place_boot`."""
    since = _newest(database) - LOOK_BACK
    # As the column itself SQLite would walk over the whole index of boots in place of the newest reads.
    boot_id = reads.c.first_seen_boot_id.concat("")
    with database.read() as connection:
        boot_ids = list(connection.scalars(select(boot_id).where(reads.c.seq > since).distinct()))
    return sum(
        _place(database, timeline, since, now) for timeline in clock_pairs.timelines(database, boot_ids).values()
    )


def _last_before(database: Database, boot_id: str) -> int:
    """The sequence number of the last read before the present boot's, which are the newest; 0: there is none."""
    end = _newest(database)
    while end > 0:
        of_others = (reads.c.seq > end - SLICE) & (reads.c.seq <= end) & (reads.c.first_seen_boot_id != boot_id)
        with database.read() as connection:
            if (last := connection.scalar(select(func.max(reads.c.seq)).where(of_others))) is not None:
                return int(last)
        end -= SLICE
    return 0


def _newest(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(select(func.max(reads.c.seq))) or 0)


def _place(database: Database, timeline: Timeline, since: int, now: Instant) -> int:
    count = 0
    if not timeline.is_settled and not timeline.is_disputed:
        return count
    newest = _newest(database)
    while since < newest:
        # Looked for once a minute over all reads of the boot, so not while others wait to write.
        with database.read() as connection:
            rows = list(connection.execute(_waiting(timeline, since)).mappings())
        batch = [read_of(row, ()) for row in rows]
        payloads = [payload for read in batch if (payload := time_payload(read, timeline)) is not None]
        if payloads:
            with database.write() as connection:
                count += _queue(connection, payloads, now)
        since = since + SLICE if len(rows) < BATCH else rows[-1]["seq"]
    return count


def _queue(connection: Connection, payloads: list[TimePayload], now: Instant) -> int:
    """Queue the times of reads that were not deleted meanwhile; returns how many."""
    query = select(reads.c.read_id).where(reads.c.read_id.in_([payload.read_id for payload in payloads]))
    stored = set(connection.scalars(query))
    present = [payload for payload in payloads if payload.read_id in stored]
    enqueue.queue_times(connection, present, now.utc)
    return len(present)


def _waiting(timeline: Timeline, since: int) -> Select[tuple[object, ...]]:
    """Closed reads of a boot, in one slice, whose corrected time is to be queued and has not been."""
    item_id = literal(time_item_id("", sure=True)).concat(reads.c.read_id)
    if timeline.is_disputed:
        item_id = item_id.concat(time_item_id("", sure=False).removeprefix(time_item_id("", sure=True)))
    return (
        select(reads)
        .where(reads.c.seq > since, reads.c.seq <= since + SLICE)
        .where(reads.c.first_seen_boot_id == timeline.boot_id, reads.c.closed == 1)
        .where(_needs_correction(timeline), ~select(outbox.c.seq).where(outbox.c.item_id == item_id).exists())
        .order_by(reads.c.seq)
        .limit(BATCH)
    )


def _needs_correction(timeline: Timeline) -> ColumnElement[bool]:
    """Reads whose own clock is not enough: those without a trusted one, in a dispute all of them."""
    if timeline.is_disputed:
        return ~false()
    return or_(reads.c.first_seen_utc_source.not_in(_TRUSTED), reads.c.last_seen_utc_source.not_in(_TRUSTED))
