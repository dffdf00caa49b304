"""How many results of a live camera wait for a slow reader, and what is read of it next."""

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest

from alpr_edge.runtime.channels import BoundedChannel, LatestChannel
from alpr_edge.runtime.parallel.ordered_work import NO_LIMITS, LiveLimits, OrderedWork, Ticket
from alpr_edge.runtime.parallel.worker_stage import WorkerStage
from alpr_edge.runtime.stages import SourceStage, WorkStage
from alpr_edge.runtime.supervisor import Supervisor

WAIT_S = 60.0
AHEAD_MAX = 8
Item = tuple[str, int]
Work = OrderedWork[Item, int]


class Live:
    """The work on the newest item of each key, two of which may wait for the reader."""

    def __init__(self, ready_max: int | None = 2, overdue_s: float | None = None) -> None:
        self.inlet: LatestChannel[Item] = LatestChannel(lambda item: item[0])
        limits = LiveLimits(ready_max, overdue_s)
        self.work: Work = OrderedWork(self.inlet, lambda item: item[0], 4, AHEAD_MAX, limits)

    def take(self, key: str, number: int) -> Ticket[Item, int] | None:
        """Put an item into the inlet, and take what may be taken."""
        self.inlet.put((key, number))
        return self.work.take(0)

    def finish(self, key: str, number: int) -> bool:
        """Have an item worked on, if it may be taken."""
        ticket = self.take(key, number)
        if ticket is not None:
            self.work.put_back(ticket, 0)
        return ticket is not None

    def read(self) -> Item | None:
        """The item of the next result."""
        result = self.work.get(0)
        return None if result is None else result[0]


def test_while_two_results_wait_for_the_reader_the_newest_item_replaces_the_others_and_is_the_next() -> None:
    live = Live()
    assert [number for number in range(20) if live.finish("front", number)] == [0, 1]
    assert live.finish("rear", 0), "the other keys go on"
    assert [live.read() for _ in range(2)] == [("front", 0), ("rear", 0)]
    ticket = live.work.take(0)
    assert ticket is not None
    assert ticket.item == ("front", 19)
    live.work.put_back(ticket, 0)
    assert [live.read() for _ in range(3)] == [("front", 1), ("front", 19), None]


def test_results_that_wait_for_an_earlier_one_keep_no_item_back() -> None:
    live = Live()
    slow = live.take("front", 0)
    assert slow is not None
    assert [number for number in range(1, 20) if live.finish("front", number)] == list(range(1, AHEAD_MAX))
    assert live.read() is None
    live.work.put_back(slow, 0)
    assert [live.read() for _ in range(AHEAD_MAX)] == [("front", number) for number in range(AHEAD_MAX)]


def test_behind_an_item_whose_worker_hangs_the_key_goes_on() -> None:
    live = Live(overdue_s=0.0)
    assert live.take("front", 0)
    assert [number for number in range(1, 4) if live.finish("front", number)] == [1, 2, 3]
    assert live.read() is None, "it is given up"
    assert not live.finish("front", 4), "three wait"
    assert [live.read() for _ in range(2)] == [("front", 1), ("front", 2)]
    assert live.finish("front", 5)
    assert [live.read() for _ in range(2)] == [("front", 3), ("front", 5)]
    assert live.work.lost == {"front": 1}


def test_an_item_whose_work_failed_is_no_result_that_waits() -> None:
    live = Live()
    for number in range(AHEAD_MAX):
        ticket = live.take("front", number)
        assert ticket is not None
        live.work.put_back(ticket, None)
    assert [live.read() for _ in range(AHEAD_MAX)] == [None] * AHEAD_MAX
    assert live.finish("front", AHEAD_MAX)


def test_whoever_waits_for_room_is_woken_when_one_of_the_results_is_read() -> None:
    live = Live()
    assert [live.finish("front", number) for number in range(3)] == [True, True, False]
    taken: list[Ticket[Item, int] | None] = []
    waiting = threading.Thread(target=lambda: taken.append(live.work.take(WAIT_S)), daemon=True)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    assert live.read() == ("front", 0)
    waiting.join(WAIT_S / 6)
    assert [ticket and ticket.item for ticket in taken] == [("front", 2)]


def source(key: str, end: threading.Event) -> Callable[[object], Iterator[Item]]:
    """Items as fast as they are taken, until the end."""
    return lambda _: itertools.takewhile(lambda _: not end.is_set(), ((key, number) for number in itertools.count()))


@pytest.mark.parametrize("ready_max", [1, 2])
def test_behind_a_slow_reader_no_more_than_that_and_what_the_workers_have_in_hand_waits(ready_max: int) -> None:
    keys, workers, end = ("left", "front", "right"), 4, threading.Event()
    inlet: LatestChannel[Item] = LatestChannel(lambda item: item[0], producers=len(keys))
    limits = LiveLimits(ready_max)
    work: Work = OrderedWork(inlet, lambda item: item[0], workers, workers * AHEAD_MAX, limits)
    read: dict[str, list[int]] = {key: [] for key in keys}
    waiting: list[int] = []

    def track(result: tuple[Item, int]) -> None:
        (key, number), _ = result
        end.wait(0.005)
        read[key].append(number)
        waiting.extend(work.taken[each] - len(read[each]) for each in keys)
        if all(len(numbers) >= 30 for numbers in read.values()):
            end.set()

    supervisor = Supervisor()
    supervisor.add(WorkStage("tracking", work, track))
    for number in range(workers):
        supervisor.add(WorkerStage(f"worker-{number}", work, lambda item: item[1]))
    for key in keys:
        supervisor.add(SourceStage(key, source(key, end), inlet))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert max(waiting) <= ready_max + workers
    assert all(numbers == sorted(set(numbers)) for numbers in read.values())
    assert work.lost.total() == 0


def test_a_replay_works_ahead_and_loses_nothing() -> None:
    inlet: BoundedChannel[Item] = BoundedChannel(20)
    for number in range(20):
        inlet.put(("front", number))
    inlet.close()
    work: Work = OrderedWork(inlet, lambda item: item[0], 1, AHEAD_MAX, NO_LIMITS)
    numbers: list[int] = []
    while len(numbers) < 20:
        tickets = [ticket for ticket in (work.take(0) for _ in range(AHEAD_MAX) if work.is_fed) if ticket]
        assert len(tickets) == min(AHEAD_MAX, 20 - len(numbers))
        for ticket in tickets:
            work.put_back(ticket, 0)
        numbers += [result[0][1] for result in (work.get(0) for _ in tickets) if result]
    assert numbers == list(range(20))
