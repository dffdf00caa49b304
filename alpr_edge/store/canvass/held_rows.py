"""Reads what is held for a canvass: some thousand rows a statement, so that no reading transaction is held for long."""

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping, select

from alpr_edge.domain.canvass.candidates import partial_fits
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import CanvassRead, HeldRead
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.domain.reads import Alternative, PlateRead
from alpr_edge.domain.timeline import Timeline
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of, read_of
from alpr_edge.store.db.schema import held_reads, reads
from alpr_edge.store.reads import queries

RESULT_READS_MAX = 20_000
"""Most reads of one result; what is held beyond them stays held."""
SLICE_ROWS = 2000
"""Rows of one reading transaction."""
READS_AT_ONCE = 200
_COLUMNS = (
    *(reads.c.read_id, reads.c.plate, reads.c.confidence, reads.c.alternatives, reads.c.lat_deg, reads.c.lon_deg),
    *(column for column in reads.c if column.name.startswith("last_seen_")),
)


def held_reads_of(database: Database, canvass: Canvass) -> list[HeldRead]:
    """The reads that are held for a canvass, by time, those of an unknown time last.

    At most :data:`RESULT_READS_MAX`, those that came to be held first.
    """
    partials, timelines = PatternSet(canvass.partials), dict[str, Timeline]()
    found: list[HeldRead] = []
    for rows in _slices(database, canvass.canvass_id):
        missing = {row["last_seen_boot_id"] for row in rows} - timelines.keys()
        timelines |= clock_pairs.timelines(database, missing)
        found += [_held_read(row, timelines[row["last_seen_boot_id"]], partials) for row in rows]
    found.sort(key=_order)
    return found


def canvass_reads(database: Database, canvass: Canvass, held: Sequence[HeldRead]) -> Iterator[CanvassRead]:
    """All that a table tells of some reads of a canvass, in their order; one that was deleted meanwhile is left out."""
    partials = PatternSet(canvass.partials)
    for start in range(0, len(held), READS_AT_ONCE):
        read_ids = [each.read_id for each in held[start : start + READS_AT_ONCE]]
        with database.read() as connection:
            rows = connection.execute(select(reads).where(reads.c.read_id.in_(read_ids))).mappings().all()
            pictures, corrections = queries.evidence_of(connection, read_ids), queries.corrections(connection, read_ids)
        timelines = clock_pairs.timelines(database, {row["last_seen_boot_id"] for row in rows})
        by_id = {row["read_id"]: read_of(row, pictures.get(row["read_id"], ())) for row in rows}
        for read in (by_id[read_id] for read_id in read_ids if read_id in by_id):
            timeline = timelines[read.last_seen.boot_id]
            yield _canvass_read(canvass, read, timeline, corrections.get(read.read_id), partials)


def _slices(database: Database, canvass_id: str) -> Iterator[Sequence[RowMapping]]:
    """What orders the reads of a canvass, in the order in which they came to be held."""
    last, left = 0, RESULT_READS_MAX
    held = select(held_reads.c.seq.label("held_seq"), *_COLUMNS).join(reads, reads.c.read_id == held_reads.c.read_id)
    held = held.where(held_reads.c.hold_id == canvass_id).order_by(held_reads.c.seq)
    while left > 0:
        with database.read() as connection:
            query = held.where(held_reads.c.seq > last).limit(min(SLICE_ROWS, left))
            rows = connection.execute(query).mappings().all()
        if not rows:
            return
        last, left = rows[-1]["held_seq"], left - len(rows)
        yield rows


def _held_read(row: RowMapping, timeline: Timeline, partials: PatternSet) -> HeldRead:
    alternatives = tuple(Alternative(plate, confidence) for plate, confidence in row["alternatives"])
    fits = partial_fits(row["plate"], row["confidence"], alternatives, partials)
    return HeldRead(
        read_id=row["read_id"],
        seen=timeline.place(instant_of(row, "last_seen")).utc,
        place=None if row["lat_deg"] is None else (row["lat_deg"], row["lon_deg"]),
        partials=tuple(fit.partial for fit in fits),
    )


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


def _order(read: HeldRead) -> tuple[bool, float]:
    return read.seen is None, 0.0 if read.seen is None else read.seen.timestamp()
