"""Accuracy on whole photos: for each truth the one box of highest IoU from 0.3 up, its text compared.

Every other box counts: as a duplicate when it lies on a truth that another box has, else as false. Texts are compared
in canonical form (O is 0).
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from alpr_edge.app.doors import open_models
from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.boxes import Box
from alpr_edge.domain.frames import Frame, Reading
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.voting import vote
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import Recogniser, crop_of
from scripts.benchmarks.figures import figure, share

SETS = ("us", "eu", "br")
IOU_MIN = 0.3
NEGATIVES = 300
"""The last of the photos without a plate, which training leaves out."""
PEERS = {
    "us.recall_iou50": {"OpenALPR cascade": 0.991, "YOLOv8s-seg platedet": 0.950},
    "us.exact_true_boxes": {"PP-OCRv4": 0.757, "PP-OCRv6 small": 0.77},
    "us.exact": {"OpenALPR cascade + PP-OCRv4": 0.748, "YOLOv8s-seg platedet + PP-OCRv4": 0.680},
}
"""Measured by others on all 222 US photos, of which half are here."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A labelled plate of a photo."""

    box: Box
    plate: str


@dataclass(slots=True)
class Tally:
    """What a set came to."""

    plates: int = 0
    photos: int = 0
    found: dict[float, int] = field(default_factory=lambda: {0.3: 0, 0.5: 0, 0.7: 0})
    exact: int = 0
    exact_true_boxes: int = 0
    false: int = 0
    duplicates: int = 0


def run(data: Path, models: Path) -> None:
    """Print every figure."""
    detector, reader = open_models(VisionSettings(models_directory=models))
    recogniser = Recogniser(detector, reader)
    for name in SETS:
        _print(name, _measure(data / "benchmark" / name, recogniser, reader))
    photos = sorted((data / "negatives").glob("*.jpg"))[-NEGATIVES:]
    false = sum(len(recogniser.recognise(_frame(path))) for path in photos)
    figure("accuracy.negatives.false_boxes", false / max(1, len(photos)), "boxes/photo", of=len(photos))
    for ride in ("dayride_type1_001", "dayride_type1_002", "nightride_type3_001"):
        _dashcam(data / "dashcam", ride, recogniser)


def _measure(folder: Path, recogniser: Recogniser, reader: OnnxReader) -> Tally:
    tally = Tally()
    for path, truths in _truths(folder).items():
        frame = _frame(path)
        readings = recogniser.recognise(frame)
        _count(tally, truths, readings)
        slots = reader.read([crop_of(frame, truth.box) for truth in truths])
        looks = [Reading(0, frame.captured, truth.box, 1.0, row, 1.0) for truth, row in zip(truths, slots, strict=True)]
        tally.exact_true_boxes += sum(
            vote([look]).plate == truth.plate for look, truth in zip(looks, truths, strict=True)
        )
    return tally


def _count(tally: Tally, truths: list[Truth], readings: list[Reading]) -> None:
    tally.photos += 1
    tally.plates += len(truths)
    taken: set[int] = set()
    for truth in truths:
        overlaps = [(truth.box.iou(reading.box), i) for i, reading in enumerate(readings) if i not in taken]
        best, index = max(overlaps, default=(0.0, -1))
        if best < IOU_MIN:
            continue
        taken.add(index)
        for level in tally.found:
            tally.found[level] += best >= level
        tally.exact += vote([readings[index]]).plate == truth.plate
    for index, reading in enumerate(readings):
        if index not in taken:
            on_truth = any(truth.box.iou(reading.box) >= IOU_MIN for truth in truths)
            tally.duplicates += on_truth
            tally.false += not on_truth


def _print(name: str, tally: Tally) -> None:
    for level, count in tally.found.items():
        key = f"{name}.recall_iou{level * 100:.0f}"
        share(f"accuracy.{key}", count, tally.plates, PEERS.get(key))
    share(f"accuracy.{name}.exact", tally.exact, tally.plates, PEERS.get(f"{name}.exact"))
    key = f"{name}.exact_true_boxes"
    share(f"accuracy.{key}", tally.exact_true_boxes, tally.plates, PEERS.get(key))
    figure(f"accuracy.{name}.false_boxes", tally.false / tally.photos, "boxes/photo", of=tally.photos)
    figure(f"accuracy.{name}.duplicates", tally.duplicates / tally.photos, "boxes/photo", of=tally.photos)


def _dashcam(folder: Path, ride: str, recogniser: Recogniser) -> None:
    """Recall and false boxes on the frames of a ride; no text is known."""
    boxes: dict[str, list[Truth]] = {}
    for row in _rows(folder / "boxes.csv"):
        if row["ride"] == ride:
            sides = (float(row[f"{side}_px"]) for side in ("left", "top", "right", "bottom"))
            boxes.setdefault(row["image"], []).append(Truth(Box(*sides), ""))
    tally = Tally()
    for image, truths in boxes.items():
        _count(tally, truths, recogniser.recognise(_frame(folder / image)))
    share(f"accuracy.dashcam.{ride}.recall_iou50", tally.found[0.5], tally.plates)
    share(f"accuracy.dashcam.{ride}.recall_iou30", tally.found[0.3], tally.plates)
    figure(f"accuracy.dashcam.{ride}.false_boxes", tally.false / max(1, tally.photos), "boxes/frame", of=tally.photos)


def _truths(folder: Path) -> dict[Path, list[Truth]]:
    found: dict[Path, list[Truth]] = {}
    for row in _rows(folder / "truth.csv"):
        left, top = float(row["left_px"]), float(row["top_px"])
        box = Box(left, top, left + float(row["width_px"]), top + float(row["height_px"]))
        found.setdefault(folder / row["image"], []).append(Truth(box, canonical(row["plate"])))
    return found


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _frame(path: Path) -> Frame:
    return Frame("photo", 0, Instant("photo", 0), load_picture(path))
