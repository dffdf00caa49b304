"""Queries of hits as an officer looks at them: one of an id, those that wait, and whether they changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Integer,
    RowMapping,
    Select,
    bindparam,
    case,
    exists,
    func,
    not_,
    select,
    true,
)

from alpr_edge.domain.alerting import Level, level_of, stored_level
from alpr_edge.domain.dispositions.disposition import DispositionPart, InquiryAnswer, ReadAnswer
from alpr_edge.domain.dispositions.hit_state import AGENCY_ANSWERS, HitState
from alpr_edge.domain.hits import Hit, HotlistEntry, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import is_certain
from alpr_edge.domain.reads import EvidenceKind, text_as_read
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db.row_mapping import hit_of, instant_of
from alpr_edge.store.db.schema import alerts, dispositions, evidence, hits, reads, requests
from alpr_edge.store.reads.dispositions import dispositions_of
from alpr_edge.store.reads.possible_hits import is_possible
from alpr_edge.store.reads.queries import StoredRead, get

HITS_MAX = 1000
LOOKED_AT_MAX = 40
"""Newest hits whose changes pages are told of, as many as stand in their row."""
_ENTRY = ("source", "plate", "state", "reason", "record_id")
"""Columns of :func:`~alpr_edge.domain.vehicle_alerts.key_of`."""
ShownState = tuple[object, ...]
_OF_READ = (reads.c.camera_id, reads.c.plate.label("read_plate"), reads.c.confidence, reads.c.earlier_texts)


@dataclass(frozen=True, slots=True)
class HitGlance:
    """What everybody in the car may know of a hit: no plate, no picture, no person."""

    hit_id: str
    seq: int
    """Order in which hits arrived."""
    level: Level
    source: str
    """The name of the list."""
    camera_id: str
    matched: Instant
    next_step: DispositionPart | None
    """The question to answer next; None once the hit is done."""
    is_withdrawn: bool
    """Whether its alert was taken back: a later read of the pass, or further looks, said otherwise."""
    is_covert: bool
    is_possible: bool
    """Whether it is not certain, and sounds so."""

    @property
    def is_awaiting_agency(self) -> bool:
        """Whether CLETS still has the record and the entering agency has not answered."""
        return self.next_step is DispositionPart.CONFIRMATION


@dataclass(frozen=True, slots=True)
class SeenHit:
    """A hit with what tells it from others, for those who may see it."""

    glance: HitGlance
    entry: HotlistEntry
    plate: str
    """Canonical text that was read."""
    read_id: str


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row shows of its read."""

    text: str
    """As read, the letter O and the digit 0 apart."""
    crop: str | None
    """Digest of the picture of the plate; None: none was kept."""


def hit_glances(
    connection: Connection, lists: HotlistSettings, limit: int, *, with_covert: bool = False
) -> list[HitGlance]:
    """Return :func:`seen_hits` as everybody in the car may know them."""
    return [each.glance for each in seen_hits(connection, lists, limit, with_covert=with_covert)]


def seen_hits(
    connection: Connection, lists: HotlistSettings, limit: int, waiting_max: int = 0, *, with_covert: bool = False
) -> list[SeenHit]:
    """The hits that wait, the gravest first, however old they are; then the newest of the others.

    Args:
        limit: how many of both at most; never more than :data:`HITS_MAX`.
        waiting_max: how many that wait at most, if more than that.
    """
    limit = min(max(limit, 0), HITS_MAX)
    rows = list(connection.execute(_waiting_query(), {"limit": max(limit, waiting_max)}).mappings())
    if len(rows) < limit:
        rows += connection.execute(_others_query(with_covert=with_covert), {"limit": limit - len(rows)}).mappings()
    said = dispositions_of(connection, [row["hit_id"] for row in rows])
    return [
        SeenHit(
            _glance_of(row, HitState.of(said.get(row["hit_id"], [])), lists),
            hit_of(row).entry,
            row["read_plate"],
            row["read_id"],
        )
        for row in rows
    ]


def row_facts(connection: Connection, read_ids: Sequence[str]) -> dict[str, RowFacts]:
    """Return what rows show of some reads, by their ids."""
    is_crop = (evidence.c.read_id == reads.c.read_id) & (evidence.c.kind == EvidenceKind.CROP.value)
    query = select(reads.c.read_id, reads.c.plate, reads.c.slot_votes, evidence.c.sha256).outerjoin(evidence, is_crop)
    rows = connection.execute(query.where(reads.c.read_id.in_(read_ids)))
    return {read_id: RowFacts(text_as_read(plate, votes), sha256) for read_id, plate, votes, sha256 in rows}


def crop_of_hit(connection: Connection, hit_id: str) -> tuple[Hit, str] | None:
    """Return a hit and the digest of the picture of its plate; None without either."""
    is_crop = (evidence.c.read_id == hits.c.read_id) & (evidence.c.kind == EvidenceKind.CROP.value)
    query = select(hits, evidence.c.sha256).join(evidence, is_crop).where(hits.c.hit_id == hit_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else (hit_of(row), row["sha256"])


def waiting_alike(connection: Connection, hit_id: str, newest_id: str, limit: int) -> list[str]:
    """Return other hits that wait for the same entry and text as a hit, up to the newest that an officer was shown."""
    hit, read = hits.alias("this_hit"), reads.alias("this_read")
    entry = (hits.c[name].is_not_distinct_from(hit.c[name]) for name in _ENTRY)
    shown_seq = select(hits.c.seq).where(hits.c.hit_id == newest_id).scalar_subquery()
    query = (
        select(hits.c.hit_id)
        .join(reads, reads.c.read_id == hits.c.read_id)
        .join(hit, (hit.c.hit_id == hit_id) & (hits.c.hit_id != hit_id))
        .join(read, (read.c.read_id == hit.c.read_id) & (read.c.plate == reads.c.plate))
        .where(*entry, _waits(), hits.c.seq <= shown_seq)
    )
    return list(connection.scalars(query.order_by(hits.c.seq).limit(limit)))


def count_of_waiting(connection: Connection) -> int:
    """How many hits wait for an answer, all of them."""
    return connection.scalar(_count_query()) or 0


def hit_counts_since(connection: Connection, begun: Instant) -> list[tuple[str, int, int]]:
    """Return each list with its hits of a boot since a moment of it, and how many of them wait; no covert ones."""
    is_since = (hits.c.matched_boot_id == begun.boot_id) & (hits.c.matched_boottime_ns >= begun.boottime_ns)
    query = (
        select(hits.c.generation_source, func.count(), func.sum(case((_waits(), 1), else_=0)))
        .where(is_since, hits.c.covert == 0)
        .group_by(hits.c.generation_source)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def shown_state(connection: Connection) -> ShownState:
    """Values that differ as soon as pages have something else to show of hits.

    A hit that is new or deleted, a pass that ended (its pictures are sharper then), an alert that was taken back or
    sounded late, a read that became certain or was corrected, what somebody said of any hit, what the page asked the
    unit for, and its answer; but not a covert hit.
    """
    return tuple(row for query in _state_queries() for row in map(tuple, connection.execute(query)))


def read_of_hit(connection: Connection, hit_id: str) -> StoredRead | None:
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
    """Whether a hit waits: not covert, its alert not taken back, and not done."""
    return (hits.c.covert == 0) & not_(_is_withdrawn()) & not_(_is_done())


def _is_done() -> ColumnElement[bool]:
    """:attr:`~alpr_edge.domain.dispositions.hit_state.HitState.next_step` is None, for a hit's row."""
    read, inquiry, confirmation, outcome = map(_newest_answer, DispositionPart)
    is_verified = (inquiry != "") & ((inquiry != InquiryAnswer.STILL_ON_FILE) | confirmation.in_(AGENCY_ANSWERS))
    return (read != "") & ((read != ReadAnswer.CORRECT) | (is_verified & (outcome != "")))


def _newest_answer(part: DispositionPart) -> ColumnElement[str]:
    """The newest answer of a part that was not undone; empty if there is none."""
    answer, undoing = dispositions.alias(), dispositions.alias()
    is_undone = exists().where(undoing.c.hit_id == answer.c.hit_id, undoing.c.undoes == answer.c.disposition_id)
    is_answer = (answer.c.hit_id == hits.c.hit_id) & (answer.c.part == part.value) & (answer.c.undoes == "")
    newest = select(answer.c.answer).where(is_answer, not_(is_undone)).order_by(answer.c.seq.desc()).limit(1)
    return func.coalesce(newest.correlate(hits).scalar_subquery(), "")


def _is_withdrawn() -> ColumnElement[bool]:
    """Whether a hit's own alert was taken back, or as it has none of its own, each one of its read."""
    is_of_read, is_taken_back = alerts.c.read_id == hits.c.read_id, alerts.c.withdrawn_boot_id.is_not(None)
    own = exists().where(alerts.c.hit_id == hits.c.hit_id, is_taken_back).correlate(hits)
    some = exists().where(is_of_read, is_taken_back).correlate(hits)
    standing = exists().where(is_of_read, not_(is_taken_back)).correlate(hits)
    return own | (some & not_(standing))


def _level() -> ColumnElement[int]:
    """:func:`~alpr_edge.domain.alerting.stored_level` of a hit's row."""
    by_reason = case({reason.value: int(level_of(reason)) for reason in Reason}, value=hits.c.reason)
    return func.coalesce(hits.c.level, by_reason)


# Each query is built once: building one costs more than SQLite's answer, and an open page asks at every hit.


@cache
def _waiting_query() -> Select[Any]:
    return _glance_query().where(_waits()).order_by(_level().desc(), hits.c.seq.desc())


@cache
def _others_query(*, with_covert: bool) -> Select[Any]:
    is_shown = true() if with_covert else hits.c.covert == 0
    return _glance_query().where(not_(_waits()) & is_shown).order_by(hits.c.seq.desc())


def _glance_query() -> Select[Any]:
    return (
        select(*hits.c, *_OF_READ, _is_withdrawn().label("is_withdrawn"))
        .join(reads, reads.c.read_id == hits.c.read_id)
        .limit(bindparam("limit", type_=Integer))
    )


@cache
def _count_query() -> Select[int]:
    return select(func.count()).select_from(hits).where(_waits())


@cache
def _state_queries() -> tuple[Executable, ...]:
    """What :func:`shown_state` is made of: what was said, corrected and asked for, and the newest hits."""
    newest = (
        select(
            hits.c.seq,
            hits.c.match_kind,
            reads.c.closed,
            reads.c.last_frame,
            reads.c.plate,
            reads.c.confidence,
            alerts.c.withdrawn_boot_id,
            alerts.c.late_tone_boot_id,
        )
        .join(reads, reads.c.read_id == hits.c.read_id)
        .outerjoin(alerts, alerts.c.hit_id == hits.c.hit_id)
        .where(hits.c.covert == 0)
        .order_by(hits.c.seq.desc())
        .limit(LOOKED_AT_MAX)
    )
    return (
        select(func.max(dispositions.c.seq)),
        select(func.max(reads.c.seq)).where(reads.c.supersedes.is_not(None)),
        select(func.max(requests.c.seq), func.count(requests.c.answered_boot_id)),
        newest,
    )


def _glance_of(row: RowMapping, state: HitState, lists: HotlistSettings) -> HitGlance:
    is_read_certain = is_certain(row["read_plate"], row["confidence"])
    return HitGlance(
        hit_id=row["hit_id"],
        seq=row["seq"],
        level=stored_level(row["level"], Reason(row["reason"])),
        source=row["generation_source"],
        camera_id=row["camera_id"],
        matched=instant_of(row, "matched"),
        next_step=state.next_step,
        is_withdrawn=bool(row["is_withdrawn"]),
        is_covert=bool(row["covert"]),
        is_possible=is_possible(
            hit_of(row), lists, is_read_certain=is_read_certain, is_amended=row["earlier_texts"] is not None
        ),
    )
