"""Figures of the reader: exact texts, calibration of the confidence, milliseconds."""

import time
from collections.abc import Sequence

import numpy as np

from alpr_edge.domain.plates import CERTAIN_MIN
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import crop_of
from scripts.benchmarks.figures import figure, milliseconds, share
from scripts.benchmarks.looks import Looks
from scripts.benchmarks.sets import Opener

BINS = 10
BATCHES = 1, 4
JITTER, JITTERS, JITTER_SEED = 0.08, 20, 4628
TIMED = 100
UNTIMED = 10
PEERS = {
    "us.exact_true_boxes": {"PP-OCRv4": 0.757, "PP-OCRv6 small": 0.77},
    "us.exact": {"OpenALPR cascade + PP-OCRv4": 0.748, "YOLOv8s-seg platedet + PP-OCRv4": 0.680},
}
"""Measured by others on all 222 US photos, of which half are here."""


def print_exact(name: str, looks: Looks) -> None:
    """Texts read exactly: end to end, and in the true box."""
    plates = looks.of_truths
    key = f"{name}.exact"
    share(f"accuracy.{key}", sum(look.exact for look in plates), len(plates), PEERS.get(key))
    key = f"{name}.exact_true_boxes"
    share(f"accuracy.{key}", sum(look.exact_true_box for look in plates), len(plates), PEERS.get(key))


def print_exact_of_found(name: str, looks: Looks) -> None:
    """Texts read exactly, of the plates that were found at IoU 0.5."""
    share(f"accuracy.{name}.exact_of_found", sum(look.exact for look in looks.found_looks), len(looks.found_looks))


def print_kept(name: str, looks: Looks) -> None:
    """Of plates read exactly in the true box and found: how many are read exactly in the found box.

    The photos have no character boxes. This stands in for tightness there: what a box cuts off or takes in too much
    shows as texts lost. It is a measure of both models together.
    """
    right = [look for look in looks.of_truths if look.exact_true_box and look.reading is not None]
    share(f"accuracy.{name}.exact_kept_in_found_box", sum(look.exact for look in right), len(right))


def print_confidence(name: str, looks: Looks) -> None:
    """How far ``confidence`` can be believed; end to end, plates that were found at all."""
    reads = [(look.read.confidence, look.exact) for look in looks.of_truths if look.read is not None]
    figure(f"accuracy.{name}.calibration_error", calibration_error(reads), "share", of=len(reads), bins=BINS)
    certain = [look.exact for look in looks.of_truths if look.read is not None and look.read.certain]
    share(f"accuracy.{name}.exact_of_certain", sum(certain), len(certain), confidence_min=CERTAIN_MIN)
    share(f"accuracy.{name}.certain_of_all", len(certain), len(looks.of_truths), confidence_min=CERTAIN_MIN)


def print_jittered(name: str, reader: OnnxReader, openers: Sequence[Opener], exact: int) -> None:
    """Texts read exactly when every side of the true box is off by up to :data:`JITTER` of it, :data:`JITTERS` times.

    Args:
        name: the name of the set.
        reader: the reader.
        openers: the set.
        exact: plates of it read exactly in the true box.
    """
    right, plates = 0, 0
    for index, opener in enumerate(openers):
        scene, rng = opener(), np.random.default_rng((JITTER_SEED, index))
        for truth in scene.truths:
            crops = [crop_of(scene.frame, _jitter(truth.box, rng)) for _ in range(JITTERS)]
            right += sum(text_of(slots) == truth.plate for slots in reader.read(crops))
            plates += 1
    loss = exact / max(1, plates) - right / max(1, plates * JITTERS)
    share(f"accuracy.{name}.exact_jittered", right, plates * JITTERS, lost_to_true_boxes=round(loss, 4))


def _jitter(box: Box, rng: np.random.Generator) -> Box:
    off = rng.uniform(-JITTER, JITTER, 4) * (box.width_px, box.height_px, box.width_px, box.height_px)
    sides = (box.left_px, box.top_px, box.right_px, box.bottom_px)
    return Box(*(side + float(by) for side, by in zip(sides, off, strict=True)))


def calibration_error(reads: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error of (confidence, right) over ten equal bins (Guo et al., ICML 2017)."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in reads:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    gaps = (abs(sum(confidence - right for confidence, right in row)) for row in bins)
    return sum(gaps) / max(1, len(reads))


def print_milliseconds(reader: OnnxReader, openers: Sequence[Opener], threads: int) -> None:
    """Milliseconds a plate, resizing included, for batches of one and of four."""
    crops = [crop_of(scene.frame, scene.truths[0].box) for scene in (opener() for opener in openers)]
    for batch in BATCHES:
        times = [_ms_a_plate(reader, crops, start, batch) for start in range(UNTIMED + TIMED)]
        whole = round(float(np.median(times[UNTIMED:])) * batch, 4)
        milliseconds(f"accuracy.reader.plate_in_batch_of_{batch}", times[UNTIMED:], threads=threads, batch_ms=whole)


def _ms_a_plate(reader: OnnxReader, crops: Sequence[Crop], start: int, batch: int) -> float:
    batch_crops = [crops[(start * batch + i) % len(crops)] for i in range(batch)]
    began = time.perf_counter()
    reader.read(batch_crops)
    return (time.perf_counter() - began) * 1000 / batch
