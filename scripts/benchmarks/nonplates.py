"""What is no plate: how often the reader invents one there, on boxes taken for plates, doubtful ones, and anywhere."""

import numpy as np

from alpr_edge.app.factories import open_models, open_plate_check
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame, Reading
from alpr_edge.domain.recognition.voting import Vote, vote
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import Recogniser, crop_of
from scripts.benchmarks.figures import share
from scripts.benchmarks.sets import Opener

SEED = 4622
RANDOM_BOXES = 5
"""Boxes anywhere in each photo."""
LOW_CONFIDENCE = 0.1
"""Also what the detector is hardly sure of: more mistakes to look at."""


def print_invented(vision: VisionSettings, openers: list[Opener]) -> None:
    """Share of boxes with no plate inside that are read as one, and that are read as one with certainty."""
    _, reader = open_models(vision)
    low, _ = open_models(vision.model_copy(update={"detection_confidence_min": LOW_CONFIDENCE}))
    recogniser = Recogniser(low, reader, open_plate_check(vision), CloseLook.of(low))
    votes: dict[str, list[Vote]] = {"false_boxes": [], "doubtful_boxes": [], "random_boxes": []}
    for index, opener in enumerate(openers):
        frame = opener().frame
        readings = recogniser.read_frame(frame)
        sure = [one for one in readings if one.detection_confidence >= vision.detection_confidence_min]
        accepted_boxes = [one.box for one in sure if one.is_accepted]
        doubtful = [one.box for one in low.detect_pixels(frame.pixels) if one.box not in accepted_boxes]
        anywhere = _anywhere(frame, np.random.default_rng((SEED, index)))
        for name, boxes in zip(votes, (accepted_boxes, doubtful, anywhere), strict=True):
            votes[name] += _read(reader, [crop_of(frame, box) for box in boxes])
    for name, group in votes.items():
        share(f"accuracy.negatives.read_of_{name}", sum(invention.readable for invention in group), len(group))
        share(f"accuracy.negatives.certain_of_{name}", sum(found.certain for found in group), len(group))


def _read(reader: OnnxReader, crops: list[Crop]) -> list[Vote]:
    if not crops:
        return []
    at, slots = Instant("photo", 0), reader.read(crops)
    return [vote([Reading(0, at, crop.box, 1.0, row, 1.0)]) for crop, row in zip(crops, slots, strict=True)]


def _anywhere(frame: Frame, rng: np.random.Generator) -> list[Box]:
    """Boxes of a plate's shape and size."""
    boxes = []
    for _ in range(RANDOM_BOXES):
        width = min(float(np.exp(rng.uniform(np.log(25), np.log(250)))), frame.width_px - 1.0)
        height = min(width / rng.uniform(1.7, 5.0), frame.height_px - 1.0)
        left, top = rng.uniform(0, frame.width_px - width), rng.uniform(0, frame.height_px - height)
        boxes.append(Box(left, top, left + width, top + height))
    return boxes
