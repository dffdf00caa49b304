"""Makes the records of imported reads, in the form of those of units; what no unit said of them is empty."""

import hashlib
from collections.abc import Mapping
from typing import Literal

from alpr_edge.department.db.schema import reads
from alpr_edge.department.ingest.records import ItemRecord
from alpr_edge.department.interchange.import_rows import ImportedRead
from alpr_edge.domain.ground.cells import cell_of
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import (
    EvidencePayload,
    InstantPayload,
    ItemKind,
    PositionPayload,
    ReadPayload,
    digest,
    encode,
)

ORIGIN = "imported"
"""Stands for the source of a time and of a place that another system gave."""

Pictures = Mapping[Literal["crop", "scene"], bytes]
"""JPEG files by kind."""


def id_of(read: ImportedRead, unit_id: str) -> str:
    """The id of a read: the same for the same plate, moment and place of the same source."""
    parts = (read.vendor_id, canonical(read.plate), rfc3339(read.seen), read.camera, str(read.place))
    return f"{unit_id}:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:40]}"


def read_record(read: ImportedRead, read_id: str, source: str, unit_id: str, pictures: Pictures) -> ItemRecord:
    payload = _payload(read, read_id, source, unit_id, pictures)
    body = encode(payload)
    row = {
        "read_id": read_id,
        "unit_id": unit_id,
        "camera_id": read.camera,
        "plate": canonical(read.plate),
        "state": read.state,
        "confidence": read.confidence,
        "vote_count": 0,
        "first_seen": rfc3339(read.seen),
        "last_seen": rfc3339(read.seen),
        "utc_source": ORIGIN,
        "lat_deg": None if read.place is None else read.place[0],
        "lon_deg": None if read.place is None else read.place[1],
        "supersedes": None,
        "corrected_by": None,
        "seen_at": read.seen.replace(tzinfo=None),
        "cell": None if read.place is None else cell_of(*read.place),
        "origin": source,
    }
    named = tuple(dict.fromkeys(each.sha256 for each in payload.evidence))
    return ItemRecord(read_id, ItemKind.READ, body, digest(body), reads, row, pictures=named)


def picture_records(pictures: Mapping[str, Pictures]) -> list[ItemRecord]:
    """The records of the pictures of reads, each once."""
    by_digest = {digest(body): body for some in pictures.values() for body in some.values()}
    return [ItemRecord(sha256, ItemKind.IMAGE, body, sha256) for sha256, body in by_digest.items()]


def _payload(read: ImportedRead, read_id: str, source: str, unit_id: str, pictures: Pictures) -> ReadPayload:
    seen = InstantPayload(
        boot_id=ORIGIN,
        boottime_ns=0,
        utc=rfc3339(read.seen),
        utc_source=ORIGIN,
        uncertainty_ms=read.uncertainty_ms,
    )
    place = None
    if read.place is not None:
        lat_deg, lon_deg = read.place
        place = PositionPayload(lat_deg=lat_deg, lon_deg=lon_deg, age_ms=0.0, hdop=None, source=ORIGIN)
    evidence = [EvidencePayload(kind=kind, sha256=digest(body), length=len(body)) for kind, body in pictures.items()]
    return ReadPayload(
        read_id=read_id,
        unit_id=unit_id,
        camera_id=read.camera,
        plate=read.plate,
        confidence=read.confidence,
        alternatives=[],
        vote_count=0,
        state=read.state,
        first_seen=seen,
        last_seen=seen,
        first_frame=0,
        last_frame=0,
        box_px=(0.0, 0.0, 0.0, 0.0),
        position=place,
        evidence=evidence,
        model_ids=[f"imported from {source}"],
        supersedes=None,
    )
