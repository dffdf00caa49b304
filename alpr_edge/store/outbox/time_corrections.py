"""Queues the corrected times of reads, once clock pairs allow it: before the first fix, or of a disputed boot.

Nothing of a read is rewritten: what was queued of it may have been delivered already.
"""

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
LOOK_BACK = 20_000
"""Reads of earlier boots that are checked at a start: some days of driving."""
_TRUSTED = (UtcSource.GNSS.value, UtcSource.NTP.value)


def place_boot(database: Database, boot_id: str, now: Instant) -> int:
    """Queue the corrected times of closed reads of the present boot.

    Args:
        database: the database of this vehicle.
        boot_id: the boot.
        now: the present instant, which becomes the time the items were made.

    Returns:
        How many times were queued.

    Raises:
        StoreError: the database failed; what was queued before stays.
    """
    timeline = clock_pairs.timelines(database, [boot_id])[boot_id]
    # Sequence numbers rise with arrival: reads of the present boot are the newest.
    before = select(reads.c.seq).where(reads.c.first_seen_boot_id != boot_id).order_by(reads.c.seq.desc()).limit(1)
    with database.read() as connection:
        since = connection.scalar(before) or 0
    return _place(database, timeline, since, now)


def place_earlier(database: Database, now: Instant) -> int:
    """Queue corrections that a stop cut off, for boots of the newest :data:`LOOK_BACK` reads; as :func:`place_boot`."""
    with database.read() as connection:
        since = (connection.scalar(select(func.max(reads.c.seq))) or 0) - LOOK_BACK
        boot_ids = list(connection.scalars(select(reads.c.first_seen_boot_id).where(reads.c.seq > since).distinct()))
    return sum(
        _place(database, timeline, since, now) for timeline in clock_pairs.timelines(database, boot_ids).values()
    )


def _place(database: Database, timeline: Timeline, since: int, now: Instant) -> int:
    count = 0
    if not timeline.is_settled and not timeline.is_disputed:
        return count
    while True:
        # Looked for once a minute over all reads of the boot, so not while others wait to write.
        with database.read() as connection:
            rows = list(connection.execute(_waiting(timeline, since)).mappings())
        batch = [read_of(row, ()) for row in rows]
        payloads = [payload for read in batch if (payload := time_payload(read, timeline)) is not None]
        if payloads:
            with database.write() as connection:
                count += _queue(connection, payloads, now)
        if len(rows) < BATCH:
            return count
        since = rows[-1]["seq"]


def _queue(connection: Connection, payloads: list[TimePayload], now: Instant) -> int:
    """Queue the times of reads that were not deleted meanwhile; returns how many."""
    query = select(reads.c.read_id).where(reads.c.read_id.in_([payload.read_id for payload in payloads]))
    stored = set(connection.scalars(query))
    present = [payload for payload in payloads if payload.read_id in stored]
    enqueue.queue_times(connection, present, now.utc)
    return len(present)


def _waiting(timeline: Timeline, since: int) -> Select[tuple[object, ...]]:
    """Closed reads of a boot whose corrected time is to be queued and has not been."""
    item_id = literal(time_item_id("", sure=True)).concat(reads.c.read_id)
    if timeline.is_disputed:
        item_id = item_id.concat(time_item_id("", sure=False).removeprefix(time_item_id("", sure=True)))
    return (
        select(reads)
        .where(reads.c.seq > since, reads.c.first_seen_boot_id == timeline.boot_id, reads.c.closed == 1)
        .where(_needs_correction(timeline), ~select(outbox.c.seq).where(outbox.c.item_id == item_id).exists())
        .order_by(reads.c.seq)
        .limit(BATCH)
    )


def _needs_correction(timeline: Timeline) -> ColumnElement[bool]:
    """Reads whose own clock is not enough: those without a trusted one, in a dispute all of them."""
    if timeline.is_disputed:
        return ~false()
    return or_(reads.c.first_seen_utc_source.not_in(_TRUSTED), reads.c.last_seen_utc_source.not_in(_TRUSTED))
