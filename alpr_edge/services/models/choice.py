"""Chooses between the float32 and the int8 file of each network by measuring both on this processor.

Both see the same rendered street (:mod:`alpr_edge.services.models.trial_inputs`) and must agree on it. Timed is the
processor's time for one inference on one thread, which other programs prolong little, both files in turns, so that a
processor that slows down does so for both; the median of each counts. The rule is
:func:`alpr_edge.vision.model_files.choice.judge`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import cycle, islice
from statistics import median
from typing import Any

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.services.models.agreement import Agreement, compare_detectors, compare_readers
from alpr_edge.services.models.trial_inputs import TrialInputs, trial_inputs
from alpr_edge.settings import Settings
from alpr_edge.vision.detector import Network
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
