"""Items of several keys, worked on by several threads: order, bounds, losses, and what a hanging worker holds up."""

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.channels import BoundedChannel, ClosedError, LatestChannel
from alpr_edge.runtime.parallel.ordered_work import LiveLimits, OrderedWork, Ticket
from alpr_edge.runtime.parallel.worker_stage import WorkerStage
from alpr_edge.runtime.stages import SourceStage, WorkStage
from alpr_edge.runtime.supervisor import Supervisor

WAIT_S = 60.0
Item = tuple[str, int]
Work = OrderedWork[Item, int]


def key_of(item: Item) -> str:
    return item[0]


def work_on(*items: Item, ahead_max: int = 4, overdue_s: float | None = None, workers: int = 1) -> Work:
    """The work on items that are all there; the inlet is closed."""
    inlet: BoundedChannel[Item] = BoundedChannel(len(items))
    for item in items:
        inlet.put(item)
    inlet.close()
    return OrderedWork(inlet, key_of, workers, ahead_max, LiveLimits(overdue_s=overdue_s))


def take_tickets(work: Work, count: int) -> list[Ticket[Item, int]]:
    """So many tickets."""
    tickets = [work.take(0) for _ in range(count)]
    return [ticket for ticket in tickets if ticket is not None]


def items_ready(work: Work, looks: int = 10) -> list[Item]:
    """The items whose results come out now; a look that finds one lost gives none."""
    items = []
    for _ in range(looks):
        try:
            result = work.get(0)
        except ClosedError:
            break
        items += [] if result is None else [result[0]]
    return items


def test_results_come_out_in_the_order_in_which_their_items_were_taken() -> None:
    work = work_on(("front", 1), ("front", 2), ("front", 3))
    for ticket in reversed(take_tickets(work, 3)):
        assert work.get(0) is None
        work.put_back(ticket, ticket.item[1] * 10)
    assert [work.get(0) for _ in range(3)] == [(("front", number), number * 10) for number in (1, 2, 3)]
    work.close()
    with pytest.raises(ClosedError):
        work.get(0)


def test_a_key_does_not_wait_for_another_ones_slow_item() -> None:
    work = work_on(("left", 1), ("front", 1), ("left", 2), ("front", 2))
    slow, *others = take_tickets(work, 4)
    for ticket in others:
        work.put_back(ticket, 0)
    assert [work.get(0), work.get(0)] == [(("front", 1), 0), (("front", 2), 0)]
    assert work.get(0) is None
    work.put_back(slow, 0)
    assert [work.get(0), work.get(0)] == [(("left", 1), 0), (("left", 2), 0)]


def test_keys_are_read_in_turn() -> None:
    work = work_on(*itertools.product(("left", "front"), (1, 2)))
    for ticket in take_tickets(work, 4):
        work.put_back(ticket, 0)
    assert [result[0][0] for result in (work.get(0) for _ in range(4)) if result] == ["left", "front", "left", "front"]


def test_of_a_key_with_too_many_tickets_out_nothing_more_is_taken_and_of_the_others_it_is() -> None:
    items = [("flood", number) for number in range(5)]
    work = work_on(*items, ("front", 0), ahead_max=2)
    first, *_ = tickets = take_tickets(work, 6)
    assert [ticket.item for ticket in tickets] == [("flood", 0), ("flood", 1), ("front", 0)]
    work.put_back(first, 0)
    assert work.take(0) is None, "its result has not been read"
    assert work.get(0) == (("flood", 0), 0)
    assert [ticket.item for ticket in take_tickets(work, 2)] == [("flood", 2)]


def test_whoever_waits_for_room_is_woken_when_a_result_is_read() -> None:
    work = work_on(("front", 1), ("front", 2), ahead_max=1)
    (first,) = take_tickets(work, 1)
    second: list[Ticket[Item, int] | None] = []
    thread = threading.Thread(target=lambda: second.append(work.take(WAIT_S)))
    thread.start()
    work.put_back(first, 0)
    assert work.get(WAIT_S) == (("front", 1), 0)
    thread.join(WAIT_S)
    assert [ticket.item for ticket in second if ticket is not None] == [("front", 2)]


def test_an_item_whose_work_failed_is_counted_and_the_order_goes_on() -> None:
    work = work_on(("front", 1), ("front", 2), ("rear", 1))
    failed, second, other = take_tickets(work, 3)
    work.put_back(second, 0)
    work.put_back(failed, None)
    work.put_back(other, 0)
    assert sorted(items_ready(work)) == [("front", 2), ("rear", 1)]
    assert (work.lost, work.taken) == ({"front": 1}, {"front": 2, "rear": 1})


def test_an_item_whose_worker_hangs_is_given_up_once_others_wait_for_it() -> None:
    work = work_on(("front", 1), ("front", 2), ("front", 3), overdue_s=0.0)
    hanging, second, third = take_tickets(work, 3)
    assert work.get(0) is None, "nothing waits for it"
    work.put_back(second, 0)
    until_s = time.monotonic() + WAIT_S
    results: list[tuple[Item, int]] = []
    while not results:
        assert time.monotonic() < until_s
        results += [result for result in [work.get(0)] if result]
    assert results == [(("front", 2), 0)]
    work.put_back(hanging, 0)
    work.put_back(third, 0)
    assert work.get(0) == (("front", 3), 0), "what came too late does not count"
    assert work.lost == {"front": 1}


def test_a_key_is_under_way_until_its_results_are_read_or_its_worker_is_overdue() -> None:
    work = work_on(("front", 1), ("rear", 1), overdue_s=60.0)
    assert not work.is_under_way("front")
    front, rear = take_tickets(work, 2)
    assert work.is_under_way("front")
    work.put_back(front, 0)
    rear.taken_s -= 61
    assert (work.is_under_way("front"), work.is_under_way("rear")) == (True, False)
    assert work.get(0) == (("front", 1), 0)
    assert not work.is_under_way("front")


def test_without_a_limit_of_time_the_order_waits() -> None:
    work = work_on(("front", 1), ("front", 2))
    slow, second = take_tickets(work, 2)
    slow.taken_s -= 1e6
    work.put_back(second, 0)
    assert work.get(0) is None
    work.put_back(slow, 0)
    assert [work.get(0), work.get(0)] == [(("front", 1), 0), (("front", 2), 0)]


def test_when_all_workers_have_ended_what_they_did_not_return_is_lost_and_the_rest_comes_out() -> None:
    work = work_on(("front", 1), ("front", 2), workers=2)
    _, second = take_tickets(work, 2)
    work.close()
    work.put_back(second, 0)
    assert work.get(0) is None
    work.close()
    assert items_ready(work) == [("front", 2)]
    assert work.lost == {"front": 1}


HELD = Backoff(first_s=1e6, longest_s=1e6)
"""Waits that no test outlasts."""


def fail(work: Work, key: str) -> None:
    """Take the next item of a key, and return it without a result."""
    (ticket,) = take_tickets(work, 1)
    assert ticket.item[0] == key
    work.put_back(ticket, None)
    assert work.get(0) is None


def test_of_a_key_whose_items_fail_nothing_is_taken_for_a_while_and_of_the_others_it_is() -> None:
    inlet: LatestChannel[Item] = LatestChannel(key_of)
    work: Work = OrderedWork(inlet, key_of, workers=1, ahead_max=4, limits=LiveLimits(backoff=HELD))
    for number in range(2):
        assert work.failing_keys == [], "a single item may fail by itself"
        inlet.put(("bad", number))
        fail(work, "bad")
    assert work.failing_keys == ["bad"]
    inlet.put(("bad", 2))
    inlet.put(("front", 0))
    assert [ticket.item for ticket in take_tickets(work, 3)] == [("front", 0)]
    inlet.close()
    assert [ticket.item for ticket in take_tickets(work, 1)] == [("bad", 2)], "the workers have to end"


def test_a_key_of_which_an_item_succeeds_is_let_go() -> None:
    inlet: LatestChannel[Item] = LatestChannel(key_of)
    limits = LiveLimits(backoff=Backoff(first_s=0.0, longest_s=0.0))
    work: Work = OrderedWork(inlet, key_of, workers=1, ahead_max=4, limits=limits)
    for number in range(3):
        inlet.put(("bad", number))
        fail(work, "bad")
    assert work.failing_keys == ["bad"]
    inlet.put(("bad", 3))
    (ticket,) = take_tickets(work, 1)
    work.put_back(ticket, 7)
    assert work.get(0) == (("bad", 3), 7)
    assert work.failing_keys == []


def test_without_waits_no_key_is_held() -> None:
    work = work_on(*[("bad", number) for number in range(5)])
    for _ in range(5):
        fail(work, "bad")
    assert (work.failing_keys, work.lost) == ([], {"bad": 5})


def source_of(key: str, count: int) -> Callable[[object], Iterator[Item]]:
    """A source of so many items of a key."""
    return lambda _: ((key, number) for number in range(count))


def supervise(work: Work, workers: int, process: Callable[[Item], int]) -> tuple[Supervisor, dict[str, list[int]]]:
    """Workers and the reader of their results, not started."""
    numbers: dict[str, list[int]] = defaultdict(list)
    supervisor = Supervisor()
    supervisor.add(WorkStage("reader", work, lambda result: numbers[result[0][0]].append(result[1])))
    for number in range(workers):
        supervisor.add(WorkerStage(f"worker-{number}", work, process))
    return supervisor, numbers


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_many_items_through_real_threads_keep_their_order_and_none_is_lost(workers: int) -> None:
    keys, count = ("left", "front", "right"), 200
    inlet: BoundedChannel[Item] = BoundedChannel(4, producers=len(keys))
    work: Work = OrderedWork(inlet, key_of, workers, 2 * workers)
    under_way, most = set[int](), list[int]()

    def process(item: Item) -> int:
        under_way.add(threading.get_ident())
        most.append(len(under_way))
        time.sleep(0.0001 * (item[1] % 7))
        under_way.discard(threading.get_ident())
        return item[1]

    supervisor, numbers = supervise(work, workers, process)
    for key in keys:
        supervisor.add(SourceStage(key, source_of(key, count), inlet))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert numbers == {key: list(range(count)) for key in keys}
    assert max(most) <= workers
    assert work.lost.total() == 0


def test_a_worker_that_fails_is_started_again_and_its_items_alone_are_lost() -> None:
    inlet: BoundedChannel[Item] = BoundedChannel(4)
    work: Work = OrderedWork(inlet, key_of, 2, 4)

    def process(item: Item) -> int:
        if item[1] in {3, 4}:
            raise ValueError(f"item {item[1]}")
        return item[1]

    supervisor, numbers = supervise(work, 2, process)
    supervisor.add(SourceStage("source", source_of("front", 40), inlet))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert numbers["front"] == [number for number in range(40) if number not in {3, 4}]
    assert work.lost == {"front": 2}
    assert sum(supervisor.restarts().values()) == 2


def test_a_key_that_floods_leaves_the_others_their_share() -> None:
    """One key's items come as fast as they are taken; the others' one at a time, each when the last one was read."""
    inlet: LatestChannel[Item] = LatestChannel(key_of, producers=2)
    work: Work = OrderedWork(inlet, key_of, 2, 4)
    numbers: dict[str, list[int]] = defaultdict(list)
    read, end = threading.Semaphore(), threading.Event()

    def keep(result: tuple[Item, int]) -> None:
        numbers[result[0][0]].append(result[1])
        if result[0][0] == "front":
            read.release()

    def one_by_one(_: object) -> Iterator[Item]:
        for number in range(100):
            assert read.acquire(timeout=WAIT_S)
            yield "front", number
        until_s = time.monotonic() + WAIT_S
        while not inlet.drop_count and time.monotonic() < until_s:
            time.sleep(0.001)  # the other thread may not have come to its turn as often as this one
        end.set()

    def flood(_: object) -> Iterator[Item]:
        for number in itertools.count():
            if end.is_set():
                return
            yield "flood", number

    supervisor = Supervisor()
    supervisor.add(WorkStage("reader", work, keep))
    for number in range(2):
        supervisor.add(WorkerStage(f"worker-{number}", work, lambda item: item[1]))
    supervisor.add(SourceStage("front", one_by_one, inlet))
    supervisor.add(SourceStage("flood", flood, inlet))
    supervisor.start()
    assert supervisor.join(WAIT_S)
    assert numbers["front"] == list(range(100))
    assert inlet.drops["front"] == 0
    assert inlet.drop_count == inlet.drops["flood"] > 0
    assert numbers["flood"] == sorted(numbers["flood"])


def test_who_waits_for_a_held_key_takes_from_it_as_soon_as_it_is_let_go() -> None:
    inlet: BoundedChannel[Item] = BoundedChannel(4)
    for number in range(4):
        inlet.put(("front", number))
    limits = LiveLimits(backoff=Backoff(first_s=WAIT_S, longest_s=WAIT_S))
    work: Work = OrderedWork(inlet, key_of, 2, ahead_max=4, limits=limits)
    first, second, third = take_tickets(work, 3)
    work.put_back(first, None)
    work.put_back(second, None)
    assert work.take(0) is None
    taken: list[Ticket[Item, int] | None] = []
    waiting = threading.Thread(target=lambda: taken.append(work.take(WAIT_S)), daemon=True)
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive(), "it is held"
    work.put_back(third, 1)
    waiting.join(WAIT_S / 6)
    assert [ticket and ticket.item for ticket in taken] == [("front", 3)]
