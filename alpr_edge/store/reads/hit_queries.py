"""Queries of hits as an officer looks at them: one of an id, the newest, and whether they changed."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select, true

from alpr_edge.domain.alerting import Level, Tone, level_of
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.db.schema import alerts, dispositions, hits, reads, requests
from alpr_edge.store.reads.dispositions import dispositions_of
from alpr_edge.store.reads.queries import StoredRead, get

HITS_MAX = 1000
LOOKED_AT_MAX = 40
"""Newest hits whose changes pages are told of, as many as stand in their row."""
ShownState = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class HitGlance:
    """What everybody in the car may know of a hit: no plate, no picture, no person."""

    hit_id: str
    read_id: str
    level: Level
    tone: Tone | None
    """The tone that sounded for its read; None: none was meant for it."""
    source: str
    """The name of the list."""
    camera_id: str
    matched: Instant
    is_dealt_with: bool
    is_withdrawn: bool
    """Whether a later read of the pass took the alert back."""
    is_covert: bool


def newest_glances(connection: Connection, limit: int, *, with_covert: bool = False) -> list[HitGlance]:
    """The newest hits, the newest first; covert ones only where they are asked for."""
    columns = (*hits.c, reads.c.camera_id, alerts.c.tone, alerts.c.withdrawn_boot_id)
    query = (
        select(*columns)
        .join(reads, reads.c.read_id == hits.c.read_id)
        .outerjoin(alerts, alerts.c.read_id == hits.c.read_id)
        .where(true() if with_covert else hits.c.covert == 0)
        .order_by(hits.c.seq.desc())
        .limit(min(max(limit, 0), HITS_MAX))
    )
    rows = list(connection.execute(query).mappings())
    said = dispositions_of(connection, [row["hit_id"] for row in rows])
    return [_glance_of(row, HitState.of(said.get(row["hit_id"], []))) for row in rows]


def shown_state(connection: Connection) -> ShownState:
    """Values that differ as soon as pages have something else to show of hits.

    A hit that is new or deleted, a pass that ended (its pictures are sharper then), an alert that was taken back, a
    read that was corrected, what somebody said of any hit, what the page asked the unit for, and its answer; but not a
    covert hit.
    """
    query = (
        select(hits.c.seq, reads.c.closed, reads.c.last_frame, alerts.c.withdrawn_boot_id)
        .join(reads, reads.c.read_id == hits.c.read_id)
        .outerjoin(alerts, alerts.c.hit_id == hits.c.hit_id)
        .where(hits.c.covert == 0)
        .order_by(hits.c.seq.desc())
        .limit(LOOKED_AT_MAX)
    )
    said = connection.scalar(select(func.max(dispositions.c.seq)))
    corrected = connection.scalar(select(func.max(reads.c.seq)).where(reads.c.supersedes.is_not(None)))
    asked = connection.execute(select(func.max(requests.c.seq), func.count(requests.c.answered_boot_id))).one()
    return (said, corrected, *asked, *map(tuple, connection.execute(query)))


def read_of_hit(connection: Connection, hit_id: str) -> StoredRead | None:
    """The read of a hit; None when there is none of that id."""
    read_id = connection.scalar(select(hits.c.read_id).where(hits.c.hit_id == hit_id))
    return None if read_id is None else get(connection, read_id)


def _glance_of(row: RowMapping, state: HitState) -> HitGlance:
    level = level_of(Reason(row["reason"])) if row["level"] is None else Level(row["level"])
    return HitGlance(
        hit_id=row["hit_id"],
        read_id=row["read_id"],
        level=level,
        tone=None if row["tone"] is None else Tone(row["tone"]),
        source=row["generation_source"],
        camera_id=row["camera_id"],
        matched=instant_of(row, "matched"),
        is_dealt_with=state.is_dealt_with,
        is_withdrawn=row["withdrawn_boot_id"] is not None,
        is_covert=bool(row["covert"]),
    )
