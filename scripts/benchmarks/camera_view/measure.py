"""Prints false alarms over real rides and the video, planted faults told and how soon, and what a look costs.

The rides are frames a second apart, with gaps. The gaps are left out, so that each frame counts as a second of driving,
also where the car stood at lights: its speed is not known. A fault counts when its own kind is told within 10 s.
"""

import csv
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alpr_edge.domain.diagnostics.camera_view import ViewFault, ViewSample
from alpr_edge.domain.diagnostics.view_watch import ViewWatch
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.view_measure import measure_view
from scripts.benchmarks.camera_view.lens_faults import KINDS, Planted
from scripts.benchmarks.figures import figure, share

A_KIND = 10
"""Faults planted of each kind."""
TOLD_S_MAX = 10
HISTORY_S = 75
"""Driving before a fault; where a ride has less behind it, that is seen again."""
SPEED_MPS = 10.0
VIDEO_STEP = 9
"""Frames of the video from one look to the next: 0.5 s at its 18 frames a second."""
COST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one planted fault."""

    planted: Planted
    ride: str
    second: int
    after_s: int | None
    """When its own kind was told; None: it was not."""
    told: str
    """What was told at the end."""
    heals_after_s: int | None


@dataclass(frozen=True, slots=True, eq=False)
class DashcamRide:
    """The frames of one ride in order, and what is measured of them."""

    name: str
    files: list[Path]
    samples: list[ViewSample]


def run(data: Path, kind_count: int = A_KIND) -> list[Told]:
    """Print the figures; returns what became of each planted fault.

    Raises:
        AlprEdgeError: there are no rides in the data.
    """
    rides = read_rides(data)
    _false_alarms(rides, _video(data / "video" / "cars.mp4"))
    _cost(read_picture(rides[0].files[0]))
    told = [
        _plant(Planted(kind, 100 * place + number), rides)
        for place, kind in enumerate(KINDS)
        for number in range(kind_count)
    ]
    for kind in KINDS:
        _of_kind(f"camera_view.told_{kind}", [one for one in told if one.planted.kind == kind])
    _of_kind("camera_view.told", told)
    return told


def read_rides(data: Path) -> list[DashcamRide]:
    """The rides of the dashcam data, measured."""
    boxes = data / "dashcam" / "boxes.csv"
    if not boxes.is_file():
        message = f"{boxes}: not there"
        raise AlprEdgeError(message)
    with boxes.open(encoding="utf-8") as lines:
        found = sorted({(row["ride"], float(row["second"]), row["image"]) for row in csv.DictReader(lines)})
    names = sorted({ride for ride, _, _ in found})
    files = {name: [boxes.parent / image for ride, _, image in found if ride == name] for name in names}
    return [
        DashcamRide(name, paths, [sample_of(read_picture(path)) for path in paths]) for name, paths in files.items()
    ]


def read_picture(path: Path) -> Pixels:
    """A picture, uint8 [H, W, 3] BGR."""
    return np.asarray(cv2.imread(str(path)), np.uint8)


def sample_of(pixels: Pixels) -> ViewSample:
    """What is measured of a picture that is large enough."""
    sample = measure_view(pixels)
    assert sample is not None
    return sample


def alarms(samples: Iterable[ViewSample], step_s: float, speed_mps: float | None) -> list[ViewFault]:
    """The faults told one after the other over some samples."""
    watch, told = ViewWatch(), list[ViewFault]()
    before: ViewFault | None = None
    for number, sample in enumerate(samples):
        watch.look(sample, number * step_s, speed_mps)
        if watch.fault is not None and watch.fault is not before:
            told.append(watch.fault)
        before = watch.fault
    return told


def _video(path: Path) -> list[ViewSample]:
    capture, samples, number = cv2.VideoCapture(str(path)), [], 0
    while capture.grab():
        if number % VIDEO_STEP == 0:
            samples.append(sample_of(np.asarray(capture.retrieve()[1], np.uint8)))
        number += 1
    capture.release()
    return samples


def _false_alarms(rides: Sequence[DashcamRide], video: list[ViewSample]) -> None:
    for speed, name in ((SPEED_MPS, "speed_known"), (None, "speed_unknown")):
        told = [fault for ride in rides for fault in alarms(ride.samples, 1.0, speed)]
        told += alarms(video, 0.5, None)
        seconds = sum(len(ride.samples) for ride in rides) + len(video) // 2
        figure(
            f"camera_view.false_alarms_{name}", 3600 * len(told) / seconds, "an hour", count=len(told), seconds=seconds
        )


def _cost(pixels: Pixels) -> None:
    samples, times = [sample_of(pixels)], []
    for _ in range(COST_ROUNDS):
        began = time.perf_counter()
        samples.append(sample_of(pixels))
        times.append(time.perf_counter() - began)
    figure("camera_view.measure", 1e6 * float(np.median(times)), "us", least=round(1e6 * min(times), 1))
    watch, began = ViewWatch(), time.thread_time()
    for number, sample in enumerate(samples):
        watch.look(sample, number / 2, SPEED_MPS)
    figure("camera_view.judge", 1e6 * (time.thread_time() - began) / len(samples), "us")


def _plant(planted: Planted, rides: Sequence[DashcamRide]) -> Told:
    """Drive, then with the fault for 12 s, then without it."""
    ride = rides[planted.seed % len(rides)]
    start = int(np.random.default_rng(planted.seed).integers(20, len(ride.files) - TOLD_S_MAX - 2))
    before = ride.samples[:start]
    history = (before * (HISTORY_S // len(before) + 1))[-HISTORY_S:]
    watch, at_s = ViewWatch(), 0
    for at_s, sample in enumerate(history):
        watch.look(sample, at_s, SPEED_MPS)
    after_s = None
    for number in range(TOLD_S_MAX + 2):
        at_s += 1
        picture = planted.render(read_picture(ride.files[start + number]), number)
        watch.look(sample_of(picture), at_s, SPEED_MPS)
        if after_s is None and watch.fault is planted.told_as:
            after_s = number + 1
    told = watch.fault.value if watch.fault else "nothing"
    return Told(planted, ride.name, start, after_s, told, _heals_after_s(watch, history, at_s))


def _heals_after_s(watch: ViewWatch, samples: Iterable[ViewSample], at_s: float) -> int | None:
    for number, sample in enumerate(samples):
        if watch.fault is None:
            return number
        watch.look(sample, at_s + 1 + number, SPEED_MPS)
    return None


def _of_kind(name: str, told: Sequence[Told]) -> None:
    seconds = [one.after_s for one in told if one.after_s is not None]
    heals = [one.heals_after_s for one in told if one.heals_after_s is not None]
    missed = [f"{one.planted.kind} {one.planted.seed}: {one.told}" for one in told if (one.after_s or 99) > TOLD_S_MAX]
    times: dict[str, Any] = (
        {"seconds_median": float(np.median(seconds)), "seconds_max": max(seconds)} if seconds else {}
    )
    healed: dict[str, Any] = {"healed": len(heals), "heals_s_max": max(heals, default=None)}
    share(name, sum(value <= TOLD_S_MAX for value in seconds), len(told), missed=missed, **times, **healed)
