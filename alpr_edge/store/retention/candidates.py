"""Reads as candidates for deletion, read slice by slice: acknowledged or not, held or not, how old and how large."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, exists, func, literal, not_, select

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.retention import KeptRead
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.number_slices import number_slices
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.db.schema import alerts, dispositions, evidence, hits, images, outbox, reads
from alpr_edge.store.evidence.images import OVERHEAD_BYTES
from alpr_edge.store.retention import holds

BLOCK_BYTES = 4096
"""An image takes up whole blocks of the file system."""
ROW_BYTES = 4096
"""About what the rows of a read and of its items take up in the database; ``scripts/bench disk`` measures it."""
COUNTED_AT_ONCE = 1_000
"""Reads that one query counts: each costs some look-ups, and a query may take a second."""
TIMELINES_MAX = 64


@dataclass(frozen=True, slots=True)
class RetentionCandidate:
    """One read that may be deleted by the rules."""

    read: KeptRead
    read_id: str
    camera_id: str
    seen_utc: datetime | None
    """When it was last seen, as far as that is sure; None when it is not."""
    images: int


class Ages:
    """Computes when reads were made: by their own trusted clock, or by the clock pairs of their boot."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._timelines: dict[str, Timeline] = {}

    def seen_utc(self, instant: Instant) -> datetime | None:
        """A sure moment in UTC, or None."""
        if instant.boot_id not in self._timelines:
            if len(self._timelines) >= TIMELINES_MAX:
                self._timelines.clear()
            self._timelines |= clock_pairs.timelines(self._database, [instant.boot_id])
        placement = self._timelines[instant.boot_id].place(instant)
        return placement.utc if placement.sure else None

    def forget(self, boot_id: str) -> None:
        """Forget the pairs of a boot, as more have come: they are read again when needed."""
        self._timelines.pop(boot_id, None)


def image_blocks_bytes() -> ColumnElement[int]:
    """What an image of the table takes up on the disk, in bytes."""
    file_bytes = images.c.length + OVERHEAD_BYTES
    return (file_bytes + (BLOCK_BYTES - 1)) // BLOCK_BYTES * BLOCK_BYTES


def rows_after(connection: Connection, seq: int, limit: int) -> Sequence[RowMapping]:
    """The next reads in order of arrival, as rows for :func:`candidate_of`."""
    query = _query().where(reads.c.seq > seq).order_by(reads.c.seq).limit(limit)
    return connection.execute(query).mappings().all()


def rows_of(connection: Connection, seqs: list[int]) -> Sequence[RowMapping]:
    """The reads of these numbers that are still there, as rows for :func:`candidate_of`."""
    query = _query().where(reads.c.seq.in_(seqs)).order_by(reads.c.seq)
    return connection.execute(query).mappings().all()


def count_unacknowledged(database: Database) -> int:
    """How many reads are open, or have an item that the department did not give a receipt for; some at a time."""
    count = select(func.count()).select_from(reads).where(not_(_is_acknowledged()))
    total = 0
    for numbers in number_slices(database, reads.c.seq, COUNTED_AT_ONCE):
        with database.read() as connection:
            total += connection.scalar(count.where(reads.c.seq.between(*numbers))) or 0
    return total


def candidate_of(row: RowMapping, seen_utc: datetime | None, now: Instant) -> RetentionCandidate:
    """The candidate of a row; without a trusted ``now`` no age is known, and no hold ends."""
    age: timedelta | None = None
    if seen_utc is not None and now.trusted and now.utc is not None:
        age = now.utc - seen_utc
    size = int(row["image_bytes"] or 0) + ROW_BYTES
    is_over = row["held_until"] is not None and now.trusted and now.utc is not None and row["held_until"] <= now.utc
    read = KeptRead(
        row["seq"], size, age, bool(row["acknowledged"]), bool(row["held"]) and not is_over, bool(row["is_hit"])
    )
    return RetentionCandidate(read, row["read_id"], row["camera_id"], seen_utc, int(row["images"] or 0))


def last_seen_of(row: RowMapping) -> Instant:
    """When the vehicle was last seen."""
    return instant_of(row, "last_seen")


def _query() -> Select[Any]:
    pictures = (
        select(func.sum(image_blocks_bytes()))
        .join(evidence, evidence.c.sha256 == images.c.sha256)
        .where(evidence.c.read_id == reads.c.read_id)
        .scalar_subquery()
    )
    count = select(func.count()).where(evidence.c.read_id == reads.c.read_id).scalar_subquery()
    moment = [column for column in reads.c if column.name.startswith("last_seen_")]
    return select(
        reads.c.seq,
        reads.c.read_id,
        reads.c.camera_id,
        *moment,
        pictures.label("image_bytes"),
        count.label("images"),
        holds.is_held().label("held"),
        holds.held_until().label("held_until"),
        _is_acknowledged().label("acknowledged"),
        exists().where(hits.c.read_id == reads.c.read_id).label("is_hit"),
    )


def _is_acknowledged() -> ColumnElement[bool]:
    """Whether a read is closed and its items are delivered: read, hits, answers, alerts, images, corrected times."""
    said = literal(disposition_item_id("")).concat(dispositions.c.disposition_id)
    return and_(
        reads.c.closed == 1,
        _is_delivered(reads.c.read_id),
        not_(exists().where(hits.c.read_id == reads.c.read_id, not_(_is_delivered(hits.c.hit_id)))),
        not_(exists().where(hits.c.read_id == reads.c.read_id, dispositions.c.hit_id == hits.c.hit_id, _waits(said))),
        not_(exists().where(evidence.c.read_id == reads.c.read_id, not_(_is_delivered(evidence.c.sha256)))),
        *(not_(_waits(time_of_read)) for time_of_read in _time_ids()),
        # Older releases queued no alerts: an alert without an item does not count.
        *(not_(exists().where(alerts.c.read_id == reads.c.read_id, _waits(of_alert))) for of_alert in _alert_ids()),
    )


def _alert_ids() -> list[ColumnElement[str]]:
    """Ids of the items that tell of an alert."""
    return [literal(prefix).concat(alerts.c.hit_id) for prefix in alert_item_ids("")]


def _time_ids() -> list[ColumnElement[str]]:
    """Ids of the items that correct a read's time."""
    return [literal(prefix).concat(reads.c.read_id).concat(literal(suffix)) for prefix, suffix in _TIME_ID_PARTS]


def _is_delivered(item_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(outbox.c.item_id == item_id, outbox.c.state == "delivered")


def _waits(item_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(outbox.c.item_id == item_id, outbox.c.state != "delivered")


def _split_around(text: str, inner: str) -> tuple[str, str]:
    prefix, _, suffix = text.partition(inner)
    return prefix, suffix


_TIME_ID_PARTS = [_split_around(time_item_id("\0", sure=sure), "\0") for sure in (True, False)]
