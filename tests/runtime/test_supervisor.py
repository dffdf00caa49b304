import itertools
import termios
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from alpr_edge.runtime.channels import BoundedChannel, LatestChannel
from alpr_edge.runtime.stages import TRIES_MAX, BatchStage, Rescue, SourceStage, WorkStage
from alpr_edge.runtime.supervisor import Supervisor

WAIT_S = 20.0


def numbers(count: int) -> Callable[[Callable[[], None]], Iterator[int]]:
    return lambda _: iter(range(count))


def test_what_a_source_gives_reaches_the_writer_in_order_and_all_end() -> None:
    first: BoundedChannel[int] = BoundedChannel(2)
    second: BoundedChannel[int] = BoundedChannel(2)
    items: list[int] = []
    supervisor = Supervisor()
    supervisor.add(BatchStage("writer", second, items.extend, batch_max=3))
    supervisor.add(WorkStage("work", first, second.put, second.close))
    supervisor.add(SourceStage("source", numbers(50), first))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert items == list(range(50))
    assert [state.failure for state in supervisor.states] == ["", "", ""]


def test_a_failed_batch_is_tried_again_and_nothing_of_it_is_lost_or_doubled() -> None:
    channel: BoundedChannel[int] = BoundedChannel(4)
    items: list[int] = []
    failures = iter([True, False, True])

    def write(batch: list[int]) -> None:
        if next(failures, False):
            raise OSError("disk full")
        items.extend(batch)

    supervisor = Supervisor()
    supervisor.add(BatchStage("writer", channel, write, batch_max=2))
    supervisor.add(SourceStage("source", numbers(9), channel))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert items == list(range(9))
    writer = supervisor.states[0]
    assert writer.restarts == 2
    assert writer.failure == "OSError: disk full"
    assert not writer.finish_failed


class TroubleError(Exception):
    """What one item is to blame for."""


class Writer:
    """Takes numbers, all but some; counts what was done with those.

    Args:
        bad: numbers that make a batch, and themselves alone, fail.
        error: how they do.
    """

    def __init__(self, bad: set[int], error: type[Exception]) -> None:
        self.bad, self.error = bad, error
        self.items: list[int] = []
        self.aside: list[int] = []
        self.full = False

    def write(self, batch: list[int]) -> None:
        if self.bad & set(batch):
            raise self.error(f"of {len(batch)}")
        self.items.extend(batch)

    def require(self) -> None:
        if self.full:
            raise OSError("the disk is full")

    def rescue(self) -> Rescue[int]:
        return Rescue(
            self.require, (TroubleError,), lambda item: self.write([item]), self.aside.extend, (TroubleError, OSError)
        )


@pytest.mark.review(1)
@pytest.mark.parametrize("error", [TroubleError, ValueError])
def test_an_item_that_fails_alone_is_set_aside_and_holds_up_no_other(error: type[Exception]) -> None:
    """Also for an error that nobody foresaw: the supervisor's restarts count as tries."""
    channel: BoundedChannel[int] = BoundedChannel(9)
    writer = Writer({4}, error)
    supervisor = Supervisor()
    supervisor.add(BatchStage("writer", channel, writer.write, batch_max=3, rescue=writer.rescue()))
    for number in range(9):
        channel.put(number)
    channel.close()
    supervisor.start()
    assert supervisor.join(120)
    assert (writer.items, writer.aside) == ([0, 1, 2, 3, 5, 6, 7, 8], [4])


@pytest.mark.review(1)
def test_while_nothing_can_be_written_no_item_is_set_aside() -> None:
    channel: BoundedChannel[int] = BoundedChannel(9)
    writer = Writer(set(), ValueError)
    writer.full = True
    stage = BatchStage("writer", channel, writer.write, batch_max=3, rescue=writer.rescue())
    channel.put(1)
    for _ in range(TRIES_MAX * 3):
        with pytest.raises(OSError, match="full"):
            stage.run(lambda: None, threading.Event())
    writer.full = False
    channel.close()
    stage.run(lambda: None, threading.Event())
    assert (writer.items, writer.aside) == ([1], [])


@pytest.mark.review(1)
def test_what_cannot_be_written_at_the_end_is_set_aside_at_once() -> None:
    channel: BoundedChannel[int] = BoundedChannel(9)
    writer = Writer({4}, TroubleError)
    stage = BatchStage("writer", channel, writer.write, batch_max=3, rescue=writer.rescue())
    for number in range(9):
        channel.put(number)
    stage.finish()
    assert (writer.items, writer.aside) == ([0, 1, 2, 3, 5, 6, 7, 8], [4])
    channel.put(9)
    writer.full = True
    writer.bad = {9}
    stage.finish()
    assert writer.aside == [4, 9]


def test_a_writer_that_cannot_finish_says_so() -> None:
    channel: BoundedChannel[int] = BoundedChannel(4)

    def write(batch: list[int]) -> None:
        raise OSError(f"disk full, {len(batch)} left")

    supervisor = Supervisor()
    supervisor.add(BatchStage("writer", channel, write, batch_max=2))
    supervisor.start()
    channel.put(1)
    supervisor.stop.set()
    channel.close()
    assert supervisor.join(WAIT_S)
    assert supervisor.states[0].finish_failed


def test_stop_ends_a_source_and_closes_its_device() -> None:
    channel: BoundedChannel[int] = BoundedChannel(1)
    release = threading.Event()

    def endless(_: Callable[[], None]) -> Iterator[int]:
        number = 0
        try:
            while True:
                yield number
                number += 1
        finally:
            release.set()

    supervisor = Supervisor()
    items: list[int] = []
    supervisor.add(WorkStage("work", channel, items.append))
    supervisor.add(SourceStage("source", endless, channel))
    supervisor.start()
    supervisor.stop.set()
    assert supervisor.join(WAIT_S)
    assert release.is_set()


def test_a_stage_that_does_not_move_is_stalled_and_one_that_waits_for_work_is_not() -> None:
    release = threading.Event()
    inlet: BoundedChannel[int] = BoundedChannel(1)
    idle: BoundedChannel[int] = BoundedChannel(1)

    def hang(item: int) -> None:
        del item
        release.wait(WAIT_S)

    supervisor = Supervisor(stall_s=1.0)
    supervisor.add(WorkStage("hanging", inlet, hang))
    supervisor.add(WorkStage("idle", idle, hang))
    supervisor.start()
    inlet.put(1)
    stage_names: list[str] = []
    for _ in range(200):
        stage_names = supervisor.stalled()
        if stage_names:
            break
        threading.Event().wait(0.1)
    assert stage_names == ["hanging"]
    release.set()
    inlet.close()
    idle.close()
    assert supervisor.join(WAIT_S)


@pytest.mark.parametrize("capacity", [1, 3])
def test_no_more_than_the_channels_hold_is_ever_read_ahead(capacity: int) -> None:
    channel: BoundedChannel[int] = BoundedChannel(capacity)
    numbers_read: list[int] = []
    gate = threading.Event()

    def source(_: Callable[[], None]) -> Iterator[int]:
        for number in range(20):
            numbers_read.append(number)
            yield number

    def work(item: int) -> None:
        gate.wait(WAIT_S)
        assert numbers_read[-1] - item <= capacity + 1

    supervisor = Supervisor()
    supervisor.add(WorkStage("work", channel, work))
    supervisor.add(SourceStage("source", source, channel))
    supervisor.start()
    gate.set()
    assert supervisor.join(WAIT_S)
    assert supervisor.states[0].failure == ""


def until(condition: Callable[[], bool], supervisor: Supervisor | None = None) -> None:
    limit_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < limit_s
        if supervisor is not None:
            supervisor.tend()
        time.sleep(0.02)


class Device:
    """A source that hangs in its driver when told so, and counts who opens it.

    Args:
        hangs: openings that hang.
    """

    def __init__(self, *hangs: int) -> None:
        self.back = threading.Event()
        self.open_count = 0
        self.close_count = 0
        self._hangs = hangs

    def items(self, beat: Callable[[], None]) -> Iterator[int]:
        self.open_count += 1
        number = self.open_count
        try:
            for item in itertools.count(number * 1000):
                beat()
                if number in self._hangs:
                    self.back.wait(WAIT_S)
                time.sleep(0.01)
                yield item
        finally:
            self.close_count += 1


def supervise(*devices: Device) -> tuple[Supervisor, list[list[int]]]:
    supervisor, outputs = Supervisor(stall_s=0.5), list[list[int]]()
    for number, device in enumerate(devices):
        channel: LatestChannel[int] = LatestChannel(lambda _: 0)
        outputs.append([])
        supervisor.add(WorkStage(f"work-{number}", channel, outputs[number].append))
        supervisor.add(SourceStage(f"source-{number}", device.items, channel), replaceable=True)
    supervisor.start()
    return supervisor, outputs


@pytest.mark.review(4)
def test_a_source_that_hangs_once_goes_on_in_another_thread_and_the_old_one_ends_when_it_comes_back() -> None:
    device = Device(1)
    supervisor, (output,) = supervise(device)
    until(lambda: len(output) > 5, supervisor)
    assert min(output) >= 2000
    assert (supervisor.stalled(), supervisor.hanging()) == ([], [])
    assert supervisor.restarts() == {"source-0": 1}
    assert supervisor.states[1].failure == "did not move for 0.5 s"
    device.back.set()
    until(lambda: device.close_count == 1)
    assert min(output) >= 2000, "a thread that was replaced has nothing to say any more"
    supervisor.stop.set()
    assert supervisor.join(WAIT_S)
    assert device.close_count == 2


@pytest.mark.review(4)
def test_a_source_that_hangs_twice_is_given_up_reported_and_the_other_goes_on() -> None:
    bad, good = Device(1, 2), Device()
    supervisor, (_, output) = supervise(bad, good)
    until(lambda: bool(supervisor.hanging()), supervisor)
    for _ in range(100):
        supervisor.tend()
        time.sleep(0.01)
    assert (bad.open_count, supervisor.hanging(), supervisor.stalled()) == (2, ["source-0"], [])
    assert "source-0 does not move" in supervisor.troubles()
    before = len(output)
    until(lambda: len(output) > before)
    bad.back.set()  # the driver answers again: one that hung ends, so there is a place for another
    until(lambda: bad.open_count == 3, supervisor)
    assert supervisor.hanging() == []
    supervisor.stop.set()
    assert supervisor.join(WAIT_S)


@pytest.mark.review(4)
def test_a_stop_waits_for_no_source_that_hangs_and_what_stands_behind_it_is_finished() -> None:
    device, end = Device(1), threading.Event()
    channel: LatestChannel[int] = LatestChannel(lambda _: 0)
    supervisor = Supervisor()
    supervisor.add(WorkStage("work", channel, lambda _: None, end.set))
    supervisor.add(SourceStage("source", device.items, channel), replaceable=True)
    supervisor.start()
    until(lambda: device.open_count == 1)
    supervisor.stop.set()
    assert supervisor.join(WAIT_S / 2)
    assert end.is_set()
    device.back.set()
    until(lambda: device.close_count == 1)


@pytest.mark.review(3)
@pytest.mark.parametrize("failure", [SystemExit, KeyboardInterrupt, GeneratorExit, termios.error, MemoryError])
def test_whatever_a_stage_raises_it_is_started_again(failure: type[BaseException]) -> None:
    channel: BoundedChannel[int] = BoundedChannel(4)
    items: list[int] = []
    failures = iter([True])

    def work(item: int) -> None:
        items.append(item)
        if next(failures, False):
            raise failure

    supervisor = Supervisor()
    supervisor.add(WorkStage("work", channel, work))
    supervisor.start()
    for item in (1, 2):
        channel.put(item)
    until(lambda: items == [1, 2])
    assert [state.stage.name for state in supervisor.restarting()] == ["work"], "not well before it has run for a while"
    assert supervisor.restarts() == {"work": 1}
    channel.close()
    assert supervisor.join(WAIT_S)
