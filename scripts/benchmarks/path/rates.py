"""Frames a second of the path against other ways over the same frames, in turns in one process, as ratios."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import cv2

from alpr_edge.capture.opencv import read_only
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure
from scripts.benchmarks.path.contenders import (
    Contender,
    Run,
    detector_alone,
    fast_alpr_predict,
    models_with_threads,
    prepared_tensors,
    whole_path,
)
from scripts.benchmarks.path.frames import repeat
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.machine import usable_cores

TRIAL_SHARE = 4
"""What part of the frames the number of threads is chosen by: a fourth, the fastest of three runs each."""
TRIAL_RUNS = 3
EMPTY = 20
"""Most different frames that the frames without plates are made of."""
BLUR_PX = 15.0
"""Standard deviation of the blur of a frame: a plate 200 px wide has characters 25 px wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """The rounds in which contenders took turns over the same frames."""

    threads: dict[str, int]
    """Of each contender."""
    seconds: dict[str, list[float]]
    """Of each contender, by round."""
    frames: int

    def rate(self, name: str) -> float:
        """Frames a second: the median of the rounds."""
        return self.frames / median(self.seconds[name])

    def print_ratio(self, figure_name: str, name: str, other: str, **more: Any) -> None:  # noqa: ANN401
        """Print how many times the frames a second of ``other`` a contender makes.

        The value is the median of the rounds' own ratios, so that what slows the machine for a while slows both; their
        least and greatest are its spread.
        """
        ratios = [theirs / ours for ours, theirs in zip(self.seconds[name], self.seconds[other], strict=True)]
        figure(
            figure_name,
            median(ratios),
            "ratio",
            of=len(ratios),
            spread=[round(min(ratios), 4), round(max(ratios), 4)],
            frames=self.frames,
            frames_per_s={each: round(self.rate(each), 2) for each in (name, other)},
            threads={each: self.threads[each] for each in (name, other)},
            **more,
        )


def print_rates(vision: VisionSettings, frames: Sequence[Frame], rounds: int, choice: Int8Choice) -> None:
    """The path against fast-alpr and against the limit, on the same weights; and with int8 where that pays."""
    contenders = [
        whole_path("path", vision, frames),
        fast_alpr_predict(vision, frames),
        prepared_tensors(vision, frames),
        *([] if choice.reason else [whole_path("path_int8", vision, frames, choice.data)]),
    ]
    turns = take_turns([(one, best_threads(one, len(frames))) for one in contenders], len(frames), rounds)
    figure("path.frames_per_s", turns.rate("path"), "frames/s", threads=turns.threads["path"], of=rounds)
    turns.print_ratio("path.vs_fast_alpr", "path", "fast_alpr")
    turns.print_ratio("path.vs_limit", "path", "prepared_tensors")
    if choice.reason:
        figure("path.int8_vs_fast_alpr", None, "ratio", reason=choice.reason, files=choice.precisions)
    else:
        turns.print_ratio("path.int8_vs_fast_alpr", "path_int8", "fast_alpr", files=choice.precisions)


def print_empty(vision: VisionSettings, frames: Sequence[Frame], rounds: int) -> None:
    """The path over frames in which nothing is found, against the detector alone in as many threads.

    Raises:
        ModelError: something is found in every frame.
    """
    empty = repeat(_without_plates(vision, frames), len(frames))
    path = whole_path("path", vision, empty)
    opened, alone = best_threads(path, len(empty)), detector_alone(vision, empty)
    turns = take_turns([(path, opened), (alone, (opened[0], alone.open(opened[0])))], len(empty), rounds)
    turns.print_ratio("path.empty_vs_detector", "path", "detector")


def best_threads(contender: Contender, frames: int) -> tuple[int, Run]:
    """The number of threads, from one to all cores, with which a contender is fastest; and the contender so opened."""
    count = max(1, frames // TRIAL_SHARE)
    trials = []
    for threads in range(1, usable_cores() + 1):
        run = contender.open(threads)
        seconds = min(run(count) for _ in range(TRIAL_RUNS))
        trials.append((seconds, threads, run))
        _say(f"{contender.name} with {threads} threads: {count / seconds:.1f} frames/s")
    _, threads, run = min(trials, key=lambda trial: trial[:2])
    return threads, run


def take_turns(contenders: Sequence[tuple[Contender, tuple[int, Run]]], frames: int, rounds: int) -> Turns:
    """Have each contender go over all frames once a round; each round begins with another one."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender, _ in contenders}
    for number in range(rounds):
        first = number % len(contenders)
        for contender, (_, run) in [*contenders[first:], *contenders[:first]]:
            seconds[contender.name].append(run(frames))
        told = ", ".join(f"{name} {frames / times[-1]:.1f}" for name, times in seconds.items())
        _say(f"round {number + 1} of {rounds}: {told} frames/s")
    return Turns({contender.name: threads for contender, (threads, _) in contenders}, seconds, frames)


def _without_plates(vision: VisionSettings, frames: Sequence[Frame]) -> list[Frame]:
    """Those of some frames, blurred until no character is left, in which nothing is found."""
    detector, _ = models_with_threads(vision, 1)
    blurred = [replace(frame, pixels=_blur(frame.pixels)) for frame in frames[:EMPTY]]
    empty = [frame for frame in blurred if not detector.detect(frame)]
    if not empty:
        raise ModelError("the detector finds something in every frame, even in blurred ones, so none is empty")
    return empty


def _blur(pixels: Pixels) -> Pixels:
    return read_only(cv2.GaussianBlur(pixels, (0, 0), BLUR_PX))


def _say(line: str) -> None:
    sys.stderr.write(f"scripts/bench: {line}\n")
