"""Several recognition workers: order, shares of three cameras, failures and hangs, and equal replays."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from alpr_edge.alerts.players import SilentPlayer
from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.recognition import AHEAD_OF_WORKERS, READY_MAX, Recognition, worker_count
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.pipeline.sparing_reader import SparingReader
from alpr_edge.app.replay import replay
from alpr_edge.app.replay.recording import open_recording
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Probabilities
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings, VisionSettings, load, parse
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.vision.recogniser import Recogniser
from tests.app.pipeline.test_misreads import CALIFORNIA, frames_of
from tests.app.rig import write_frames, write_settings
from tests.domain.readings import START

WAIT_S = 60.0
PICTURE = np.zeros((4, 4, 3), np.uint8)
NO_PROGRESS = replay.Progress(lambda _done, _total: None, lambda _waiting: None)
Beat = Callable[[], None]


@dataclass(eq=False)
class Look:
    """A detector that finds nothing, and fails or hangs at some frames of a camera named "bad"."""

    fails: Container[int] = ()
    hangs: int = 0
    """Looks that hang, at frames from number 4 on."""
    back: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def detect(self, frame: Frame) -> list[Detection]:
        if frame.camera_id == "bad" and frame.number in self.fails:
            raise ModelError(f"inference failed at frame {frame.number}")
        if frame.camera_id == "bad" and frame.number >= 4 and self._takes_hang():
            assert self.back.wait(WAIT_S)
        return []

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        raise AssertionError(f"{len(crops)} crops, and nothing was found")

    def _takes_hang(self) -> bool:
        with self._lock:
            self.hangs -= 1
            return self.hangs >= 0


class Unit:
    """The stages of a unit over some cameras, and the frames in the order in which they were tracked.

    Args:
        store: its store.
        settings: its settings.
        look: the detector.
        cameras: the frames of each.
        live: whether frames are dropped.
    """

    def __init__(
        self,
        store: UnitStore,
        settings: Settings,
        look: Look,
        *,
        live: bool,
        **cameras: Callable[[Beat], Iterator[Frame]],
    ) -> None:
        self.tracked: dict[str, list[int]] = {name: [] for name in cameras}
        self.heard = threading.Condition()
        models = VisionModels(Recogniser(look, look), ("look",))
        alerter = Alerter(SilentPlayer(), ReplayedClock(START), settings, HotlistIndex)
        recorder = Recorder(store.reads, settings.store, store.refused_records)
        parts = PipelineParts(models, alerter, lambda _: None, recorder, self._note)
        feeds = [CameraInput(name, frames) for name, frames in cameras.items()]
        self.pipeline = Pipeline(settings, feeds, parts, live=live)

    def _note(self, frame: Frame) -> None:
        with self.heard:
            self.tracked[frame.camera_id].append(frame.number)
            self.heard.notify_all()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so, looking at each tracked frame and at least ten times a second."""
        until_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < until_s, (self.pipeline.troubles(), self.pipeline.recognition.lost_text())
            self.pipeline.supervisor.tend()
            with self.heard:
                self.heard.wait(0.1)

    def stop(self) -> None:
        """Stop and wait for everything."""
        self.pipeline.supervisor.stop.set()
        assert self.pipeline.supervisor.join(WAIT_S)


def frame_of(camera_id: str, number: int) -> Frame:
    return Frame(camera_id, number, START.shift(number * 20), PICTURE)


def series(camera_id: str, count: int) -> Callable[[Beat], Iterator[Frame]]:
    return lambda _: (frame_of(camera_id, number) for number in range(count))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    unit = load(write_settings(tmp_path, write_frames(tmp_path / "frames", [0])))
    return unit.model_copy(update={"vision": unit.vision.model_copy(update={"workers": 3, "skip_unneeded": False})})


@pytest.fixture
def store(settings: Settings) -> Iterator[UnitStore]:
    with open_store(settings, migrate=True) as room:
        yield room


@pytest.mark.parametrize(("live", "taken"), [(True, READY_MAX), (False, 4 * AHEAD_OF_WORKERS)])
def test_only_of_a_live_camera_whose_results_wait_for_tracking_no_frame_is_taken(*, live: bool, taken: int) -> None:
    recogniser = Recogniser(Look(), Look())
    recognition = Recognition({"front": SparingReader(recogniser, (), is_sparing=False)}, 4, live=live)
    numbers = []
    for number in range(4 * AHEAD_OF_WORKERS):
        recognition.frames.put(frame_of("front", number))
        ticket = recognition.results.take(0)
        if ticket is not None:
            numbers.append(ticket.item.number)
            recognition.results.put_back(ticket, [])
    assert numbers == list(range(taken))


@pytest.mark.parametrize(
    ("wanted", "cameras", "cores", "workers"),
    [
        *((0, 1, 2, 2), (0, 3, 4, 4), (0, 6, 4, 3), (0, 6, 1, 1), (5, 1, 2, 5)),
        *((0, 3, 2, 3), (0, 5, 4, 5), (0, 4, 2, 2), (0, 2, 1, 1), (2, 3, 2, 2)),
    ],
)
def test_there_are_as_many_workers_as_cores_but_what_decoding_needs_or_as_cameras_that_share_them(
    wanted: int, cameras: int, cores: int, workers: int
) -> None:
    assert worker_count(wanted, cameras, cores) == workers
    assert worker_count(0, 1) >= 1


def test_a_recording_loses_no_frame_and_keeps_its_order(store: UnitStore, settings: Settings) -> None:
    unit = Unit(store, settings, Look(), live=False, drive=series("drive", 100))
    unit.pipeline.run_to_end()
    assert unit.tracked == {"drive": list(range(100))}
    assert unit.pipeline.failures() == []


def test_a_frame_whose_recognition_fails_is_counted_told_and_costs_no_other(
    store: UnitStore, settings: Settings
) -> None:
    unit = Unit(store, settings, Look(fails={5}), live=False, bad=series("bad", 60), rear=series("rear", 60))
    unit.pipeline.run_to_end()
    assert unit.tracked == {"bad": [number for number in range(60) if number != 5], "rear": list(range(60))}
    figures = unit.pipeline.camera_figures("bad")
    assert (figures["captured"], figures["recognised"], figures["dropped"], figures["lost"]) == (60, 59, 0, 1)
    assert unit.pipeline.recognition.lost_text() == "bad 1"
    (failure,) = unit.pipeline.failures()
    assert failure.startswith("recognition-")
    assert failure.endswith("ModelError: inference failed at frame 5")


def test_a_recording_on_which_recognition_fails_time_after_time_ends(store: UnitStore, settings: Settings) -> None:
    """The restarts of all workers count together."""
    unit = Unit(store, settings, Look(fails=range(7)), live=False, bad=series("bad", 7))
    unit.pipeline.run_to_end()
    assert unit.tracked == {"bad": []}
    assert 3 <= unit.pipeline.recognition.lost_count <= 7
    assert [line for line in unit.pipeline.failures() if line.startswith("recognition-")]


def test_a_live_failure_is_told_with_the_frames_it_cost(store: UnitStore, settings: Settings) -> None:
    def give_one_by_one(beat: Beat) -> Iterator[Frame]:
        """No frame before the one before it was tracked or lost: a live camera's newer frame would replace it."""
        for number in itertools.count():
            yield frame_of("bad", number)
            while not (number in unit.tracked["bad"] or unit.pipeline.recognition.lost_count):
                beat()
                time.sleep(0.01)
            time.sleep(0.01)

    unit = Unit(store, settings, Look(fails={3}), live=True, bad=give_one_by_one)
    unit.pipeline.supervisor.start()

    def is_told() -> bool:
        return any(
            line.endswith("failed: ModelError: inference failed at frame 3 (frames lost so far: bad 1)")
            for line in unit.pipeline.troubles()
        )

    unit.wait_for(is_told)
    unit.stop()
    assert 3 not in unit.tracked["bad"]


def test_a_camera_whose_frames_all_fail_leaves_the_workers_to_the_others(store: UnitStore, settings: Settings) -> None:
    """Each failure costs a worker a wait: were every frame tried, all of them would wait most of the time."""
    endless = Endless()
    look = Look(fails=range(1_000_000))
    unit = Unit(store, settings, look, live=True, bad=endless.camera("bad"), rear=endless.camera("rear"))
    unit.pipeline.supervisor.start()
    unit.wait_for(lambda: len(unit.tracked["rear"]) >= 200)
    unit.wait_for(lambda: unit.pipeline.recognition.results.failing_keys == ["bad"])
    lines = unit.pipeline.troubles()
    assert lines[0].startswith("camera-bad gives frames that recognition fails on")
    assert "(frames lost so far: bad " in lines[0]
    assert not any(line.startswith("recognition-") and " failed: " in line for line in lines), "the camera's is enough"
    assert unit.tracked["bad"] == []
    assert 2 <= unit.pipeline.recognition.lost_count < 20
    assert unit.pipeline.recognition.results.lost["rear"] == 0
    look.fails = ()
    unit.wait_for(lambda: len(unit.tracked["bad"]) > 0)
    unit.wait_for(lambda: unit.pipeline.recognition.results.failing_keys == [])
    assert not any(line.startswith("camera-bad") for line in unit.pipeline.troubles())
    endless.end.set()
    unit.stop()


class Cameras:
    """Three cameras: one gives frames as fast as it can, one hangs, one gives each when the last one was tracked."""

    def __init__(self) -> None:
        self.back = threading.Event()
        self.end = threading.Event()
        self.tracked = threading.Semaphore(0)

    def flood(self, beat: Beat) -> Iterator[Frame]:
        for number in itertools.count():
            if self.end.is_set():
                return
            beat()
            yield frame_of("flood", number)

    def starve(self, _: Beat) -> Iterator[Frame]:
        self.back.wait(WAIT_S)
        yield from ()

    def normal(self, beat: Beat) -> Iterator[Frame]:
        for number in range(50):
            while not self.tracked.acquire(timeout=0.5):
                beat()
            yield frame_of("normal", number)


def test_a_camera_that_floods_and_one_that_starves_cost_the_third_nothing(store: UnitStore, settings: Settings) -> None:
    cameras = Cameras()
    unit = Unit(store, settings, Look(), live=True, flood=cameras.flood, starve=cameras.starve, normal=cameras.normal)
    unit.pipeline.supervisor.start()
    for count in range(50):
        unit.wait_for(lambda count=count: len(unit.tracked["normal"]) >= count)  # type: ignore[misc]
        cameras.tracked.release()
    unit.wait_for(lambda: len(unit.tracked["normal"]) == 50)
    cameras.end.set()
    cameras.back.set()
    unit.stop()
    assert unit.tracked["normal"] == list(range(50))
    assert unit.tracked["flood"] == sorted(set(unit.tracked["flood"]))
    figures = {name: unit.pipeline.camera_figures(name) for name in unit.tracked}
    assert [figures["normal"][key] for key in ("captured", "recognised", "dropped", "lost")] == [50, 50, 0, 0]
    assert [figures["starve"][key] for key in ("captured", "recognised", "dropped", "lost")] == [0, 0, 0, 0]
    assert figures["flood"]["dropped"] == unit.pipeline.recognition.frames.drop_count > 0
    assert figures["flood"]["captured"] == figures["flood"]["recognised"] + figures["flood"]["dropped"]
    assert figures["starve"]["result_ms_worst"] is None


class Endless:
    """Cameras that give frame after frame until they are told to end."""

    def __init__(self) -> None:
        self.end = threading.Event()

    def camera(self, camera_id: str) -> Callable[[Beat], Iterator[Frame]]:
        """The frames of one."""

        def frames(beat: Beat) -> Iterator[Frame]:
            for number in itertools.count():
                beat()
                if self.end.wait(0.01):
                    return
                yield frame_of(camera_id, number)

        return frames


def test_a_worker_that_hangs_costs_its_frame_and_the_others_and_its_camera_go_on(
    store: UnitStore, settings: Settings
) -> None:
    look, endless = Look(hangs=1), Endless()
    unit = Unit(store, settings, look, live=True, bad=endless.camera("bad"), rear=endless.camera("rear"))
    unit.pipeline.supervisor.start()
    unit.wait_for(lambda: unit.pipeline.recognition.results.lost["bad"] == 1)
    before = {name: len(numbers) for name, numbers in unit.tracked.items()}
    unit.wait_for(lambda: all(len(unit.tracked[name]) > before[name] + 5 for name in before))
    assert unit.tracked["bad"] == sorted(set(unit.tracked["bad"]))
    assert unit.pipeline.recognition.lost_text() == "bad 1"
    endless.end.set()
    unit.stop()  # while it still hangs: the reads of the others are stored nevertheless
    look.back.set()


def test_a_worker_that_hangs_is_replaced_and_calls_for_a_new_process_when_that_one_hangs_too(
    store: UnitStore, settings: Settings
) -> None:
    look, endless = Look(hangs=2), Endless()
    one = settings.model_copy(update={"vision": settings.vision.model_copy(update={"workers": 1})})
    unit = Unit(store, one, look, live=True, bad=endless.camera("bad"))
    unit.pipeline.supervisor._stall_s = 1.0  # a unit waits 20 s
    unit.pipeline.supervisor.start()
    unit.wait_for(lambda: unit.pipeline.supervisor.restarts().get("recognition-1") == 1)
    assert unit.pipeline.stalled() == [], "the heartbeat goes on"
    unit.wait_for(lambda: unit.pipeline.stalled() == ["recognition-1"])
    assert unit.pipeline.troubles()[0].startswith("recognition-1 does not move")
    assert not unit.pipeline.is_alive(unit.pipeline.stalled())
    endless.end.set()
    unit.stop()
    look.back.set()


def drive_lines(out: Path, models: VisionModels, source: str, workers: int) -> dict[str, list[dict[str, Any]]]:
    """The reads and hits of a drive at full pace, without ids; and its tones."""
    out.mkdir()
    recording = open_recording(source, fps=10, nmea=None, hotlist=None, scratch=out)
    reader = replay.ReplayPlan(
        recording,
        models,
        out,
        parse({"vision": {"workers": workers}}, out),
        datetime(2026, 1, 1, tzinfo=UTC),
        real_time=False,
    )
    summary, faults = replay.drive(reader, NO_PROGRESS)
    assert faults == []
    assert (summary.frames_dropped, summary.frames_lost) == (0, 0)
    ids = {"read_id", "hit_id", "supersedes"}
    lines: dict[str, list[dict[str, Any]]] = {"tones": [{"bytes": (out / "alerts.wav").read_bytes()}]}
    for name in ("reads.jsonl", "hits.jsonl"):
        parsed = [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]
        lines[name] = [{key: value for key, value in line.items() if key not in ids} for line in parsed]
    assert lines["reads.jsonl"]
    return lines


def test_replays_by_the_released_models_are_equal_however_many_workers(tmp_path: Path) -> None:
    """Over pictures of plates that come nearer, as the released models read them."""
    folder = tmp_path / "frames"
    folder.mkdir()
    passes = [frames_of(text, CALIFORNIA, seed) for seed, text in enumerate(("4RHD902", "7ABD123"))]
    for number, frame in enumerate(itertools.chain(*passes)):
        assert cv2.imwrite(str(folder / f"{number:03d}.png"), frame.pixels)
    models = open_vision_models(VisionSettings())
    drives = [drive_lines(tmp_path / str(n), models, str(folder), workers) for n, workers in enumerate((1, 3, 3))]
    assert drives[0] == drives[1] == drives[2]
