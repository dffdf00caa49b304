"""Chooses between the float32 and the int8 file of each network by measuring both on this processor.

Both see the same rendered street (:mod:`alpr_edge.services.models.choice`) and must agree on it. Timed is the
processor's time for one inference on one thread, which other programs prolong little, both files in turns, so that a
processor that slows down does so for both; the median of each counts. The rule is
:func:`alpr_edge.vision.model_files.choice.judge`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle, islice
from statistics import median
from typing import Any

import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame, Pixels
from alpr_edge.domain.recognition.slot_texts import text_confidence_of, text_of
from alpr_edge.settings import Settings
from alpr_edge.simulation.drive import Drive
from alpr_edge.vision.detector import Network, Picture
from alpr_edge.vision.model_files.choice import (
    FileTiming,
    ModelChoice,
    Part,
    PartChoice,
    judge,
    model_parts,
    present_conditions,
    write_choice,
)
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import ModelFile, find_model, has_int8
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import PLATE_PX_MIN, crop_of
from alpr_edge.vision.sessions import Array

SEED = 16
FPS, SECONDS = 1.5, 26.0
"""One scene of the simulated street: 39 frames with plates parked, oncoming, ahead and overtaking.

The same pixels on every computer but for the last bits of floating point; both files see the same ones anyway.
"""


@dataclass(slots=True, eq=False)
class TrialInputs:
    """Prepared inputs of the networks; frames are not kept, as they would fill a small computer's memory."""

    detector: list[Array] = field(default_factory=list)
    near: list[Array] = field(default_factory=list)
    reader: list[Pixels] = field(default_factory=list)
    """Batches of one crop each."""

    def of(self, part: Part) -> Sequence[Pixels]:
        """The inputs of one network."""
        return {"detector": self.detector, "near": self.near, "reader": self.reader}[part]


def trial_inputs(
    detector: Network, near: Network | None, reader: OnnxReader, tell: Callable[[int, int], None] = lambda *_: None
) -> TrialInputs:
    """Render the drive and prepare it for the networks; crops are those of the true boxes."""
    inputs, drive = TrialInputs(), Drive(SEED, SECONDS, FPS)
    for number, pixels, plates in drive.frames():
        picture = Picture(pixels)
        inputs.detector.append(detector.prepare(picture)[0])
        if near is not None:
            inputs.near.append(near.prepare(picture)[0])
        frame = Frame("drive", number, Instant("drive", 0), pixels)
        crops = [crop_of(frame, box) for _, box in plates if box.height_px >= PLATE_PX_MIN]
        inputs.reader += [reader.prepare([crop.pixels]) for crop in crops if _is_whole(crop)]
        tell(number + 1, drive.length)
    return inputs


def _is_whole(crop: Crop) -> bool:
    """Whether the plate lies inside the picture, so that there is something to read."""
    return bool(np.all(crop.pixels.shape[:2]))


# Whether two files of one network find or read the same on a set of inputs.
#
# Compared is what one of the two is **sure** of: a box from :data:`SURE_SCORE` up, a text from :data:`SURE_TEXT` up.
# The other must then have a box there from :data:`ACCEPTED_SCORE` up that overlaps with :data:`IOU_SAME`, or the same
# text. What neither is sure of is not compared: a score beside the threshold falls to either side of it by chance.

SURE_SCORE, ACCEPTED_SCORE = 0.5, 0.25
"""Score of a box that the other file must have as well, and from which on it has it."""
IOU_SAME = 0.8
"""Overlap from which on two boxes are the same. Of 200 boxes on the rendered street the released detector's
overlap float32's so in all of them, those of ``wide`` in 0.99; those of a detector with every layer in 8 bits, which
saturates with AVX2, in 0.85. At 0.5 that would be 0.99: what is large and clear is still found, while a fifth of real
plates is lost."""
SURE_TEXT = 0.8
"""Probability of the whole text from which on the other file must read the same."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many plates were compared, and on how many both files agreed; a plate that both are sure of counts twice."""

    compared: int
    same: int


def compare_detectors(one: Network, other: Network, tensors: Sequence[Array]) -> Agreement:
    """Compare two detection networks over prepared frames, each against the other."""
    compared = same = 0
    for tensor in tensors:
        rows, other_rows = one.infer(tensor), other.infer(tensor)
        for sure, accepted in ((rows, other_rows), (other_rows, rows)):
            boxes, others = _boxes(sure, SURE_SCORE), _boxes(accepted, ACCEPTED_SCORE)
            compared += len(boxes)
            same += sum(any(box.iou(candidate) >= IOU_SAME for candidate in others) for box in boxes)
    return Agreement(compared, same)


def compare_readers(one: OnnxReader, other: OnnxReader, batches: Sequence[Pixels]) -> Agreement:
    """Compare two readers over prepared batches."""
    compared = same = 0
    for batch in batches:
        for slots, other_slots in zip(one.infer(batch), other.infer(batch), strict=True):
            is_same = text_of(slots) == text_of(other_slots)
            sure_count = sum(text_confidence_of(either) >= SURE_TEXT for either in (slots, other_slots))
            compared += sure_count
            same += sure_count * is_same
    return Agreement(compared, same)


def _boxes(rows: Array, score_min: float) -> list[Box]:
    return [Box(*map(float, row[1:5])) for row in rows if row[6] >= score_min]


ROUNDS_MIN, ROUNDS_MAX, TIMING_S = 20, 100, 1.5
"""Inferences of each file: at least and at most so many, and no more once so many seconds have passed."""
WARM_UP = 2

Tell = Callable[[str, int, int | None], None]
"""Receives what is worked on, how much of it is done, and how much there is."""
Run = Callable[[Any], object]
"""One inference."""


def choose_models(settings: Settings, now: datetime, tell: Tell = lambda *_: None) -> ModelChoice:
    """Measure both files of each network of the settings, and write what to run into the unit's data folder."""
    data = settings.unit.data_directory
    if not data.is_dir():
        raise ModelError(f"{data}: no data folder there; is this the unit, and --settings its file?")
    folders = model_folders(settings.vision, data)
    parts = model_parts(folders, settings.vision.detector, settings.vision.reader)
    int8 = {
        part: find_model(folders, model.role, model.name, "int8") for part, model in parts.items() if has_int8(model)
    }
    if not int8:
        raise ModelError(f"{folders[0]}: none of the models set has an int8 file; there is nothing to choose")
    choice = ModelChoice(made=rfc3339(now), conditions=present_conditions(), parts=_measure(parts, int8, tell))
    write_choice(data, choice)
    return choice


def _measure(parts: Mapping[Part, ModelFile], int8: Mapping[Part, ModelFile], tell: Tell) -> list[PartChoice]:
    """What each network's files took and whether they agree."""
    networks = {part: Network(model, 1) for part, model in parts.items() if part != "reader"}
    reader = OnnxReader(parts["reader"], 1)
    inputs = trial_inputs(
        networks["detector"], networks.get("near"), reader, lambda done, total: tell("draw a street", done, total)
    )
    choices = []
    for number, (part, model) in enumerate(parts.items()):
        tell(f"measure {part}", number, len(parts))
        choices.append(_measure_part(part, model, int8.get(part), inputs))
    return choices


def _measure_part(part: Part, model: ModelFile, int8: ModelFile | None, inputs: TrialInputs) -> PartChoice:
    runs, agreement = (_reader_trial if part == "reader" else _detector_trial)(model, int8, inputs.of(part))
    times_ms = time_in_turns(runs, inputs.of(part))
    float32_timing = FileTiming(sha256=model.sha256, ms=times_ms[0])
    int8_timing = None if int8 is None else FileTiming(sha256=int8.sha256, ms=times_ms[1])
    taken, why = judge(float32_timing, int8_timing, agreement.compared, agreement.same)
    return PartChoice(
        part=part,
        name=model.name,
        float32=float32_timing,
        int8=int8_timing,
        compared=agreement.compared,
        same=agreement.same,
        taken=taken,
        why=why,
    )


def _detector_trial(model: ModelFile, int8: ModelFile | None, tensors: Sequence[Any]) -> tuple[list[Run], Agreement]:
    """The inferences of a detector's files, and whether they agree."""
    one = Network(model, 1)
    if int8 is None:
        return [one.infer], Agreement(0, 0)
    other = Network(int8, 1)
    return [one.infer, other.infer], compare_detectors(one, other, tensors)


def _reader_trial(model: ModelFile, int8: ModelFile | None, batches: Sequence[Any]) -> tuple[list[Run], Agreement]:
    """The inferences of a reader's files, and whether they agree."""
    one = OnnxReader(model, 1)
    if int8 is None:
        return [one.infer], Agreement(0, 0)
    other = OnnxReader(int8, 1)
    return [one.infer, other.infer], compare_readers(one, other, batches)


def time_in_turns(runs: Sequence[Run], inputs: Sequence[Any]) -> list[float]:
    """Median milliseconds of this thread for each of some inferences, one after the other over every input."""
    times_ms: list[list[float]] = [[] for _ in runs]
    for value in islice(cycle(inputs), WARM_UP):
        for run in runs:
            run(value)
    began_s = time.perf_counter()
    for count, value in enumerate(islice(cycle(inputs), ROUNDS_MAX)):
        if count >= ROUNDS_MIN and time.perf_counter() - began_s > TIMING_S:
            break
        for run, times in zip(runs, times_ms, strict=True):
            start_s = time.thread_time()
            run(value)
            times.append((time.thread_time() - start_s) * 1000)
    return [round(median(times), 3) for times in times_ms]
