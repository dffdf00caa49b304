"""Live cameras: what is dropped, and how long it takes from capture to the tone's first sample."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.frames import LiveCamera, encode
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.unit import AT_ONCE, UnitRun, bench_settings, run_unit

FPS = 10.0
DRIFT = 0.003
"""How much faster each further camera runs: cameras are not in step, so that every phase between them comes up."""
THREE = ("front", "left", "right")
CORES = 2
"""Cores of the computer that three cameras are planned for."""
ROUNDS = 2
"""How often three cameras go over the frames: at 200 frames a phase goes round in 33 s."""


def print_tone(vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    """One camera: capture to tone.

    Raises:
        ModelError: no plate was read, so no tone could be timed.
    """
    run = _run(vision, frames, THREE[:1], len(frames), choice)
    _print_latency("path.capture_to_tone.median", run, 50)
    _print_latency("path.capture_to_tone.p99", run, 99)


def print_three(vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    """Three cameras on two cores: frames given and not recognised, and capture to tone.

    Raises:
        ModelError: no plate was read, so no tone could be timed.
    """
    with on_cores(CORES) as cores:
        run = _run(vision, frames, THREE, ROUNDS * len(frames), choice)
    given = len(THREE) * ROUNDS * len(frames)
    figure("path.three_cameras_dropped", given - run.frames, "frames", of=given, fps=FPS, cores=cores)
    _print_latency("path.three_cameras_tone_p99_ms", run, 99, cores=cores)


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


def _run(
    vision: VisionSettings, frames: Sequence[Frame], camera_ids: Sequence[str], count: int, choice: Int8Choice
) -> UnitRun:
    """Each camera goes over the frames from another one on."""
    settings = bench_settings(vision, AT_ONCE)
    jpegs = [encode(frame.pixels) for frame in frames]
    cameras: dict[str, Callable[[], Iterator[Frame]]] = {}
    for place, camera_id in enumerate(camera_ids):
        first = place * len(jpegs) // len(camera_ids)
        cameras[camera_id] = LiveCamera(camera_id, jpegs, FPS * (1 + place * DRIFT), count, first).frames
    run = run_unit(settings, open_vision_models(vision, choice.data), cameras, live=True)
    if not run.latencies_ms:
        raise ModelError("no plate was read in these frames, so no tone could be timed; give it more --frames")
    return run


def _print_latency(name: str, run: UnitRun, percentile: float, cores: int | None = None) -> None:
    latencies = run.latencies_ms
    figure(
        name,
        float(np.percentile(latencies, percentile)),
        "ms",
        of=len(latencies),
        longest=round(max(latencies), 4),
        cores=cores,
    )
