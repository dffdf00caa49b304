"""The path: frames a second against its parts and fast-alpr, capture to tone, memory. One process, same frames."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import fast_alpr
import numpy as np

from alpr_edge.app.factories import VisionModels, open_models
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraFeed, Pipeline, PipelineParts
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.capture.recordings import VideoSource
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.settings import AlertSettings, DecisionSettings, Settings, VisionSettings
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import open_store
from alpr_edge.vision.detector import OnnxDetector, Picture
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import Recogniser, crop_of
from scripts.benchmarks.figures import figure

FRAMES = 200
ROUNDS = 3
LIVE_FPS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Everything:
    """A list on which every plate stands: each read sounds."""

    generation: Generation

    def exact(self, plate: str) -> Iterator[tuple[HotlistEntry, Generation]]:
        """The one entry that every plate meets."""
        yield HotlistEntry("bench", plate, plate, None, Reason.STOLEN_VEHICLE), self.generation

    def partial(self, plate: str) -> tuple[tuple[HotlistEntry, Generation], ...]:
        """No entry holds wildcards."""
        del plate
        return ()


class StampingPlayer:
    """Takes a tone's first sample when it is asked to: what is measured is the path before the sound device."""

    up = True

    def play(self, tone: Tone, at: Instant) -> int:
        """Return the present moment on CLOCK_BOOTTIME."""
        del tone, at
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def close(self) -> None:
        """Nothing to close."""


def run(data: Path, vision: VisionSettings) -> None:
    """Print every figure."""
    # First: a child's peak starts at what its parent holds when it is started.
    figure("path.memory.peak_rss", _peak_mib(data / "video" / "cars.mp4", vision), "MiB", what="alpr-edge drive")
    settings = Settings(vision=vision, alerts=AlertSettings(cooldown_s=0))
    detector, reader = open_models(settings.vision)
    frames = list(_frames(data / "video" / "cars.mp4"))
    rates = _rates(detector, reader, frames, settings)
    against = {name: round(rates["path"] / rate, 3) for name, rate in rates.items() if name != "path"}
    figure(
        "path.frames_per_s", rates["path"], "frames/s", {f"ratio to {name}": value for name, value in against.items()}
    )
    for name, rate in rates.items():
        if name != "path":
            figure(f"path.{name.replace(' ', '_')}.frames_per_s", rate, "frames/s")
    latencies = _capture_to_tone(detector, reader, frames, settings)
    if not latencies:
        raise ModelError("no plate was read in the recording, so no tone could be timed")
    figure("path.capture_to_tone.median", median(latencies), "ms", of=len(latencies))
    figure("path.capture_to_tone.p99", float(np.percentile(latencies, 99)), "ms", of=len(latencies))


def _peak_mib(video: Path, vision: VisionSettings) -> float:
    """Peak resident memory of a process of its own that drives over the recording."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.toml"
        values = vision.model_dump(mode="json", include={"detector", "reader", "workers"})
        values["models_directory"] = str((vision.models_directory or Path("models")).resolve())
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        settings.write_text("\n".join(["[vision]", *lines, ""]), encoding="utf-8")
        command = ["drive", "--source", str(video), "--settings", str(settings), "--out", f"{folder}/out"]
        subprocess.run([sys.executable, "-m", "alpr_edge", *command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _frames(video: Path) -> Iterator[Frame]:
    for frame in VideoSource(video, "bench", Instant("bench", 0)).frames():
        if frame.number >= FRAMES:
            return
        yield frame


def _rates(detector: OnnxDetector, reader: OnnxReader, frames: Sequence[Frame], settings: Settings) -> dict[str, float]:
    """Frames a second of each contender: the median of rounds in which they take turns."""
    alpr = fast_alpr.ALPR(detector=detector, ocr=reader)
    looks = [
        [(network, network.prepare(Picture(frame.pixels))[0]) for network in detector.networks] for frame in frames
    ]
    crops = [[crop_of(frame, detection.box) for detection in detector.detect(frame)] for frame in frames]
    batches = [reader.prepare([crop.pixels for crop in row]) if row else None for row in crops]

    def infer_all() -> None:
        for row, batch in zip(looks, batches, strict=True):
            for network, tensor in row:
                network.infer(tensor)
            if batch is not None:
                reader.infer(batch)

    def predict() -> None:
        for frame in frames:
            alpr.predict(frame.pixels)

    contenders: dict[str, Callable[[], object]] = {
        "path": lambda: _drive(detector, reader, iter(frames), settings, live=False),
        "fast_alpr predict": predict,
        "prepared tensors": infer_all,
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            began = time.perf_counter()
            contender()
            times[name].append(time.perf_counter() - began)
    return {name: len(frames) / median(seconds) for name, seconds in times.items()}


def _capture_to_tone(
    detector: OnnxDetector, reader: OnnxReader, frames: Sequence[Frame], settings: Settings
) -> list[float]:
    """Milliseconds from capture to the first sample, live at :data:`LIVE_FPS`.

    Every plate is on the list and every frame decides: what is timed is the path, not the vote.
    """
    at_once = DecisionSettings(readings_max=1, pass_gap_ms=1, confidence_min=0, characters_min=1)
    deciding = settings.model_copy(update={"decision": at_once})
    return _drive(detector, reader, _live_frames(frames), deciding, live=True)


def _live_frames(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The frames as a live camera gives them."""
    clock, began = SystemClock(), time.monotonic()
    for index, frame in enumerate(frames):
        time.sleep(max(0.0, began + index / LIVE_FPS - time.monotonic()))
        yield replace(frame, captured_at=clock.now())


def _drive(
    detector: OnnxDetector, reader: OnnxReader, frames: Iterator[Frame], settings: Settings, *, live: bool
) -> list[float]:
    """The whole unit over the frames, store and all; returns the latencies of its tones."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "unit"
        here = settings.model_copy(
            update={
                "unit": settings.unit.model_copy(update={"data_directory": data}),
                "store": settings.store.model_copy(update={"keys_directory": data / "keys"}),
            }
        )
        private_directory(data)
        create_keys(here.store.keys_directory)
        alerter = Alerter(StampingPlayer(), SystemClock(), here.alerts, here.hotlist)
        everything = Everything(Generation("bench", 1, None, None, 1))
        with open_store(here, migrate=True) as store:
            recogniser = Recogniser(detector, reader, here.vision.detection_accept_min, here.vision.text_confidence_min)
            parts = PipelineParts(
                VisionModels(recogniser, (detector.model_id, reader.model_id)),
                alerter,
                lambda: everything,
                lambda _: None,
                Recorder(store.reads, here.store, store.refused_records),
                lambda _: None,
            )
            Pipeline(here, [CameraFeed("bench", lambda _: frames)], parts, live=live).run_to_end()
        return list(alerter.latencies_ms)
