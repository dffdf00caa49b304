"""Reads and hits as reports count them: by slices of their numbers, few columns of each, covert hits left out.

A row is given where its own trusted clock puts it into the period, and where its clock was not trusted: its time is
then to be had from the clock pairs of its boot, or not at all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, select

from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import MatchKind, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.plates import is_certain
from alpr_edge.domain.reads import text_as_read
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.number_slices import number_slices
from alpr_edge.store.db.row_mapping import instant_of
from alpr_edge.store.db.schema import deletions, dispositions, hits, reads
from alpr_edge.store.reads.dispositions import dispositions_of

ROWS_AT_ONCE = 500
"""Rows that one statement looks at: a reading transaction has a second."""
CORRECTIONS_MAX = 100
"""Most corrections of one pass that are looked through."""
_TRUSTED = (UtcSource.GNSS.value, UtcSource.NTP.value)
_SEEN = tuple(column for column in reads.c if column.name.startswith("last_seen_"))
_CORRECTED = tuple(reads.c[name] for name in ("read_id", "supersedes", "corrected_by", "plate", "slot_votes"))

Span = tuple[datetime, datetime]
"""The first moment, and the first behind; UTC."""


@dataclass(frozen=True, slots=True)
class SeenRead:
    """A read, as far as it is counted."""

    camera_id: str
    seen: Instant


@dataclass(frozen=True, slots=True)
class ReadQuality:
    """A read, as far as it tells how well a camera's pictures can be read. Holds no plate text."""

    camera_id: str
    seen: Instant
    width_px: float
    is_certain: bool


@dataclass(frozen=True, slots=True)
class ReportedHit:
    """A hit that is not covert, with what was said of it and what precision may depend on."""

    read_id: str
    camera_id: str
    text: str
    """The read's, the letter O and the digit 0 apart."""
    is_corrected_text: bool
    """Whether a person said what the plate says: then the hit tells nothing of the reader."""
    width_px: float
    speed_mps: float | None
    place: tuple[float, float] | None
    """Latitude and longitude, WGS 84."""
    seen: Instant
    source: str
    reason: Reason
    kind: MatchKind
    state: HitState
    answer_number: int
    """The number of the answer to what was read, in order of arrival; 0: none counts."""


def seen_reads(database: Database, span: Span) -> Iterator[SeenRead]:
    """The reads that may be of a period, in order of arrival.

    Raises:
        StoreError: the database cannot be read.
    """
    for numbers in number_slices(database, reads.c.seq, ROWS_AT_ONCE):
        query = select(reads.c.camera_id, *_SEEN).where(reads.c.seq.between(*numbers), _may_be_within(span))
        for row in database.rows(query.order_by(reads.c.seq)):
            yield SeenRead(row["camera_id"], instant_of(row, "last_seen"))


def read_qualities(database: Database, span: Span) -> Iterator[ReadQuality]:
    """The reader's own reads that may be of a period, in order of arrival; what a person read is left out.

    Raises:
        StoreError: the database cannot be read.
    """
    columns = *(reads.c[name] for name in ("camera_id", "plate", "confidence", "left_px", "right_px")), *_SEEN
    for numbers in number_slices(database, reads.c.seq, ROWS_AT_ONCE):
        is_wanted = reads.c.seq.between(*numbers), reads.c.corrected_by.is_(None), _may_be_within(span)
        for row in database.rows(select(*columns).where(*is_wanted)):
            is_sure = is_certain(row["plate"], row["confidence"])
            width_px = row["right_px"] - row["left_px"]
            yield ReadQuality(row["camera_id"], instant_of(row, "last_seen"), width_px, is_sure)


def reported_hits(database: Database, span: Span) -> Iterator[ReportedHit]:
    """The hits whose reads may be of a period, in order of arrival: those of one read follow each other.

    Raises:
        StoreError: the database cannot be read.
    """
    for numbers in number_slices(database, hits.c.seq, ROWS_AT_ONCE):
        with database.read() as connection:
            rows = connection.execute(_hit_query(numbers, span)).mappings().all()
            hit_ids = [row["hit_id"] for row in rows]
            said, answers = dispositions_of(connection, hit_ids), _numbers_of_answers(connection, hit_ids)
        yield from (_hit_of(row, HitState.of(said.get(row["hit_id"], [])), answers) for row in rows)


def corrected_texts(database: Database, read_ids: Sequence[str]) -> dict[str, str]:
    """What people said that misread plates say, by the read; of those that nobody corrected nothing.

    A pass may have been corrected several times, by the vote and by people: the last person counts.
    """
    found: dict[str, str] = {}
    with database.read() as connection:
        sources = {read_id: read_id for read_id in read_ids}
        for _ in range(CORRECTIONS_MAX):
            if not sources:
                break
            query = select(*_CORRECTED).where(reads.c.supersedes.in_(sources)).order_by(reads.c.seq)
            rows = connection.execute(query).mappings().all()
            found |= {sources[row["supersedes"]]: _text_of(row) for row in rows if row["corrected_by"] is not None}
            sources = {row["read_id"]: sources[row["supersedes"]] for row in rows}
    return found


def deletion_counts(database: Database, span: Span) -> Counter[tuple[str, ...]]:
    """The reads that were deleted in a period without a receipt, by the ground."""
    is_within = (deletions.c.deleted_utc >= span[0]) & (deletions.c.deleted_utc < span[1])
    query = select(deletions.c.ground, func.count()).where(is_within).group_by(deletions.c.ground)
    with database.read() as connection:
        return Counter({(ground.replace("_", " "),): count for ground, count in connection.execute(query)})


def _may_be_within(span: Span) -> ColumnElement[bool]:
    is_within = (reads.c.last_seen_utc >= span[0]) & (reads.c.last_seen_utc < span[1])
    return is_within | reads.c.last_seen_utc_source.not_in(_TRUSTED) | reads.c.last_seen_utc.is_(None)


def _hit_query(numbers: tuple[int, int], span: Span) -> Select[Any]:
    columns = (
        hits.c.hit_id,
        hits.c.generation_source,
        hits.c.reason,
        hits.c.match_kind,
        *(reads.c[name] for name in ("read_id", "camera_id", "plate", "slot_votes", "corrected_by")),
        *(reads.c[name] for name in ("left_px", "right_px", "speed_mps", "lat_deg", "lon_deg")),
        *_SEEN,
    )
    joined = hits.join(reads, reads.c.read_id == hits.c.read_id)
    query = (
        select(*columns)
        .select_from(joined)
        .where(hits.c.seq.between(*numbers), hits.c.covert == 0, _may_be_within(span))
    )
    return query.order_by(hits.c.seq)


def _numbers_of_answers(connection: Connection, hit_ids: Sequence[str]) -> dict[str, int]:
    query = select(dispositions.c.disposition_id, dispositions.c.seq).where(dispositions.c.hit_id.in_(hit_ids))
    return {row.disposition_id: row.seq for row in connection.execute(query)}


def _hit_of(row: RowMapping, state: HitState, numbers: dict[str, int]) -> ReportedHit:
    return ReportedHit(
        read_id=row["read_id"],
        camera_id=row["camera_id"],
        text=_text_of(row),
        is_corrected_text=row["corrected_by"] is not None,
        width_px=row["right_px"] - row["left_px"],
        speed_mps=row["speed_mps"],
        place=None if row["lat_deg"] is None else (row["lat_deg"], row["lon_deg"]),
        seen=instant_of(row, "last_seen"),
        source=row["generation_source"],
        reason=Reason(row["reason"]),
        kind=MatchKind(row["match_kind"]),
        state=state,
        answer_number=0 if state.read is None else numbers[state.read.disposition_id],
    )


def _text_of(row: RowMapping) -> str:
    votes = tuple(tuple((text, share) for text, share in slot) for slot in row["slot_votes"])
    return text_as_read(row["plate"], votes)
