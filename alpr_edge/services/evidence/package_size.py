"""Estimates how much room a package takes before anything of it is written: rather too much than too little.

Pictures are counted by the bytes that are stored. The rest was measured on packages of 20, 200 and 2,000 reads of
rendered drives, with hits and without, with scenes and without; each constant says what was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.store.access_log.case_records import RecordVolume
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import dispositions, evidence, hits, images, outbox

READ_BYTES = 6_500
"""A read besides its pictures: record, provenance, part of a page, lines of manifest and zip. Found: 4,500 to 5,200."""
HIT_BYTES = 4_000
"""A hit with its alert and withdrawal besides what its list says of it. Found: 3,100 with an alert."""
ANSWER_BYTES = 2_500
"""An answer of an officer, or a corrected time. Found: 1,700."""
RECORD_BYTES, RECORD_COPIES = 4_000, 2.5
"""A record of the access log with its proof, and how often its own bytes are there: as a file, and in the proof in base
64. Found: 2,900 besides those."""
CANVASS_BYTES, CANVASS_READ_BYTES = 40_000, 1_800
"""A canvass, and a read in it: rows of CSV file and page, its dot on two maps. Found: 15,000, and 700 to 1,500."""
PACKAGE_BYTES = 100_000
"""What every package takes: start page, keys, models, manifests. Found: 25,000 with one read."""
REDACTED_RATIO = 2.1
"""How much larger a redacted scene may be than the scene: it is encoded anew with quality 90. Found over 53 scenes,
rendered and real, of 640 and 1,280 pixels: 2.02 at most where they are stored with quality 30, the least that the
settings allow, and 1.45 with 70, their default."""
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PackageParts:
    """What goes into a package."""

    read_ids: Sequence[str]
    with_scenes: bool
    is_redacted: bool
    records: RecordVolume
    """Of the access log."""
    canvasses: int
    canvass_reads: int
    """Rows of all their tables."""


def package_bytes(database: Database, parts: PackageParts) -> int:
    """The most that a package takes on a medium."""
    total = PACKAGE_BYTES + CANVASS_BYTES * parts.canvasses + CANVASS_READ_BYTES * parts.canvass_reads
    total += RECORD_BYTES * parts.records.count + round(RECORD_COPIES * parts.records.byte_count)
    scene_ratio = 0.0 if not parts.with_scenes else REDACTED_RATIO if parts.is_redacted else 1.0
    for start in range(0, len(parts.read_ids), _IDS_AT_ONCE):
        read_ids = parts.read_ids[start : start + _IDS_AT_ONCE]
        with database.read() as connection:
            scene_bytes, other_bytes = _picture_bytes(connection, read_ids)
            total += READ_BYTES * len(read_ids) + other_bytes + round(scene_bytes * scene_ratio)
            total += _bytes_of_hits(connection, read_ids) + ANSWER_BYTES * _time_count(connection, read_ids)
    return total


def _picture_bytes(connection: Connection, read_ids: Sequence[str]) -> tuple[int, int]:
    """Bytes of scenes, and of other pictures."""
    query = (
        select(evidence.c.kind, func.sum(images.c.length))
        .join(images, images.c.sha256 == evidence.c.sha256)
        .where(evidence.c.read_id.in_(read_ids))
        .group_by(evidence.c.kind)
    )
    sums = {kind: int(length) for kind, length in connection.execute(query)}
    scenes = sums.pop(EvidenceKind.SCENE.value, 0)
    return scenes, sum(sums.values())


def _bytes_of_hits(connection: Connection, read_ids: Sequence[str]) -> int:
    """Bytes of the hits of reads and of what was said of them; what lists say is there as a file and on a page."""
    of_reads = select(hits.c.hit_id).where(hits.c.read_id.in_(read_ids))
    count = connection.scalar(select(func.count()).select_from(hits).where(hits.c.read_id.in_(read_ids))) or 0
    answers = connection.scalar(select(func.count()).where(dispositions.c.hit_id.in_(of_reads))) or 0
    sent = connection.scalar(select(func.sum(outbox.c.length)).where(outbox.c.item_id.in_(of_reads))) or 0
    return HIT_BYTES * count + ANSWER_BYTES * answers + 2 * int(sent)


def _time_count(connection: Connection, read_ids: Sequence[str]) -> int:
    """How many corrected times of reads were sent."""
    item_ids = [time_item_id(read_id, sure=sure) for read_id in read_ids for sure in (True, False)]
    return connection.scalar(select(func.count()).where(outbox.c.item_id.in_(item_ids))) or 0
