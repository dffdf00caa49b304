"""What is compared: the path, fast-alpr, and the models alone, each over the same frames with so many threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import fast_alpr

from alpr_edge.app.factories import open_models, open_plate_check, open_vision_models
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame, Pixels, Probabilities
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.detector import Network, OnnxDetector, Picture
from alpr_edge.vision.plate_check import PlateCheck
from alpr_edge.vision.reader import OnnxReader, in_doubt
from alpr_edge.vision.recogniser import Recogniser
from alpr_edge.vision.sessions import Array
from scripts.benchmarks.path.frames import CAMERA_ID
from scripts.benchmarks.path.unit import UnitRun, bench_settings, run_unit

Run = Callable[[int], float]
"""Goes over so many of the frames, the first ones; returns the seconds."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to go over frames."""

    name: str
    open: Callable[[int], Run]
    """Opens it with so many threads; for the path, recognition workers."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFrame:
    """The tensors of one frame: of each look at it, and of each inference of the reader, its further looks included."""

    looks: tuple[Array, ...]
    close_looks: tuple[Array, ...]
    plates: tuple[Pixels, ...]


def whole_path(name: str, vision: VisionSettings, frames: Sequence[Frame], data: Path | None = None) -> Contender:
    """The whole unit at full pace: recognition, tracking, decision, a hit and a tone for each read, and its store.

    Args:
        name: what it is called in figures.
        vision: the models.
        frames: what it goes over.
        data: a data folder with the choice of files; None: float32.
    """

    def open_path(workers: int) -> Run:
        run = open_unit(with_workers(vision, workers), frames, data)
        return lambda count: run(count, None).seconds

    return Contender(name, open_path)


def open_unit(
    vision: VisionSettings, frames: Sequence[Frame], data: Path | None = None
) -> Callable[[int, AbstractContextManager[object] | None], UnitRun]:
    """The whole unit over so many of the frames, with what is entered while its threads run."""
    settings, models = bench_settings(vision), open_vision_models(vision, data)

    def run(count: int, watch: AbstractContextManager[object] | None) -> UnitRun:
        cameras = {CAMERA_ID: lambda: iter(frames[:count])}
        return run_unit(settings, models, cameras, live=False, watch=watch)

    return run


def fast_alpr_predict(vision: VisionSettings, frames: Sequence[Frame]) -> Contender:
    """``fast_alpr.ALPR.predict`` with our models as its detector and reader: the same looks at each frame."""

    def open_alpr(threads: int) -> Run:
        detector, reader = models_with_threads(vision, threads)
        alpr = fast_alpr.ALPR(detector=detector, ocr=reader)

        def run(count: int) -> float:
            began = perf_counter()
            for frame in frames[:count]:
                alpr.predict(frame.pixels)
            return perf_counter() - began

        return run

    return Contender("fast_alpr", open_alpr)


def prepared_tensors(vision: VisionSettings, frames: Sequence[Frame]) -> Contender:
    """The limit: one-thread sessions side by side on tensors that were prepared before, and nothing between them."""
    prepared = [*_prepare(*models_with_threads(vision, 1), open_plate_check(vision), frames)]

    def open_sessions(threads: int) -> Run:
        workers = [partial(_infer, *models_with_threads(vision, 1)) for _ in range(threads)]
        return lambda count: _side_by_side(workers, prepared[:count])

    return Contender("prepared_tensors", open_sessions)


def detector_alone(vision: VisionSettings, frames: Sequence[Frame]) -> Contender:
    """One-thread detectors side by side, from a frame to its boxes."""

    def open_detectors(threads: int) -> Run:
        detectors = [models_with_threads(vision, 1)[0] for _ in range(threads)]
        return lambda count: _side_by_side([detector.detect for detector in detectors], frames[:count])

    return Contender("detector", open_detectors)


def with_workers(vision: VisionSettings, workers: int) -> VisionSettings:
    """The settings with so many recognition workers."""
    return vision.model_copy(update={"workers": workers})


def models_with_threads(vision: VisionSettings, threads: int) -> tuple[OnnxDetector, OnnxReader]:
    """Detector and reader with so many threads of one inference."""
    return open_models(vision, threads=threads)


class _CropRecorder:
    """A reader that records the crops of each call."""

    def __init__(self, reader: OnnxReader) -> None:
        self._reader = reader
        self.batches: list[list[Pixels]] = []

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        self.batches.append([crop.pixels for crop in crops])
        return self._reader.read(crops)


class _CloseLookRecorder(CloseLook):
    """A close look that records its tensors."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.tensors: list[Array] = []

    def narrower_box(self, frame: Frame, box: Box) -> Box | None:
        self.tensors.append(self.prepare(frame, box))
        return super().narrower_box(frame, box)


def _prepare(
    detector: OnnxDetector, reader: OnnxReader, check: PlateCheck, frames: Sequence[Frame]
) -> Iterator[PreparedFrame]:
    """The tensors that the unit itself makes of each frame: boxes that look like no plate are not read."""
    recorder = _CropRecorder(reader)
    close_look = None if detector.near is None else _CloseLookRecorder(detector.near)
    recogniser = Recogniser(detector, recorder, check, close_look)
    for frame in frames:
        recorder.batches = []
        if close_look is not None:
            close_look.tensors = []
        recogniser.read_frame(frame)
        looks = tuple(network.prepare(Picture(frame.pixels))[0] for network in detector.networks)
        plates = tuple(tensor for crops in recorder.batches for tensor in _reader_tensors(reader, crops))
        yield PreparedFrame(looks, () if close_look is None else tuple(close_look.tensors), plates)


def _reader_tensors(reader: OnnxReader, crops: Sequence[Pixels]) -> Iterator[Pixels]:
    """What the unit's reader infers over the crops of a frame; nothing where there are none."""
    if crops:
        yield (batch := reader.prepare(crops))
        if doubtful := in_doubt(reader.infer(batch)):
            yield reader.prepare_further(crops, batch, doubtful)


def _infer(detector: OnnxDetector, reader: OnnxReader, prepared: PreparedFrame) -> None:
    for network, tensor in zip(detector.networks, prepared.looks, strict=True):
        network.infer(tensor)
    for tensor in prepared.close_looks:
        detector.networks[-1].infer(tensor)
    for tensor in prepared.plates:
        reader.infer(tensor)


def _side_by_side(workers: Sequence[Callable[[T], object]], items: Sequence[T]) -> float:
    """Seconds in which the workers, each in a thread, do all items: each takes the next one when it is free."""
    waiting = iter(items)

    def work(worker: Callable[[T], object]) -> None:
        for item in waiting:  # each next() on one list iterator is atomic
            worker(item)

    with ThreadPoolExecutor(len(workers)) as pool:
        began = perf_counter()
        for result in [pool.submit(work, worker) for worker in workers]:
            result.result()
        return perf_counter() - began
