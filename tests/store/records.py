"""Reads, hits and alerts of tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from alpr_edge.domain.alerting import Alert, AlertRecord, LateTone, Level, ListAge, Tone
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.reads import Alternative, EvidenceKind, PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention.deletion_dates import note_department_date

START = datetime(2026, 5, 4, 12, 30, 0, 123456, tzinfo=UTC)
CROP, SCENE = EvidenceKind.CROP, EvidenceKind.SCENE
Images = tuple[tuple[EvidenceKind, bytes], ...]
"""The pictures of an update as JPEGs."""


def instant(milliseconds: float = 0.0) -> Instant:
    return Instant("boot-1", 5_000_000_000, START, UtcSource.GNSS, 12.5).shift(milliseconds)


def plate_read(read_id: str = "read-1", plate: str = "7ABC123", supersedes: str | None = None) -> PlateRead:
    return PlateRead(
        read_id=read_id,
        unit_id="unit-1",
        camera_id="front",
        plate=plate,
        confidence=0.93,
        alternatives=(Alternative("7ABC128", 0.04),),
        slot_votes=((("7", 0.99),), (("A", 0.97), ("4", 0.02))),
        vote_count=8,
        first_seen=instant(),
        last_seen=instant(400),
        first_frame=10,
        last_frame=22,
        box=Box(10.5, 20.25, 110.0, 50.0),
        position=Position(37.64, -120.99, 140.0, 0.9, "gnss", 12.5, 271.0),
        model_ids=("detector@1", "reader@1"),
        state="CA",
        supersedes=supersedes,
    )


def hit(hit_id: str = "hit-1", read_id: str = "read-1", plate: str = "7ABC123") -> Hit:
    entry = HotlistEntry(
        source="doj-svs",
        plate=plate,
        plate_raw=plate,
        state="CA",
        reason=Reason.STOLEN_VEHICLE,
        record_id="r1",
        vehicle="2009 YAMA CYL BLK",
        remarks="approach, with care",
        effective=START,
    )
    generation = Generation("doj-svs", 3, START, START, 72)
    return Hit(hit_id, read_id, entry, generation, 3600.0, MatchKind.EXACT, StateMatch.SAME, instant(400))


def alert(hit_id: str = "hit-1", read_id: str = "read-1") -> Alert:
    return Alert(hit_id, read_id, Level.HIGH, Tone.HIGH, "stolen vehicle; verify through CLETS", ListAge.FRESH)


def heard(hit_id: str = "hit-1", read_id: str = "read-1") -> AlertRecord:
    """An alert that sounded."""
    return AlertRecord(alert(hit_id, read_id), instant(450))


def withdrawn(record: AlertRecord, milliseconds: float = 900) -> AlertRecord:
    """An alert that was taken back."""
    return replace(record, withdrawn_at=instant(milliseconds))


def late_tone(hit_id: str = "hit-1", read_id: str = "read-1") -> LateTone:
    """The tone of an alert that had stayed quiet."""
    return LateTone(alert(hit_id, read_id), instant(900))


def disposition(number: int = 1, **changes: object) -> Disposition:
    """What an officer says of a hit."""
    text = DispositionText(reason="the terminal was down", number="12-A", name="Desk of Fresno PD")
    about = (f"unit-1:{number}", "hit-1", DispositionPart.READ, "correct", text, "")
    made = Disposition(*about, "ana", "Ana Ruiz", "2f1c", instant(number))
    return replace(made, **changes)  # type: ignore[arg-type] # any field


def bear_out(database: Database, now: Instant) -> None:
    """Let a date delete: this boot's pairs and the department agree on it."""
    assert now.utc is not None
    for before_ms in (60_000.0, 0.0):
        clock_pairs.record(database, now.shift(-before_ms))
    note_department_date(database, DepartmentDate(now.utc, now))


def decided(
    read: PlateRead,
    hits: Sequence[Hit] = (),
    alerts: Sequence[AlertRecord] = (),
    images: Images = (),
    *,
    at: Instant | None = None,
    missing_evidence: str = "",
    stage: ReadStage = ReadStage.DECIDED,
) -> ReadUpdate:
    """The decision of a read at an instant, by itself when it was last seen."""
    return ReadUpdate(
        stage, read, at or read.last_seen, None, images, missing_evidence, tuple(hits), tuple(alerts), bool(hits)
    )


def amended(
    read: PlateRead,
    hits: Sequence[Hit] = (),
    alerts: Sequence[AlertRecord] = (),
    images: Images = (),
    *,
    at: Instant | None = None,
) -> ReadUpdate:
    """More that is known of a read."""
    return decided(read, hits, alerts, images, at=at, stage=ReadStage.AMENDED)


def closed(
    read: PlateRead,
    images: Images = (),
    hits: Sequence[Hit] = (),
    alerts: Sequence[AlertRecord] = (),
    *,
    at: Instant | None = None,
) -> ReadUpdate:
    """The end of a read's pass."""
    return decided(read, hits, alerts, images, at=at, stage=ReadStage.CLOSED)


def decided_record(read_id: str = "read-1", *, jpeg: bytes = b"") -> ReadUpdate:
    """A read with its own two pictures and no hit."""
    pictures = ((CROP, b"crop of " + read_id.encode() + jpeg), (SCENE, b"scene of " + read_id.encode() + jpeg))
    return decided(plate_read(read_id), images=pictures)
