"""The files that a replay writes to its folder, readable by its owner alone: they hold plates."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import cv2

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.reads import Evidence, PlateRead, ReadStage, ReadUpdate
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
    """Writes the reads, hits and stills of a replay once the store has committed them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary = Summary()
        self._reads = _open_text(folder / "reads.jsonl")
        self._hits = _open_text(folder / "hits.jsonl")
        self._stills = folder / "stills"
        self._stills.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        self._evidence: dict[str, Evidence] = {}
        self._hit_lines: dict[str, dict[str, Any]] = {}
        """Lines of ``hits.jsonl`` by hit; written anew at the end if an alert changed after its line was written."""
        self._is_amended = False
        self._hit_reads: set[str] = set()
        """Open reads with a hit that is not covert."""

    def observe(self, batch: Sequence[ReadUpdate]) -> None:
        """Write the lines and stills of a committed batch."""
        for update in batch:
            if update.evidence is not None and update.stage is not ReadStage.CLOSED:
                self._evidence[update.read.read_id] = update.evidence
            self._write_hits(update)
            if update.stage is ReadStage.CLOSED:
                self._write_read(update)

    def close(self) -> Path:
        """Write the summary; returns its path."""
        self._reads.close()
        self._hits.close()
        if self._is_amended:
            with _open_text(self.folder / "hits.jsonl") as file:
                file.writelines(json.dumps(line) + "\n" for line in self._hit_lines.values())
        path = self.folder / "summary.json"
        with _open_text(path) as file:
            file.write(json.dumps(asdict(self.summary), indent=2) + "\n")
        return path

    def _write_hits(self, update: ReadUpdate) -> None:
        """Write the lines of new hits. A covert hit is for the department alone: it leaves no trace here."""
        records = {record.alert.hit_id: record for record in update.alerts}
        for hit in update.hits:
            if hit.entry.covert:
                continue
            line, before = hit_line(hit, update.read), self._hit_lines.get(hit.hit_id)
            if before is not None:
                before |= {name: line[name] for name in ("plate", "plate_canonical", "match_kind", "state_match")}
                self._is_amended = True
                continue
            self.summary.hits += 1
            self._hit_reads.add(hit.read_id)
            record = records.pop(hit.hit_id, None)
            self._hit_lines[hit.hit_id] = line | ({} if record is None else self._alert_values(record))
            self._hits.write(json.dumps(self._hit_lines[hit.hit_id]) + "\n")
        for hit_id, record in records.items():
            self._hit_lines.get(hit_id, {}).update(self._alert_values(record))
            self._is_amended = True

    def _alert_values(self, record: AlertRecord) -> dict[str, Any]:
        """Return what a line of ``hits.jsonl`` says of an alert, and count its tone."""
        alert = record.alert if record.late_tone is None else record.late_tone.alert
        tones = (record.sounded_at is not None) + (record.late_tone is not None)
        self.summary.alerts += tones - self._hit_lines.get(alert.hit_id, {}).get("tones", 0)
        return {
            "level": alert.level.name.lower(),
            "tone": alert.tone,
            "phrase": alert.phrase,
            "sounded": tones > 0,
            "tones": tones,
            "silence": record.silence,
            "withdrawn": record.withdrawn_at is not None,
        }

    def _write_read(self, update: ReadUpdate) -> None:
        read = update.read
        self.summary.reads += 1
        self._reads.write(json.dumps(read_line(read)) + "\n")
        before = self._evidence.pop(read.read_id, None)
        # Of the sharpest look perhaps only the crop is left: then the decision has the scene, and the box in it.
        evidence = update.evidence if update.evidence is not None and update.evidence.scene.size else before
        if evidence is not None and evidence.scene.size and self.summary.reads <= STILLS_MAX:
            still = annotate(evidence.scene, read, is_hit=read.read_id in self._hit_reads)
            path = self._stills / f"{self.summary.reads:04d}.jpg"
            with os.fdopen(_open_private(path), "wb") as file:
                file.write(jpeg(still, 85))
        self._hit_reads.discard(read.read_id)


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
        "earlier_texts": [asdict(one) for one in read.earlier_texts],
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
