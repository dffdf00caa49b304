"""A folder of pictures for a unit's camera: real frames with rendered plates on them, one plate after another.

Each plate is in view for a few pictures and then gone for so long that it is another pass when it comes again, and that
the tone of one is over before the next begins.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.domain.recognition.voting import vote
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, random_serial, render_plate
from alpr_edge.vision.recogniser import Recogniser
from scripts.benchmarks.path.frames import CAMERA_ID, START, decode, encode

PLATES = 12
IN_VIEW, BETWEEN = 4, 11
"""Pictures with a plate, and without: at ten a second a plate every 1.5 s, longer than the longest tone of a hit."""
SEED = 462
HEIGHT_PX = 90
PLATE_IOU_MIN = 0.5


def write_traffic(folder: Path, frames: Sequence[Frame], recogniser: Recogniser) -> list[str]:
    """Write the pictures in name order; returns the texts that are read of the rendered plates.

    Raises:
        ModelError: none of them is read.
    """
    random = np.random.default_rng(SEED)
    texts: set[str] = set()
    for place in range(PLATES):
        serial = random_serial(BUILT_IN_DESIGNS[0], random)
        plate = render_plate(serial, BUILT_IN_DESIGNS[0], random, HEIGHT_PX).pixels
        for step in range(IN_VIEW + BETWEEN):
            number = place * (IN_VIEW + BETWEEN) + step
            background = frames[number % len(frames)].pixels
            pixels, box = _with_plate(background, plate)
            jpeg = encode(pixels if step < IN_VIEW else background)
            (folder / f"{number:05}.jpg").write_bytes(jpeg)
            if step < IN_VIEW:
                texts |= _texts(recogniser, Frame(CAMERA_ID, number, START, decode(jpeg)), box)
    if not texts:
        raise ModelError("none of the rendered plates is read, so no tone can be timed")
    return sorted(texts)


def _with_plate(background: Pixels, plate: Pixels) -> tuple[Pixels, Box]:
    """The background with the plate in its lower middle, and where it is."""
    height, width = plate.shape[:2]
    left, top = (background.shape[1] - width) // 2, background.shape[0] * 2 // 3
    pixels = background.copy()
    pixels[top : top + height, left : left + width] = plate
    return pixels, Box(left, top, left + width, top + height)


def _texts(recogniser: Recogniser, frame: Frame, box: Box) -> set[str]:
    readings = [reading for reading in recogniser.recognise(frame) if reading.box.iou(box) >= PLATE_IOU_MIN]
    return {text for reading in readings if (text := vote([reading]).plate)}
