"""How long a unit waits for its last reads to be written."""

import threading
import time
from collections.abc import Callable

import pytest

from alpr_edge.app.capture_session import DRAIN_S_MAX, is_written
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.stages import WorkStage
from alpr_edge.runtime.supervisor import Supervisor

WRITING_S = 1.5
CAMERA_STOP_S, RECOGNITION_S = 1.2, 1.5
WORKER_STOP_S = 3.0
WAIT_S = 60.0


class SlowWriter:
    """Goes on writing for a while after the stop."""

    name = "writer"

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        stop.wait(60)
        until_s = time.monotonic() + WRITING_S
        while time.monotonic() < until_s:
            beat()
            time.sleep(0.02)

    def finish(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("grace_s", "is_stopped", "in_time"), [(60.0, False, True), (0.0, False, False), (60.0, True, False)]
)
def test_the_ignition_gives_the_writer_as_long_as_the_unit_keeps_its_power(
    grace_s: float, is_stopped: bool, in_time: bool
) -> None:
    stages, stop, beats = Supervisor(), threading.Event(), []
    stages.add(SlowWriter())
    stages.start()
    stages.stop.set()
    if is_stopped:
        stop.set()
    assert is_written(stages, grace_s, stop, lambda: beats.append(1), drain_s=0.1) is in_time
    assert bool(beats) is in_time
    assert stages.join(60)


class SlowCamera:
    """Comes back from its driver a while after the stop."""

    name = "camera"

    def __init__(self, output: BoundedChannel[int]) -> None:
        self._output = output

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        beat()
        stop.wait(WAIT_S)
        time.sleep(CAMERA_STOP_S)

    def finish(self) -> None:
        self._output.close()


class Unit:
    """A slow camera, a worker and a writer.

    Args:
        recognise: what the worker does with a frame.
    """

    def __init__(self, recognise: Callable[[], object]) -> None:
        self._recognise = recognise
        self._frames: BoundedChannel[int] = BoundedChannel(1)
        self._results: BoundedChannel[int] = BoundedChannel(1)
        self._is_begun = threading.Event()
        self.written: list[int] = []
        self.stages = Supervisor()
        self.stages.add(WorkStage("writer", self._results, self.written.append))
        worker = WorkStage("worker", self._frames, self._work, self._results.close)
        self.stages.add(worker, replaceable=True, stop_s_max=WORKER_STOP_S)
        self.stages.add(SlowCamera(self._frames), replaceable=True)

    def stop_at_work(self) -> None:
        """Stop while the worker has a frame."""
        self.stages.start()
        self._frames.put(1)
        assert self._is_begun.wait(WAIT_S)
        self.stages.stop.set()

    def _work(self, frame: int) -> None:
        self._is_begun.set()
        self._recognise()
        self._results.put(frame)


@pytest.mark.parametrize("grace_s", [WAIT_S, 0.0])
def test_a_camera_that_is_slow_to_stop_takes_no_time_from_a_worker(grace_s: float) -> None:
    unit = Unit(lambda: time.sleep(RECOGNITION_S))
    unit.stop_at_work()
    assert is_written(unit.stages, grace_s, threading.Event(), lambda: None)
    assert unit.written == [1]


@pytest.mark.parametrize("grace_s", [WAIT_S, 0.0])
def test_a_worker_that_hangs_is_given_up_after_its_time_however_often_it_is_waited_for(grace_s: float) -> None:
    end = threading.Event()
    unit = Unit(lambda: end.wait(WAIT_S))
    unit.stop_at_work()
    began_s = time.monotonic()
    assert is_written(unit.stages, grace_s, threading.Event(), lambda: None)
    assert WORKER_STOP_S <= time.monotonic() - began_s < DRAIN_S_MAX
    assert unit.written == []
    end.set()


def test_a_last_wait_that_is_short_gives_up_what_has_time_left() -> None:
    end = threading.Event()
    unit = Unit(lambda: end.wait(WAIT_S))
    unit.stop_at_work()
    assert not unit.stages.join(0.1, is_last=False)
    assert [state.done for state in unit.stages.states] == [False] * 3
    unit.stages.join(0.1)
    assert unit.stages.join(WAIT_S)
    end.set()
