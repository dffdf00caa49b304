"""Reads what is held for a canvass: some thousand rows a statement, so that no reading transaction is held for long."""

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping, select

from alpr_edge.domain.canvass.candidates import partial_fits
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.domain.reads import EvidenceRef, PlateRead
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import read_of
from alpr_edge.store.db.schema import held_reads, reads
from alpr_edge.store.reads import queries

RESULT_READS_MAX = 20_000
"""Most reads of one result; what is held beyond them stays held."""
SLICE_ROWS = 500


def canvass_reads(database: Database, canvass: Canvass) -> list[CanvassRead]:
    """The reads that are held for a canvass, by time, those of an unknown time last.

    At most :data:`RESULT_READS_MAX`, those that came to be held first.
    """
    partials, timelines = PatternSet(canvass.partials), dict[str, Timeline]()
    found: list[CanvassRead] = []
    for rows, pictures, corrections in _slices(database, canvass.canvass_id):
        missing = {row["last_seen_boot_id"] for row in rows} - timelines.keys()
        timelines |= clock_pairs.timelines(database, missing)
        for row in rows:
            read = read_of(row, pictures.get(row["read_id"], ()))
            timeline = timelines[read.last_seen.boot_id]
            found.append(_canvass_read(canvass, read, timeline, corrections.get(read.read_id), partials))
    found.sort(key=_order)
    return found


_Slice = tuple[Sequence[RowMapping], dict[str, tuple[EvidenceRef, ...]], dict[str, str]]


def _slices(database: Database, canvass_id: str) -> Iterator[_Slice]:
    """Rows with their pictures and corrections, in the order in which they came to be held."""
    last, left = 0, RESULT_READS_MAX
    held = select(held_reads.c.seq.label("held_seq"), reads).join(reads, reads.c.read_id == held_reads.c.read_id)
    held = held.where(held_reads.c.hold_id == canvass_id).order_by(held_reads.c.seq)
    while left > 0:
        with database.read() as connection:
            query = held.where(held_reads.c.seq > last).limit(min(SLICE_ROWS, left))
            rows = connection.execute(query).mappings().all()
            if not rows:
                return
            read_ids = [row["read_id"] for row in rows]
            found = rows, queries.evidence_of(connection, read_ids), queries.corrections(connection, read_ids)
        last, left = rows[-1]["held_seq"], left - len(rows)
        yield found


def _canvass_read(
    canvass: Canvass, read: PlateRead, timeline: Timeline, corrected_by: str | None, partials: PatternSet
) -> CanvassRead:
    first_seen, last_seen = timeline.place(read.first_seen), timeline.place(read.last_seen)
    placed = last_seen.utc if last_seen.sure else None
    return CanvassRead(
        read_id=read.read_id,
        camera_id=read.camera_id,
        text=read.text,
        state=read.state,
        confidence=read.confidence,
        is_certain=read.certain,
        phase=canvass.phase_of(read.last_seen, placed),
        first_seen=first_seen,
        last_seen=last_seen,
        position=read.position,
        evidence=read.evidence,
        corrected_by_read=corrected_by,
        fits=partial_fits(read.plate, read.confidence, read.alternatives, partials),
    )


def _order(read: CanvassRead) -> tuple[bool, float]:
    utc = read.last_seen.utc
    return utc is None, 0.0 if utc is None else utc.timestamp()
