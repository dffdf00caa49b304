"""How long a unit waits for its last reads to be written."""

import threading
import time
from collections.abc import Callable

import pytest

from alpr_edge.app.capture_session import DRAIN_S_MAX, is_written
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.parallel.ordered_work import OrderedWork
from alpr_edge.runtime.parallel.worker_stage import WorkerStage
from alpr_edge.runtime.stages import BatchStage, Rescue, SourceStage, WorkStage
from alpr_edge.runtime.supervisor import Stage, Supervisor

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


LONG = Backoff(first_s=WAIT_S, longest_s=WAIT_S)
"""Nothing but the stop ends such a wait before another try."""
LAST_STEP_S = 0.3
"""How long what stands before a stage works on after the stop."""


def stop_while_waiting(stages: Supervisor, name: str) -> None:
    """Stop once a stage that failed waits for its next try."""
    (state,) = [state for state in stages.states if state.stage.name == name]
    until_s = time.monotonic() + WAIT_S
    while not state.waiting:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    stages.stop.set()


class FullDisk:
    """A writer of records that finds no room for them, and tracking, which hands over its last ones at the stop."""

    def __init__(self) -> None:
        self.records: BoundedChannel[str] = BoundedChannel(48)
        self.aside: list[str] = []
        frames: BoundedChannel[int] = BoundedChannel(1)
        rescue = Rescue(self._require, (RefusedError,), lambda _: self._require(), self.aside.extend, (StoreError,))
        self.stages = Supervisor()
        writer = BatchStage("writer", self.records, lambda _: self._require(), 32, rescue=rescue)
        self.stages.add(writer, backoff=LONG)
        self.stages.add(WorkStage("tracking", frames, lambda _: None, self._end_passes))
        self.stages.add(SourceStage("camera", lambda _: iter(()), frames))

    def _require(self) -> None:
        raise StoreError("the disk is full")

    def _end_passes(self) -> None:
        self.stages.stop.wait(WAIT_S)
        time.sleep(LAST_STEP_S)
        for record in ("decided", "closed"):
            self.records.put(record)
        self.records.close()


def test_a_writer_that_waits_for_room_takes_what_is_handed_over_after_the_stop() -> None:
    unit = FullDisk()
    unit.stages.start()
    unit.records.put("before")
    stop_while_waiting(unit.stages, "writer")
    assert unit.stages.join(WAIT_S)
    assert unit.aside == ["before", "decided", "closed"]
    assert not any(state.finish_failed for state in unit.stages.states)


class FailsOnce:
    """Work that fails on its first item.

    Args:
        done: the items on which it did not.
    """

    def __init__(self, done: list[int]) -> None:
        self._done = done
        self._has_failed = False

    def __call__(self, item: int) -> None:
        if not self._has_failed:
            self._has_failed = True
            raise ValueError("a picture that the library does not take")
        self._done.append(item)


def tracking(frames: BoundedChannel[int], done: list[int]) -> Stage:
    return WorkStage("work", frames, FailsOnce(done))


def worker(frames: BoundedChannel[int], done: list[int]) -> Stage:
    work: OrderedWork[int, None] = OrderedWork(frames, lambda _: "front", 1, 9)
    return WorkerStage("work", work, FailsOnce(done))


@pytest.mark.parametrize("make", [tracking, worker])
def test_a_stage_that_failed_just_before_the_stop_works_on_what_was_there_and_still_comes(
    make: Callable[[BoundedChannel[int], list[int]], Stage],
) -> None:
    frames: BoundedChannel[int] = BoundedChannel(9)
    done: list[int] = []
    stages = Supervisor()
    stages.add(make(frames, done), backoff=LONG)
    stages.start()
    frames.put(1)
    frames.put(2)
    stop_while_waiting(stages, "work")
    time.sleep(LAST_STEP_S)
    frames.put(3)
    frames.close()
    assert stages.join(WAIT_S)
    assert done == [2, 3]
