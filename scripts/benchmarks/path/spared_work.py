"""What it saves not to look at what shows nothing new: the processor's time of a live unit, with it and without."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alpr_edge.app.factories import open_vision_models
from alpr_edge.capture.opencv import read_only
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.frames import CAMERA_ID, LiveCamera, encode
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.unit import UnitRun, bench_settings, run_unit

FPS = 10.0
NOISE = 2.0
"""Standard deviation of the noise that a sensor adds to each picture of a standing scene, of 255."""
SEED = 462


def every_look(vision: VisionSettings) -> VisionSettings:
    """The settings with which nothing is skipped."""
    return vision.model_copy(update={"skip_unneeded": False})


def print_skipping(vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    """Processor time in parts of what it takes to look at everything, while driving and while standing."""
    _print("path.with_skipping", vision, frames, choice)
    _print("path.with_skipping.standing", vision, _standing(frames), choice)


def _print(name: str, vision: VisionSettings, frames: Sequence[Frame], choice: Int8Choice) -> None:
    jpegs = [encode(frame.pixels) for frame in frames]
    runs = [_run(one, jpegs, choice) for one in (vision, every_look(vision))]
    skipping, looking = runs
    figure(
        name,
        skipping.processor_ms_a_frame / looking.processor_ms_a_frame,
        "ratio",
        of=len(frames),
        fps=FPS,
        processor_ms_a_frame=[round(run.processor_ms_a_frame, 2) for run in runs],
        frames=[run.frames for run in runs],
        tones=[len(run.latencies_ms) for run in runs],
    )


def _run(vision: VisionSettings, jpegs: Sequence[bytes], choice: Int8Choice) -> UnitRun:
    camera = LiveCamera(CAMERA_ID, jpegs, FPS, len(jpegs))
    models = open_vision_models(vision, choice.data)
    return run_unit(bench_settings(vision), models, {CAMERA_ID: camera.frames}, live=True)


def _standing(frames: Sequence[Frame]) -> list[Frame]:
    """As many pictures of the first scene as there are frames, each with other noise."""
    random, scene = np.random.default_rng(SEED), frames[0].pixels.astype(np.float32)
    return [replace(frame, pixels=read_only(_with_noise(scene, random))) for frame in frames]


def _with_noise(scene: NDArray[np.float32], random: np.random.Generator) -> Pixels:
    noise = random.normal(0, NOISE, scene.shape)
    return np.asarray(np.clip(scene + noise, 0, 255), np.uint8)
