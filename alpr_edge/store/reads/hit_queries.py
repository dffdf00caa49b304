"""Queries of hits as an officer looks at them: one of an id, those that wait, and whether they changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, case, exists, func, not_, select, true

from alpr_edge.domain.alerting import Level, level_of, stored_level
from alpr_edge.domain.dispositions.disposition import DispositionPart
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
    level: Level
    source: str
    """The name of the list."""
    camera_id: str
    matched: Instant
    is_dealt_with: bool
    is_withdrawn: bool
    """Whether a later read of the pass took the alert back."""
    is_covert: bool


def hit_glances(connection: Connection, limit: int, *, with_covert: bool = False) -> list[HitGlance]:
    """The hits that wait, the gravest first, however old they are; then the newest of the others.

    Args:
        connection: a connection to the store.
        limit: how many of both at most; never more than :data:`HITS_MAX`.
        with_covert: whether covert hits are among the others.
    """
    limit = min(max(limit, 0), HITS_MAX)
    waiting = _glances(connection, _waits(), (_level().desc(), hits.c.seq.desc()), limit)
    others = not_(_waits()) & (true() if with_covert else hits.c.covert == 0)
    return waiting + _glances(connection, others, (hits.c.seq.desc(),), limit - len(waiting))


def count_of_waiting(connection: Connection) -> int:
    """How many hits wait for an answer, all of them."""
    query = select(func.count()).select_from(hits.outerjoin(alerts, alerts.c.read_id == hits.c.read_id))
    return connection.scalar(query.where(_waits())) or 0


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


def read_ids_of_hits(connection: Connection, hit_ids: Sequence[str]) -> list[str]:
    """The reads of hits that are here, each once; a covert hit counts as none."""
    found: dict[str, None] = {}
    for hit_id in hit_ids:
        read_id = connection.scalar(select(hits.c.read_id).where(hits.c.hit_id == hit_id, hits.c.covert == 0))
        if read_id is not None:
            found[read_id] = None
    return list(found)


def _waits() -> ColumnElement[bool]:
    """Whether a hit waits: open, its alert not taken back, and no answer to what was read that was not undone."""
    answer, undoing = dispositions.alias("answer"), dispositions.alias("undoing")
    is_undone = exists().where(undoing.c.hit_id == answer.c.hit_id, undoing.c.undoes == answer.c.disposition_id)
    is_read_answer = (answer.c.part == DispositionPart.READ.value) & (answer.c.undoes == "")
    is_answered = exists().where(answer.c.hit_id == hits.c.hit_id, is_read_answer, not_(is_undone))
    return (hits.c.covert == 0) & alerts.c.withdrawn_boot_id.is_(None) & not_(is_answered)


def _level() -> ColumnElement[int]:
    """:func:`~alpr_edge.domain.alerting.stored_level` of a hit's row."""
    by_reason = case({reason.value: int(level_of(reason)) for reason in Reason}, value=hits.c.reason)
    return func.coalesce(hits.c.level, by_reason)


def _glances(
    connection: Connection, wanted: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
) -> list[HitGlance]:
    query = (
        select(*hits.c, reads.c.camera_id, alerts.c.withdrawn_boot_id)
        .join(reads, reads.c.read_id == hits.c.read_id)
        .outerjoin(alerts, alerts.c.read_id == hits.c.read_id)
        .where(wanted)
        .order_by(*order)
        .limit(limit)
    )
    rows = list(connection.execute(query).mappings())
    said = dispositions_of(connection, [row["hit_id"] for row in rows])
    return [_glance_of(row, HitState.of(said.get(row["hit_id"], []))) for row in rows]


def _glance_of(row: RowMapping, state: HitState) -> HitGlance:
    return HitGlance(
        hit_id=row["hit_id"],
        level=stored_level(row["level"], Reason(row["reason"])),
        source=row["generation_source"],
        camera_id=row["camera_id"],
        matched=instant_of(row, "matched"),
        is_dealt_with=state.is_dealt_with,
        is_withdrawn=row["withdrawn_boot_id"] is not None,
        is_covert=bool(row["covert"]),
    )
