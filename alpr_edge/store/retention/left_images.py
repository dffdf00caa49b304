"""Pictures without a read: salvage takes them over where a damaged database lost the rows that named them.

They show plates as all pictures do, so they stay no longer than a read (462.5). The file's time is all that is known of
their age.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from alpr_edge.domain.retention import RetentionLimits
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import evidence, images, outbox
from alpr_edge.store.evidence.images import PREFIXES, ImageFacts

BATCH = 64
"""Most pictures that are chosen at a time."""


def left_images(
    database: Database, facts: Callable[[str], ImageFacts | None], limits: RetentionLimits, now: datetime
) -> list[str]:
    """Digests of pictures without a read that are older than a read may be, at most :data:`BATCH`.

    Args:
        now: the moment, UTC.
    """
    waits = exists().where((outbox.c.item_id == images.c.sha256) & (outbox.c.state != "delivered"))
    is_shown = exists().where(evidence.c.sha256 == images.c.sha256)
    query = select(images.c.sha256, waits.label("waits")).where(images.c.created_utc.is_(None), ~is_shown)
    digests: list[str] = []
    for prefix in PREFIXES:
        # A part of them at a time: of hundreds of thousands, most of which have a read, none may be found.
        with database.read() as connection:
            rows = connection.execute(query.where(images.c.sha256.between(prefix, f"{prefix}g"))).all()
        digests += [row.sha256 for row in rows if _is_old(facts(row.sha256), limits, now, waits=row.waits)]
        if len(digests) >= BATCH:
            break
    return digests[:BATCH]


def forget_dates(connection: Connection) -> None:
    """Note of pictures whose read is lost that nothing tells their age but their files: they were dated with it."""
    is_shown = exists().where(evidence.c.sha256 == images.c.sha256)
    connection.execute(update(images).where(images.c.created_utc.is_not(None), ~is_shown).values(created_utc=None))


def _is_old(facts: ImageFacts | None, limits: RetentionLimits, now: datetime, *, waits: bool) -> bool:
    """Whether a picture is older than a read that was on no list may be."""
    longest = limits.longest(is_hit=False, is_acknowledged=not waits)
    return facts is not None and now - facts.modified_at > longest
