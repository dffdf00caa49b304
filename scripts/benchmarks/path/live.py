"""Live cameras: what is dropped, and how long it takes from capture to the tone's first sample.

The unit decides as shipped, one read a vehicle, and every plate stands on its list: each read sounds and is stored as a
hit, with the whole picture. That is more than any drive gives a unit to do. Before, each look at each plate was a read
here, twenty hits a second, whose pictures and commits took 11 to 22 ms of the processor's time a frame beside 65 to 69
for all the rest (three rounds in turns): three cameras were timed beside a load that no street has.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.frames import LiveCamera, encode
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.unit import UnitRun, bench_settings, run_unit

FPS = 10.0
DRIFT = 0.003
"""How much faster each further camera runs: cameras are not in step, so that every phase between them comes up."""
THREE = ("front", "left", "right")
CORES = 2
"""Cores of the computer that three cameras are planned for."""
ROUNDS = 4
"""How often a camera goes over the frames: with 200 of them 80 s, in which a phase goes round twice."""


def print_tone(vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    """One camera: capture to tone.

    Raises:
        ModelError: no plate was read, so no tone could be timed.
    """
    run = _run(vision, frames, THREE[:1], choice)
    _print_latency("path.capture_to_tone.median", run.latencies_ms, 50)
    _print_latency("path.capture_to_tone.p99", run.latencies_ms, 99)


def print_three(vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    """Three cameras on two cores: frames given and not recognised, and capture to tone.

    Raises:
        ModelError: no plate was read, so no tone could be timed.
    """
    with on_cores(CORES) as cores:
        run = _run(vision, frames, THREE, choice)
    given, spent_ms = len(THREE) * ROUNDS * len(frames), run.processor_ms_a_frame
    figure(
        "path.three_cameras_dropped",
        given - run.frames,
        "frames",
        of=given,
        fps=FPS,
        cores=cores,
        files=choice.precisions,
        processor_ms_a_frame=round(spent_ms, 2),
        needs_cores=round(len(THREE) * FPS * spent_ms / 1000, 3),
    )
    _print_latency("path.three_cameras_tone_p99_ms", run.latencies_ms, 99, cores=cores)
    _print_latency("path.three_cameras_result_p99_ms", run.results_ms, 99, cores=cores, what="of every frame")


@contextmanager
def on_cores(count: int) -> Iterator[int]:
    """Run this process, with the threads that it starts meanwhile, on so many of its cores; gives how many it has."""
    before = os.sched_getaffinity(0)
    few = set(sorted(before)[:count])
    os.sched_setaffinity(0, few)
    try:
        yield len(few)
    finally:
        os.sched_setaffinity(0, before)


def _run(vision: VisionSettings, frames: Sequence[Frame], camera_ids: Sequence[str], choice: Int8Choice) -> UnitRun:
    """Each camera goes over the frames :data:`ROUNDS` times, from another one on."""
    settings, count = bench_settings(vision), ROUNDS * len(frames)
    jpegs = [encode(frame.pixels) for frame in frames]
    cameras: dict[str, Callable[[], Iterator[Frame]]] = {}
    for place, camera_id in enumerate(camera_ids):
        first = place * len(jpegs) // len(camera_ids)
        cameras[camera_id] = LiveCamera(camera_id, jpegs, FPS * (1 + place * DRIFT), count, first).frames
    run = run_unit(settings, open_vision_models(vision, choice.data), cameras, live=True)
    if not run.latencies_ms:
        raise ModelError("no plate was read in these frames, so no tone could be timed; give it more --frames")
    return run


def _print_latency(name: str, latencies_ms: Sequence[float], percentile: float, **more: Any) -> None:  # noqa: ANN401
    value, longest = float(np.percentile(latencies_ms, percentile)), round(max(latencies_ms), 4)
    figure(name, value, "ms", of=len(latencies_ms), longest=longest, **more)
