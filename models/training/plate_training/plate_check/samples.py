"""Boxes that a detector gives in pictures with known plates: each with its numbers, and whether it is a plate."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Detection, Frame, Reading
from alpr_edge.simulation.plates.designs import BUILT_IN_DESIGNS, LETTERS, PlateDesign
from alpr_edge.simulation.plates.renderer import designs_from_facts, render_plate
from alpr_edge.vision.plate_check import FEATURES, Features, picture_features, text_features
from alpr_edge.vision.recogniser import Recogniser
from plate_training.data.pictures import FACTS, TRAINING_RIDE, kept_frames, negative_paths
from plate_training.rendering.plate_source import draw_text_and_design
from scripts.benchmarks import sets
from scripts.benchmarks.kept_plates import mount_plate
from scripts.benchmarks.looks import IOU_FOUND, IOU_MIN, is_ignored
from scripts.benchmarks.road.pictures import AMERICAN, SCALE_PX, road_photos
from scripts.benchmarks.sets import Opener

LEAST_SCORE = 0.2
"""Boxes that the detector is less sure of are left out: the unit looks at none below 0.3."""
RENDERED, RENDERED_WIDTH_PX = 240, (60.0, 300.0)
"""Rendered plates on photos without one, and their least and greatest width in a frame."""
WORD_SHARE, WORD_LENGTHS = 0.5, (3, 8)
"""Share of rendered plates with letters alone, and how many: real pictures have next to none, and a check that knows
lettering by its want of digits takes a plate with a word for none."""
SEED = 77


@dataclass(frozen=True, slots=True, eq=False)
class PhotoBoxes:
    """The boxes of one picture."""

    features: NDArray[np.float32]
    """float32 [boxes, features]."""
    overlaps: NDArray[np.float32]
    """float32 [boxes]: intersection over union with the nearest true plate."""
    ignored: NDArray[np.bool_]
    """bool [boxes]: on a place that may be a plate and is not labelled."""
    scores: NDArray[np.float32]
    found_by: tuple[int | None, ...]
    """For each true plate the box that finds it; None: no box does."""
    widths_px: tuple[float, ...]
    """For each true plate its width in a picture whose longest side has 960 px."""
    is_kept: bool
    """Whether it is kept for validation."""
    is_american: bool

    @property
    def labels(self) -> NDArray[np.int8]:
        """int8 [boxes]: 1 a plate, 0 none, -1 neither."""
        plates = self.overlaps >= IOU_FOUND
        others = (self.overlaps < IOU_MIN) & ~self.ignored
        return np.where(plates, 1, np.where(others, 0, -1)).astype(np.int8)

    @property
    def false_boxes(self) -> NDArray[np.bool_]:
        """Bool [boxes]: on no plate and on no place that may be one."""
        return self.labels == 0


def plate_check_samples(recogniser: Recogniser, data: Path, rendered: int = RENDERED) -> list[PhotoBoxes]:
    """The boxes of all road photos, of the training ride, of photos without a plate, and of rendered plates on these.

    Args:
        recogniser: the detector, from :data:`LEAST_SCORE` on, and the reader.
        data: the folder of the real pictures.
        rendered: how many plates are rendered.
    """
    pictures = [*_road(data), *_ride(data), *_negatives(data), *_rendered(data, rendered)]
    return [_boxes_of(recogniser, picture) for picture in track(pictures, "pictures", transient=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    opener: Opener
    ignored: Sequence[Box]
    longest_px: int
    is_kept: bool
    is_american: bool = False


def _road(data: Path) -> Iterator[_Picture]:
    for photo in road_photos(data):
        yield _Picture(photo.opener, photo.ignored_boxes, photo.longest_px, photo.is_kept, photo.region == AMERICAN)


def _ride(data: Path) -> Iterator[_Picture]:
    openers = sets.ride_by_image(data, TRAINING_RIDE)
    kept = kept_frames(openers)
    for image, opener in openers.items():
        yield _Picture(opener, (), 0, image in kept)


def _negatives(data: Path) -> Iterator[_Picture]:
    for is_kept in (False, True):
        for path in negative_paths(data, validation=is_kept):
            yield _Picture(sets.photo(path), (), 0, is_kept)


def _rendered(data: Path, count: int) -> Iterator[_Picture]:
    paths, facts = negative_paths(data, validation=False), data / FACTS
    designs = designs_from_facts(facts) if facts.is_file() else BUILT_IN_DESIGNS
    for index in range(count):
        yield _Picture(partial(_render, paths[index % len(paths)], designs, index), (), 0, is_kept=False)


def _render(photo: Path, designs: tuple[PlateDesign, ...], index: int) -> sets.Scene:
    rng = np.random.default_rng((SEED, index))
    text, design = draw_text_and_design(designs, rng)
    if rng.random() < WORD_SHARE:
        text = "".join(rng.choice(list(LETTERS), int(rng.integers(*WORD_LENGTHS))))
    plate = render_plate(text, design, rng).pixels
    return mount_plate(photo, plate, "", rng, flat=False, width_px=float(rng.uniform(*RENDERED_WIDTH_PX)))


def _boxes_of(recogniser: Recogniser, picture: _Picture) -> PhotoBoxes:
    scene = picture.opener()
    readings = [one for one in recogniser.read_frame(scene.frame) if one.detection_confidence >= LEAST_SCORE]
    rows = [_features_of(scene.frame, one) for one in readings]
    truths = [truth.box for truth in scene.truths]
    longest = picture.longest_px or max(scene.frame.width_px, scene.frame.height_px)
    return PhotoBoxes(
        features=np.array(rows, np.float32).reshape(-1, FEATURES),
        overlaps=_floats(max((box.iou(one.box) for box in truths), default=0.0) for one in readings),
        ignored=np.array([is_ignored(one.box, picture.ignored) for one in readings], np.bool_),
        scores=_floats(one.detection_confidence for one in readings),
        found_by=tuple(_finder(box, [one.box for one in readings]) for box in truths),
        widths_px=tuple(box.width_px * SCALE_PX / longest for box in truths),
        is_kept=picture.is_kept,
        is_american=picture.is_american,
    )


def _features_of(frame: Frame, reading: Reading) -> Features:
    detection = Detection(reading.box, reading.detection_confidence)
    text = text_features(reading.slot_probabilities[np.newaxis])[0]
    return np.concatenate([text, picture_features(frame, detection, reading.sharpness)])


def _finder(truth: Box, boxes: Sequence[Box]) -> int | None:
    best = max(range(len(boxes)), key=lambda index: truth.iou(boxes[index]), default=None)
    return best if best is not None and truth.iou(boxes[best]) >= IOU_FOUND else None


def _floats(values: Iterable[float]) -> NDArray[np.float32]:
    return np.array(list(values), np.float32)
