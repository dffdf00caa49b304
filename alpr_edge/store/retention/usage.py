"""Measures how much disk space reads take up and how much of it may not be freed, a slice at a time.

Images take up most of it. They are counted in slices by the first two digits of the digest, so that no reading
transaction grows with the store. Digests are spread evenly, so the bytes deleted since a count are subtracted from all
slices alike.
"""

import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import case, exists, func, select

from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.retention import DiskState
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import deletions, evidence, holds, images, outbox, reads
from alpr_edge.store.evidence.images import PREFIXES
from alpr_edge.store.retention.ballast import Ballast, free_bytes, total_bytes
from alpr_edge.store.retention.candidates import image_blocks_bytes

RATE_READS = 100_000
"""Most reads that a rate is computed from: those of a week or two."""
RATE_DAYS_MIN = 1 / 24


class Usage:
    """Measures the disk usage of one vehicle's store."""

    def __init__(self, directory: Path, database: Database, ballast: Ballast) -> None:
        self._directory = directory
        self._database = database
        self._ballast = ballast
        self._image_bytes = [0.0] * len(PREFIXES)
        self._bound_bytes = [0.0] * len(PREFIXES)
        self._next = 0
        self.complete = False
        """Whether every slice was counted at least once."""

    def count_for(self, seconds: float) -> None:
        """Count slices for about so long, at least one and at most all of them once."""
        end = time.monotonic() + seconds
        for _ in PREFIXES:
            self._count(self._next)
            self._next = (self._next + 1) % len(PREFIXES)
            self.complete |= self._next == 0
            if time.monotonic() >= end:
                return

    def count_all(self) -> None:
        """Count every slice."""
        self._next = 0
        self.count_for(float("inf"))

    def less(self, freed_bytes: int) -> None:
        """Subtract what was deleted since the count."""
        share = freed_bytes / len(PREFIXES)
        self._image_bytes = [max(0.0, slice_bytes - share) for slice_bytes in self._image_bytes]

    def state(self) -> DiskState:
        """The file system and what was counted so far."""
        image_bytes, bound_bytes = sum(self._image_bytes), sum(self._bound_bytes)
        return DiskState(
            total_bytes=total_bytes(self._directory),
            free_bytes=free_bytes(self._directory),
            store_bytes=round(image_bytes) + self._database_bytes(),
            bound_bytes=round(bound_bytes) + self._bound_rows_bytes(image_bytes, bound_bytes),
            ballast_bytes=self._ballast.held_bytes,
            ballast_wanted_bytes=self._ballast.wanted_bytes,
        )

    def _count(self, place: int) -> None:
        first = PREFIXES[place]
        held = exists().where(evidence.c.sha256 == images.c.sha256, holds.c.read_id == evidence.c.read_id)
        is_free = (outbox.c.state == "delivered") & ~held
        bound_bytes = case((is_free, 0), else_=image_blocks_bytes())
        query = (
            select(func.coalesce(func.sum(image_blocks_bytes()), 0), func.coalesce(func.sum(bound_bytes), 0))
            .select_from(images.outerjoin(outbox, outbox.c.item_id == images.c.sha256))
            .where(images.c.sha256 >= first, images.c.sha256 < f"{first}g")
        )
        with self._database.read() as connection:
            self._image_bytes[place], self._bound_bytes[place] = connection.execute(query).one()

    def _database_bytes(self) -> int:
        """The file, and the log beside it."""
        paths = (self._directory / f"{DATABASE_NAME}{suffix}" for suffix in ("", "-wal"))
        return sum(path.stat().st_size for path in paths if path.exists())

    def _bound_rows_bytes(self, image_bytes: float, bound_bytes: float) -> int:
        """Bytes of the database that may not be deleted: the share that the images have, as rows have no known size."""
        return round(self._database_bytes() * bound_bytes / image_bytes) if image_bytes else 0


def bytes_a_day(database: Database, bytes_a_read: float) -> float | None:
    """At what rate the store grows, by the newest reads that had a trusted clock; None when too little is known."""
    trusted = reads.c.last_seen_utc_source.in_((UtcSource.GNSS.value, UtcSource.NTP.value))
    query = select(reads.c.seq, reads.c.last_seen_utc).where(trusted)
    with database.read() as connection:
        newest = connection.execute(query.order_by(reads.c.seq.desc()).limit(1)).one_or_none()
        if newest is None:
            return None
        since = reads.c.seq > newest.seq - RATE_READS
        oldest = connection.execute(query.where(since).order_by(reads.c.seq).limit(1)).one()
    days = (newest.last_seen_utc - oldest.last_seen_utc) / timedelta(days=1)
    return (newest.seq - oldest.seq) / days * bytes_a_read if days >= RATE_DAYS_MIN else None


def on_record(database: Database) -> int:
    """How many reads were deleted without a receipt."""
    with database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(deletions)) or 0)
