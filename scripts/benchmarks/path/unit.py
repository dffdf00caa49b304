"""A whole unit in this process: pipeline, list, alerts and store, over frames at full pace or from live cameras."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.speech.sentences import Sentence
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.settings import AlertSettings, Settings, VisionSettings
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import open_store


@dataclass(frozen=True, slots=True, eq=False)
class Everything:
    """A list on which every plate stands: each read sounds."""

    generation: Generation

    def exact(self, plate: str) -> Iterator[tuple[HotlistEntry, Generation]]:
        """The one entry that every plate meets."""
        yield HotlistEntry("bench", plate, plate, None, Reason.STOLEN_VEHICLE), self.generation

    def partial(self, plate: str, _clear: str | None = None) -> tuple[tuple[HotlistEntry, Generation], ...]:
        """No entry holds wildcards."""
        del plate
        return ()


class StampingPlayer:
    """Takes a tone's first sample when it is asked to: what is measured is the path before the sound device."""

    up = True

    def __init__(self) -> None:
        self.latencies_ms: list[float] = []
        """From the capture of the deciding frame to the first sample, in the order of tones."""

    def play(self, tone: Tone, at: Instant, sentence: Sentence = (), on_lost: Callable[[], None] | None = None) -> int:
        """Return the present moment on CLOCK_BOOTTIME."""
        del tone, sentence, on_lost
        now_ns = boottime_ns()
        self.latencies_ms.append((now_ns - at.boottime_ns) / NS_PER_MS)
        return now_ns

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class UnitRun:
    """What came of a run of the whole unit."""

    seconds: float
    """From the start of its threads until everything was recognised and written."""
    frames: int
    """Frames recognised."""
    processor_s: float
    """Of this process meanwhile, all threads together."""
    latencies_ms: list[float] = field(default_factory=list)
    """From the capture of the deciding frame to the first sample, of each tone."""
    results_ms: list[float] = field(default_factory=list)
    """From the capture of each frame until its result was tracked."""

    @property
    def processor_ms_a_frame(self) -> float:
        """The processor's time for each frame that recognition took: decoding, tracking and writing included."""
        return 1000 * self.processor_s / max(1, self.frames)


def bench_settings(vision: VisionSettings) -> Settings:
    """The settings of a unit whose alerts are never quiet."""
    return Settings(vision=vision, alerts=AlertSettings(cooldown_s=0))


def run_unit(
    settings: Settings,
    models: VisionModels,
    cameras: dict[str, Callable[[], Iterator[Frame]]],
    *,
    live: bool,
    watch: AbstractContextManager[object] | None = None,
) -> UnitRun:
    """Run the whole unit until its cameras have ended.

    Args:
        settings: of the unit; the folders are the run's own.
        models: the models that find and read plates.
        cameras: a function that opens it, by the id of each camera.
        live: whether frames that recognition cannot follow are dropped.
        watch: entered for as long as the threads of the unit run; None: nothing is.

    Raises:
        StoreError: a part of the unit failed, so that the figures would be of another one.
    """
    with tempfile.TemporaryDirectory(prefix="bench-path-") as folder:
        here = _with_folders(settings, Path(folder) / "unit")
        player = StampingPlayer()
        everything, results_ms = Everything(Generation("bench", 1, None, None, 1)), list[float]()
        with open_store(here, migrate=True) as store:
            parts = PipelineParts(
                models,
                Alerter(player, SystemClock(), here, lambda: everything),
                lambda _: None,
                Recorder(store.reads, here.store, store.refused_records),
                lambda frame: results_ms.append(_ms_since(frame.captured_at)),
            )
            pipeline = Pipeline(here, _feeds(cameras), parts, live=live)
            with watch or nullcontext():
                began_s, began_processor_s = time.perf_counter(), time.process_time()
                pipeline.run_to_end()
                seconds, processor_s = time.perf_counter() - began_s, time.process_time() - began_processor_s
        _require_success(pipeline)
        return UnitRun(seconds, pipeline.frames_seen, processor_s, player.latencies_ms, results_ms)


def _require_success(pipeline: Pipeline) -> None:
    if failures := pipeline.failures():
        raise StoreError(f"a part of the path failed: {failures[0]}")


def _ms_since(captured_at: Instant) -> float:
    return (boottime_ns() - captured_at.boottime_ns) / NS_PER_MS


def _with_folders(settings: Settings, data: Path) -> Settings:
    """The settings with a data folder of their own, and keys in it."""
    private_directory(data)
    create_keys(data / "keys")
    return settings.model_copy(
        update={
            "unit": settings.unit.model_copy(update={"data_directory": data}),
            "store": settings.store.model_copy(update={"keys_directory": data / "keys"}),
        }
    )


def _feeds(cameras: dict[str, Callable[[], Iterator[Frame]]]) -> Sequence[CameraInput]:
    return [CameraInput(camera_id, _without_beat(frames)) for camera_id, frames in cameras.items()]


def _without_beat(frames: Callable[[], Iterator[Frame]]) -> Callable[[Callable[[], None]], Iterator[Frame]]:
    """The same without a beat: a camera of the benchmark never waits for longer than a stage may."""
    return lambda _beat: frames()
