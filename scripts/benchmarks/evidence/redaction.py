"""How many plates of other vehicles can still be read in redacted scenes of rendered streets, whose truth is known.

A plate counts as readable where our own reader, given its true box, reads its text exactly. Each scene is redacted for
one of its vehicles in turn, once as a hit keeps it and once as small as a plain read does.
``evidence.redacted_readable`` is what is left of the others that could be read before;
``evidence.redacted_own_kept`` is how often the read's own plate was found, and stays; else it is covered as well.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Pixels
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.domain.recognition.vehicle_pass import CROP_MARGIN
from alpr_edge.simulation.drive import Drive
from alpr_edge.vision.detector import Network
from alpr_edge.vision.jpeg_pictures import jpeg, shrink
from alpr_edge.vision.model_files.manifest import find_model, load_model
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.redaction import SceneRedactor
from scripts.benchmarks.figures import share

SEEDS, FRAMES_APART = (1, 2, 3), 6
OWN_PX_MIN = 12
"""A plate narrower than this is no read."""
LONGEST_PX = 1280, 640
QUALITY = 85

Plates = list[tuple[str, Box]]


def run(models: Path) -> None:
    """Measure, and print each figure."""
    networks = [Network(find_model((models,), "detector", name), 1) for name in ("default", "near")]
    redactor, reader = SceneRedactor(networks), OnnxReader(load_model(models, "reader", "default"), 1)
    counts: Counter[str] = Counter()
    for number, (pixels, plates) in enumerate(_streets()):
        for longest_px in LONGEST_PX:
            _count(counts, redactor, reader, shrink(pixels, longest_px), pixels, plates, number % len(plates))
    share("evidence.redacted_readable", counts["after"], counts["before"], plates=counts["others"])
    share("evidence.redacted_own_kept", counts["own"], counts["scenes"], boxes=counts["boxes"])


def _streets() -> Iterator[tuple[Pixels, Plates]]:
    """Frames of drives with more than one plate, with text and box of each."""
    for seed in SEEDS:
        for number, pixels, seen in Drive(seed).frames():
            if number % FRAMES_APART == 0 and len(seen) > 1:
                yield pixels, [(canonical(vehicle.plate), box) for vehicle, box in seen]


def _count(  # noqa: PLR0913, PLR0917 - one look at one scene
    counts: Counter[str],
    redactor: SceneRedactor,
    reader: OnnxReader,
    small: Pixels,
    pixels: Pixels,
    plates: Plates,
    own: int,
) -> None:
    scale, box = small.shape[1] / pixels.shape[1], plates[own][1]
    if box.width_px < OWN_PX_MIN:
        return
    scene = jpeg(small, QUALITY)
    result = redactor.redact(scene, jpeg(_cut(pixels, box.expand(CROP_MARGIN)), QUALITY), box)
    before, after = _decode(scene), _decode(result.jpeg)
    counts.update(scenes=1, own=int(result.keeps_own), boxes=result.covered)
    for place, (text, other) in enumerate(plates):
        if place != own:
            here = Box(*(side * scale for side in (other.left_px, other.top_px, other.right_px, other.bottom_px)))
            counts["others"] += 1
            counts["before"] += _text(reader, before, here) == text
            counts["after"] += _text(reader, after, here) == text


def _text(reader: OnnxReader, pixels: Pixels, box: Box) -> str:
    return canonical(text_of(reader.read([Crop(0, box, _cut(pixels, box))])[0]))


def _cut(pixels: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = box.within(pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]


def _decode(content: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), np.uint8)
