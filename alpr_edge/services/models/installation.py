"""Adds a detector and a reader that were made elsewhere: checks and tries both, and copies them to the unit.

Accepted are the files of open-image-models (float32 [1, 3, H, W], RGB / 255, rows of 7) and fast-plate-ocr (uint8
[N, H, W, C] with its plate configuration), and our own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Pixels
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.runtime.durable_files import give_to_owner_of
from alpr_edge.settings import Settings
from alpr_edge.settings.base import is_name
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, render_plate
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.addition import Addition, candidate, install, read_bounded, require_free
from alpr_edge.vision.model_files.folders import ADDED_MODELS, model_folders
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.plate_config import BYTES_MAX, PlateConfig, parse_plate_config
from alpr_edge.vision.reader import OnnxReader

LICENCE = "unknown: see its source"
TRIAL_TEXT = "8ABC123"
TRIAL_SEED = 7
TRIAL_PLATE = Box(540, 310, 740, 410)
"""Box of the plate in the trial frame of 1280x720."""
IOU_FOUND = 0.5
SUM_ERROR_MAX = 0.02
"""How far the sum of a slot's probabilities may be from 1: models with weights in 16 or 8 bits need it."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The model files to add."""

    detector: Path
    reader: Path
    config: Path
    name: str | None
    """Name of both models; None: each has its file's name without the ending."""


@dataclass(frozen=True, slots=True)
class AddedModels:
    """The models that were added, and the result of the trial."""

    detector: str
    reader: str
    folder: Path
    plate_found: bool
    """Whether the rendered plate was found at IoU 0.5; models need not know such plates, so this refuses none."""
    text_right: bool


def add_models(files: ModelFiles, settings: Settings, today: date) -> AddedModels:
    """Check both models, try them and add them to the unit's models."""
    data = settings.unit.data_directory
    if not data.is_dir():
        raise ModelError(f"{data}: no data folder there; is this the unit, and --settings its file?")
    folders = model_folders(settings.vision, data)
    names = _name(files, files.detector), _name(files, files.reader)
    require_free(folders, "detector", names[0])
    require_free(folders, "reader", names[1])
    content = read_bounded(files.config, BYTES_MAX)
    config = parse_plate_config(content, files.config)
    facts = {"licence": LICENCE, "added": today.isoformat()}
    detector = candidate(files.detector, "detector", names[0], {"kind": "plate detector"} | facts)
    reader = candidate(files.reader, "reader", names[1], _reader_facts(config, names[1]) | facts)
    frame = _trial_frame()
    with _naming(files.detector):
        plate_found, sizes = _try_detector(detector, frame)
    with _naming(files.reader):
        right = _try_reader(reader, config, frame)
    folder = data / ADDED_MODELS
    paths = install(folder, [Addition(replace(detector, entry=detector.entry | sizes)), Addition(reader, content)])
    for path in (folder, *paths):
        give_to_owner_of(data, path)
    return AddedModels(names[0], names[1], folder, plate_found, right)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file in the error that is raised inside."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _name(files: ModelFiles, path: Path) -> str:
    name = files.name or path.stem
    if not is_name(name):
        raise ModelError(f"{name!r} is no name for a model: letters, digits, dots, dashes, at most 64; give --name")
    return name


def _sizes(input_shape: tuple[int, int, int]) -> dict[str, str | int]:
    return dict(zip(("input_height", "input_width", "channels"), input_shape, strict=True))


def _reader_facts(config: PlateConfig, name: str) -> dict[str, str | int]:
    return _sizes(config.input_shape) | {
        "kind": "slot reader",
        "slots": config.max_plate_slots,
        "alphabet": config.alphabet,
        "pad_char": config.pad_char,
        "interpolation": config.interpolation,
        "plate_config": f"reader-{name}.yaml",
    }


def _trial_frame() -> Pixels:
    """A frame with a plate seen straight on, on grey."""
    frame = np.full((720, 1280, 3), 96, np.uint8)
    left, top, right, bottom = TRIAL_PLATE.within(1280, 720)
    design, height_px = BUILT_IN_DESIGNS[0], bottom - top
    plate = render_plate(TRIAL_TEXT, design, np.random.default_rng(TRIAL_SEED), height_px).pixels
    frame[top:bottom, left:right] = plate[:, : right - left]
    return frame


def _try_detector(model: ModelFile, frame: Pixels) -> tuple[bool, dict[str, str | int]]:
    """Whether the detector found the plate, and the sizes of its input."""
    detector = OnnxDetector(model, 0.0, 1)
    rows = detector.infer(detector.prepare(frame)[0])
    if not np.isfinite(rows).all() or ((rows[:, 6] < 0) | (rows[:, 6] > 1)).any():
        raise ModelError(f"{model.model_id}: rows are not batch, x1, y1, x2, y2, class, score from 0 to 1")
    best = detector.detect_pixels(frame)[:1]
    return any(item.box.iou(TRIAL_PLATE) >= IOU_FOUND for item in best), _sizes(detector.input_shape)


def _try_reader(model: ModelFile, config: PlateConfig, frame: Pixels) -> bool:
    reader = OnnxReader(model, 1)
    if reader.input_shape != config.input_shape:
        raise ModelError(f"{model.model_id}: takes {reader.input_shape}, its configuration says {config.input_shape}")
    left, top, right, bottom = TRIAL_PLATE.within(1280, 720)
    # Two, since a model fixed at one a batch would fail on the first frame with two cars.
    slots = reader.read([Crop(0, TRIAL_PLATE, frame[top:bottom, left:right])] * 2)
    if slots.shape[1] != config.max_plate_slots:
        raise ModelError(f"{model.model_id}: {slots.shape[1]} slots, its configuration says {config.max_plate_slots}")
    if not ((slots >= 0).all() and np.abs(slots.sum(axis=2) - 1).max() <= SUM_ERROR_MAX):
        raise ModelError(f"{model.model_id}: output is not a probability for each character of each slot")
    return text_of(slots[0]) == canonical(TRIAL_TEXT)
