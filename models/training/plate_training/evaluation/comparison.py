"""Two models at work on the same sets, as the unit runs them, and the paired counts of what each got right."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
from rich.progress import track

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.addition import candidate
from alpr_edge.vision.model_files.manifest import ModelFile, Role, find_near, load_model
from alpr_edge.vision.plate_check import open_check
from alpr_edge.vision.reader import OnnxReader
from plate_training.contract import Picture, canonical, text_of
from plate_training.data.pictures import REPOSITORY, data_folder, negative_paths, reader_crops
from scripts.benchmarks import sets
from scripts.benchmarks.looks import Looker, Looks, PlateLook, pool
from scripts.benchmarks.paired_comparison import Paired
from scripts.benchmarks.rendered_scenes import Drawing, benchmark_scenes, scenes
from scripts.benchmarks.sets import PHOTOS, RIDES, Opener

MODELS = REPOSITORY / "models"
SEED = 29
"""Seed of the rendered plates on validation photos; the benchmark has another."""
SOUGHT_RIDES = RIDES[1:]
"""Rides that training did not see: all but the first."""


@dataclass(frozen=True, slots=True)
class Against:
    """Two models to compare.

    Args:
        role: the role of the model that differs; the other is the released default.
        models: A and B, each an ONNX file or a name in the manifest.
        confidence_min: the least confidence of A's and of B's detections.
        threads: the threads of one inference.
    """

    role: Role
    models: tuple[str, str]
    confidence_min: tuple[float, float]
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, by which both models are compared."""

    figure: str
    pairs: Paired

    def as_json(self) -> str:
        """The row as one JSON line."""
        counts = self.pairs
        figures = {"of": counts.total, "a": round(counts.shares[0], 4), "b": round(counts.shares[1], 4)}
        figures |= {"both": counts.both, "only_a": counts.only_a, "only_b": counts.only_b, "neither": counts.neither}
        rest = {"difference": round(counts.difference, 4), "newcombe95": counts.interval, "mcnemar_p": counts.p}
        return json.dumps({"figure": self.figure, **figures, **rest})


def open_model(role: Role, name: str) -> ModelFile:
    """The manifest's model of that name; a file is run as the unit would run it in place of the default.

    So it has the keys of the default's entry: how crops are shrunk, how sure the reader is taken to be, and the
    networks that stand beside a detector.
    """
    path = Path(name)
    if path.suffix != ".onnx":
        return load_model(MODELS, role, name)
    return replace(candidate(path, role, path.name, {}), entry=load_model(MODELS, role, "default").entry)


def open_detector(name: str, confidence_min: float, threads: int) -> OnnxDetector:
    """A detector by file or name, without the one for near plates."""
    return OnnxDetector(open_model("detector", name), confidence_min, threads)


def compare(against: Against, on: str, scene_count: int) -> list[Row]:
    """A row for each figure of each set."""
    cv2.setNumThreads(1)
    lookers = [_looker(against, side) for side in (0, 1)]
    data = data_folder()
    if on == "benchmark":
        photo_sets = {name: sets.photos(data, name) for name in PHOTOS}
        both = {name: _looks(lookers, name, openers) for name, openers in photo_sets.items()}
        looks = {**both, "photos": tuple(pool(parts) for parts in zip(*both.values(), strict=True))}
        others = {"small": sets.small(data), "rendered": benchmark_scenes(data)}
        others |= {f"dashcam.{name}": sets.ride(data, name) for name in SOUGHT_RIDES}
    else:
        looks, others = {}, {"validation": scenes(data, _drawing(data), scene_count)}
    looks |= {name: _looks(lookers, name, openers) for name, openers in others.items()}
    rows = [row for name, (a, b) in looks.items() for row in _rows(against.role, name, a, b)]
    if against.role == "detector":
        empty = (
            sets.negatives(data)
            if on == "benchmark"
            else [sets.photo(path) for path in negative_paths(data, validation=True)]
        )
        return [*rows, Row("negatives.without_a_false_box", _quiet(lookers, empty))]
    return rows if on == "benchmark" else rows + _crops(against, data)


def _drawing(data: Path) -> Drawing:
    return Drawing(negative_paths(data, validation=True), seed=SEED)


def _looker(against: Against, side: int) -> Looker:
    names = {"detector": "default", "reader": "default", against.role: against.models[side]}
    file = open_model("detector", names["detector"])
    detector = OnnxDetector(file, against.confidence_min[side], against.threads, find_near([MODELS], file))
    check = open_check(VisionSettings(), [MODELS], file)
    return Looker(detector, OnnxReader(open_model("reader", names["reader"]), against.threads), check)


def _looks(lookers: Sequence[Looker], name: str, openers: Sequence[Opener]) -> tuple[Looks, ...]:
    """Each scene is opened once and looked at by both."""
    parts: list[list[Looks]] = [[] for _ in lookers]
    for opener in track(openers, name, disable=not sys.stdout.isatty(), transient=True):
        scene = opener()
        for part, looker in zip(parts, lookers, strict=True):
            part.append(looker.look_at(scene, opener))
    return tuple(pool(part) for part in parts)


def _rows(role: Role, name: str, a: Looks, b: Looks) -> list[Row]:
    """Found for detectors; exact in the true box for readers; exact end to end for both, where texts are known."""

    def row(figure: str, ask: Callable[[PlateLook], bool]) -> Row:
        return Row(f"{name}.{figure}", Paired.of(*([ask(look) for look in looks.of_truths] for looks in (a, b))))

    rows = [row("recall_iou50", lambda look: look.is_found)] if role == "detector" else []
    if not all(look.truth.plate for look in a.of_truths):
        return rows
    if role == "reader":
        rows.append(row("exact_true_boxes", lambda look: look.exact_true_box))
    return [*rows, row("exact", lambda look: look.exact)]


def _quiet(lookers: Sequence[Looker], openers: Sequence[Opener]) -> Paired:
    """The photos without a plate in which each model finds none."""
    looks = [[looker.look_at(scene, opener) for looker in lookers] for opener in openers for scene in [opener()]]
    return Paired.of(*([not pair[side].false for pair in looks] for side in (0, 1)))


def _crops(against: Against, data: Path) -> list[Row]:
    """Real crops kept for validation."""
    readers = [OnnxReader(open_model("reader", name), against.threads) for name in against.models]
    rows = []
    for region, crops in reader_crops(data, validation=True).items():
        right = [[canonical(_read(reader, crop.plate)) == crop.canonical for crop in crops] for reader in readers]
        rows.append(Row(f"validation_crops.{region}.exact", Paired.of(*right)))
    return rows


def _read(reader: OnnxReader, picture: Picture) -> str:
    height, width = picture.shape[:2]
    return text_of(reader.read([Crop(0, Box(0, 0, width, height), picture)])[0].argmax(axis=1))
