"""The files that a replay writes to its folder, readable by its owner alone: they hold plates."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import cv2

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.reads import Evidence, PlateRead, ReadClosed, ReadDecided, ReadEvent, ReadSettled
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, PRIVATE_FILE
from alpr_edge.vision.jpeg_pictures import jpeg

STILLS_MAX = 2000
"""Most annotated stills of one replay; more would fill a disk unasked."""
_GREEN, _RED = (60, 220, 60), (60, 60, 255)


@dataclass(slots=True)
class Summary:
    """The content of ``summary.json``."""

    frames: int = 0
    frames_dropped: int = 0
    frames_lost: int = 0
    frames_not_collected: dict[str, int] = field(default_factory=dict)
    """Frames that were not looked at, by area and camera."""
    reads: int = 0
    hits: int = 0
    alerts: int = 0
    uploaded: int = 0
    receipts: int = 0
    outbox_left: int = 0
    alerts_wav: str = ""


class DriveFiles:
    """Writes the reads, hits and stills of a replay once the store has committed them.

    Args:
        folder: an existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary = Summary()
        self._reads = _open_text(folder / "reads.jsonl")
        self._hits = _open_text(folder / "hits.jsonl")
        self._stills = folder / "stills"
        self._stills.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        self._evidence: dict[str, Evidence] = {}
        self._hit_reads: set[str] = set()
        self._late_alerts: dict[str, Alert] = {}
        """The alerts that sounded once the lines of their hits were written, by hit."""

    def observe(self, batch: Sequence[ReadEvent]) -> None:
        """Write the lines and stills of a committed batch."""
        for record in batch:
            if isinstance(record, ReadDecided):
                self._write_hits(record)
            elif isinstance(record, ReadSettled):
                self._note_sound(record)
            else:
                self._write_read(record)

    def close(self) -> Path:
        """Write the summary; returns its path."""
        self._reads.close()
        self._hits.close()
        if self._late_alerts:
            self._amend_hits()
        path = self.folder / "summary.json"
        with _open_text(path) as file:
            file.write(json.dumps(asdict(self.summary), indent=2) + "\n")
        return path

    def _write_hits(self, record: ReadDecided) -> None:
        read = record.read
        self._evidence[read.read_id] = record.evidence
        # A covert hit is for the department alone: it leaves no trace here.
        visible_hits = [hit for hit in record.hits if not hit.entry.covert]
        if visible_hits:
            self._hit_reads.add(read.read_id)
        self.summary.hits += len(visible_hits)
        self.summary.alerts += record.sounded_at is not None
        self._note_late_tone(record)
        for hit in visible_hits:
            line = hit_line(hit, read)
            alert = record.alert
            if alert is not None and alert.hit_id == hit.hit_id:
                line |= _alert_values(alert) | {"sounded": record.sounded_at is not None}
            self._hits.write(json.dumps(line) + "\n")

    def _note_sound(self, record: ReadSettled) -> None:
        """Note what sounded as a read became certain."""
        self._note_late_tone(record)
        if record.alert is not None and record.sounded_at is not None:
            self.summary.alerts += 1
            self._late_alerts[record.alert.hit_id] = record.alert

    def _note_late_tone(self, record: ReadDecided | ReadSettled) -> None:
        if record.late_tone is not None:
            self.summary.alerts += 1
            self._late_alerts[record.late_tone.alert.hit_id] = record.late_tone.alert

    def _amend_hits(self) -> None:
        """Write the lines of the hits anew, as some of them sounded, or sounded graver, once they were written."""
        path = self.folder / "hits.jsonl"
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        with _open_text(path) as file:
            for line in lines:
                alert = self._late_alerts.get(line["hit_id"])
                late = {} if alert is None else {**_alert_values(alert), "sounded": True}
                file.write(json.dumps(line | late) + "\n")

    def _write_read(self, record: ReadClosed) -> None:
        read = record.read
        self.summary.reads += 1
        self._reads.write(json.dumps(read_line(read)) + "\n")
        before = self._evidence.pop(read.read_id, None)
        # Of the sharpest look perhaps only the crop is left: then the decision has the scene, and the box in it.
        evidence = record.evidence if record.evidence is not None and record.evidence.scene.size else before
        if evidence is not None and evidence.scene.size and self.summary.reads <= STILLS_MAX:
            still = annotate(evidence.scene, read, is_hit=read.read_id in self._hit_reads)
            path = self._stills / f"{self.summary.reads:04d}.jpg"
            with os.fdopen(_open_private(path), "wb") as file:
                file.write(jpeg(still, 85))
        self._hit_reads.discard(read.read_id)


def _alert_values(alert: Alert) -> dict[str, str]:
    """What a line of ``hits.jsonl`` says of an alert."""
    return {"level": alert.level.name.lower(), "tone": alert.tone, "phrase": alert.phrase}


def _open_private(path: Path) -> int:
    """Open an empty file that only its owner may read; returns its descriptor."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)


def _open_text(path: Path) -> TextIO:
    """Open an empty text file that only its owner may read; each line reaches it when it is written."""
    return os.fdopen(_open_private(path), "w", buffering=1, encoding="utf-8")


def read_line(read: PlateRead) -> dict[str, Any]:
    """A line of ``reads.jsonl``."""
    box = read.box
    return {
        "read_id": read.read_id,
        "plate": read.text,
        "plate_canonical": read.plate,
        "confidence": round(read.confidence, 4),
        "alternatives": [{"plate": a.plate, "confidence": round(a.confidence, 4)} for a in read.alternatives],
        "camera_id": read.camera_id,
        "first_frame": read.first_frame,
        "last_frame": read.last_frame,
        "first_seen": _utc(read.first_seen),
        "last_seen": _utc(read.last_seen),
        "box_px": [round(side, 1) for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)],
        "position": _place(read.position),
        "state": read.state,
        "supersedes": read.supersedes,
        "corrected_by": read.corrected_by,
    }


def hit_line(hit: Hit, read: PlateRead) -> dict[str, Any]:
    """A line of ``hits.jsonl``."""
    entry = hit.entry
    return {
        "hit_id": hit.hit_id,
        "read_id": hit.read_id,
        "plate": read.text,
        "plate_canonical": read.plate,
        "entry_plate": entry.plate_raw,
        "entry_state": entry.state,
        "reason": entry.reason,
        "source": entry.source,
        "vehicle": entry.vehicle,
        "match_kind": hit.kind,
        "state_match": hit.state_match,
        "list_age_s": hit.list_age_s,
        "frame": read.last_frame,
        "seen": _utc(read.last_seen),
        "position": _place(read.position),
    }


def _utc(instant: Instant) -> str | None:
    return None if instant.utc is None else rfc3339(instant.utc)


def _place(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {
        "lat_deg": round(position.lat_deg, 7),
        "lon_deg": round(position.lon_deg, 7),
        "age_ms": round(position.age_ms, 1),
        "hdop": position.hdop,
        "source": position.source,
    }


def annotate(scene: Pixels, read: PlateRead, *, is_hit: bool) -> Pixels:
    """The scene with the plate's box and text drawn into it."""
    picture, colour = scene.copy(), _RED if is_hit else _GREEN
    left, top, right, bottom = read.box.within(scene.shape[1], scene.shape[0])
    label = f"{read.text} {read.confidence:.0%}{' HIT' if is_hit else ''}"
    cv2.rectangle(picture, (left, top), (right, bottom), colour, 2)
    origin = (max(0, left - 10), max(24, top - 10))
    cv2.putText(picture, label, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.putText(picture, label, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, 2, cv2.LINE_AA)
    return picture
