"""A camera that hangs in its driver: it is replaced, given up and told of, and the other camera is read as before."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.alerts.players import SilentPlayer
from alpr_edge.app.cameras import Camera
from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.factories import open_vision_models
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.hotlist.index.index import HotlistIndex
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load, parse
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.app.rig import write_frames, write_settings

WAIT_S = 60.0


def _beat() -> None:
    """Tell nobody."""


pytestmark = pytest.mark.review(4)


class HangingDriver:
    """Hangs in the first grab of every opening, and before that shows no life; ``first`` are the frames before that."""

    def __init__(self) -> None:
        self.back = threading.Event()
        self.opens = 0
        self.first: Iterator[Frame] = iter(())
        self.is_held_after_the_first = False
        """Whether later openings find the device busy, and try on."""
        self.is_good_after_the_first = False
        """Whether later openings give pictures."""

    def frames(self, beat: Callable[[], None]) -> Iterator[Frame]:
        self.opens += 1
        if self.is_good_after_the_first and self.opens > 1:
            for number in itertools.count():
                beat()
                yield Frame("rear", number, SystemClock().now(), np.zeros((360, 640, 3), np.uint8))
                if self.back.wait(0.1):
                    return
        yield from self.first
        if self.is_held_after_the_first and self.opens > 1:
            while not self.back.wait(0.1):
                beat()
            return
        self.back.wait(WAIT_S)
        beat()
        yield from ()


@contextmanager
def watching(
    folder: Path, *, good: bool = True, frames_before: int = 0, takes: Callable[[Frame], bool] = lambda _: True
) -> Iterator[tuple[Pipeline, HangingDriver, UnitStore, threading.Event]]:
    """The stages of a live unit with a camera that hangs after some frames, and one that does not where ``good``."""
    settings = load(write_settings(folder, write_frames(folder / "frames", range(9))))
    halt, driver, clock = threading.Event(), HangingDriver(), SystemClock()
    camera = Camera(settings.camera[0], clock, halt.wait)
    driver.first = (replace(frame, camera_id="rear") for frame in itertools.islice(camera.frames(_beat), frames_before))
    feeds = [CameraInput("rear", driver.frames, takes)]
    if good:
        feeds.append(CameraInput("front", camera.frames))
    with open_store(settings, migrate=True) as store:
        parts = PipelineParts(
            models=open_vision_models(settings.vision),
            alerter=Alerter(SilentPlayer(), clock, settings, HotlistIndex),
            locate=lambda _: None,
            recorder=Recorder(store.reads, settings.store, store.refused_records, defer_s_max=0.2),  # a unit waits 20 s
            tick=lambda _: None,
        )
        pipeline = Pipeline(settings, feeds, parts, live=True)
        pipeline.supervisor._stall_s = 2.0  # a unit waits 20 s
        pipeline.supervisor.start()
        try:
            yield pipeline, driver, store, halt
        finally:
            driver.back.set()


def tended_until(pipeline: Pipeline, holds: Callable[[], bool]) -> None:
    """What the unit does once a second, until something is so."""
    limit_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < limit_s, pipeline.troubles()
        pipeline.supervisor.tend()
        time.sleep(0.1)


def test_the_other_camera_is_read_on_and_the_unit_is_not_killed(tmp_path: Path) -> None:
    with watching(tmp_path) as (pipeline, driver, store, halt):
        tended_until(pipeline, lambda: "camera-rear does not move" in pipeline.troubles())
        assert driver.opens == 2
        assert pipeline.stalled() == [], "the heartbeat goes on"
        before = store.reads.counts().reads
        tended_until(pipeline, lambda: store.reads.counts().reads >= before + 3)
        halt.set()
        pipeline.supervisor.stop.set()
        assert pipeline.supervisor.join(4.5), "a camera that hangs holds nothing back"
        assert store.reads.counts().open_reads == 0
        assert [state.failure for state in pipeline.supervisor.states if state.finish_failed] == []


def test_a_unit_all_of_whose_cameras_hang_asks_for_another_process(tmp_path: Path) -> None:
    with watching(tmp_path, good=False) as (pipeline, driver, _, _):
        tended_until(pipeline, lambda: bool(pipeline.supervisor.hanging()))
        assert pipeline.stalled() == ["camera-rear"]
        driver.back.set()
        tended_until(pipeline, lambda: driver.opens > 2)
        assert pipeline.stalled() == []


def test_a_camera_whose_device_is_held_by_a_thread_that_hangs_asks_for_another_process(tmp_path: Path) -> None:
    with watching(tmp_path, good=False) as (pipeline, driver, _, _):
        pipeline._blocked_s = 4.0  # a unit waits 60 s
        driver.is_held_after_the_first = True
        tended_until(pipeline, lambda: pipeline.stalled() == ["camera-rear"])
        assert driver.opens == 2
        assert pipeline.supervisor.hanging() == [], "the second thread waits for the device, and lives"


def test_a_camera_that_hung_once_and_whose_pictures_are_not_collected_asks_for_no_other_process(tmp_path: Path) -> None:
    area = {"name": "clinic-1", "centre": [37.0, -120.0], "radius_m": 100.0}
    settings = parse({"capture": {"position_unknown": "drop", "no_collection_areas": [area]}}, tmp_path).capture
    limits = CollectionLimits(settings, lambda _: None)
    with watching(tmp_path, good=False, takes=limits.takes) as (pipeline, driver, _, _):
        pipeline._blocked_s = 4.0  # a unit waits 60 s
        driver.is_good_after_the_first = True
        tended_until(pipeline, lambda: limits.drops.silent_cameras == ["rear"])
        until_s = time.monotonic() + 6.0
        while time.monotonic() < until_s:
            pipeline.supervisor.tend()
            assert pipeline.stalled() == [], "it works"
            time.sleep(0.1)
        assert pipeline.supervisor.with_hanging_threads() == ["camera-rear"]
        assert (driver.opens, pipeline.frames_seen) == (2, 0)


def test_a_camera_that_hangs_keeps_no_read_back(tmp_path: Path) -> None:
    """Its last vehicle is gone by the clock, and the read is closed; no frame comes that would show it."""
    with watching(tmp_path, good=False, frames_before=2) as (pipeline, driver, store, _):
        tended_until(pipeline, lambda: store.reads.counts().reads == 1 and store.reads.counts().open_reads == 0)
        assert not driver.back.is_set()
        assert pipeline.frames_seen == 2


def test_a_camera_goes_on_with_its_numbers_in_a_new_thread(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path, write_frames(tmp_path / "frames", range(9))))
    camera = Camera(settings.camera[0], SystemClock(), threading.Event().wait)
    assert camera.trouble == "not open yet"
    hanging = camera.frames(lambda: None)
    last = [next(hanging).number for _ in range(5)][-1]
    fresh = camera.frames(lambda: None)
    assert camera.trouble == "it hung"
    assert next(fresh).number == last + 1
    assert (camera.trouble, camera.reopen_count) == ("", 1)
    next(hanging)
    assert camera.reopen_count == 1
