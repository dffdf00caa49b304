"""A count that hangs with its disk: the last one stays with its age, and another thread goes on counting."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from alpr_edge.app.stages.store_counts import StoreCounts, store_warnings
from alpr_edge.runtime.supervisor import Supervisor

WAIT_S = 60.0


def until(holds: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < limit_s
        time.sleep(0.02)


class Disk:
    """Counts that hang while the disk does."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.hanging = threading.Event()
        self._numbers = itertools.count(1)

    def count(self) -> dict[str, int]:
        number = next(self._numbers)
        if not self.answers.is_set():
            self.hanging.set()
            assert self.answers.wait(WAIT_S)
        return {"outbox_ready": number, "outbox_quarantined": 0, "records_set_aside": 0}


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.answers.set()


@pytest.fixture
def counts(disk: Disk) -> Iterator[StoreCounts]:
    stage, supervisor = StoreCounts(disk.count), Supervisor(stall_s=2.0)
    assert stage.figures()["outbox_ready"] is None
    assert store_warnings(stage.figures()) == []
    supervisor.add(stage, replaceable=True)
    supervisor.start()
    tending = threading.Event()

    def tend() -> None:
        while not tending.wait(0.05):
            supervisor.tend()

    thread = threading.Thread(target=tend)
    thread.start()
    yield stage
    tending.set()
    thread.join(WAIT_S)
    supervisor.stop.set()
    disk.answers.set()
    assert supervisor.join(WAIT_S)


def test_a_count_that_hangs_leaves_the_last_one_and_its_age(counts: StoreCounts, disk: Disk) -> None:
    until(lambda: bool(counts.figures()["outbox_ready"]))
    disk.answers.clear()
    assert disk.hanging.wait(WAIT_S)
    # Every further thread hangs as well: what was counted before stays, and grows old.
    last = counts.figures()
    until(lambda: counts.figures()["counts_age_s"] > 1.5)
    assert counts.figures() | {"counts_age_s": 0} == last | {"counts_age_s": 0}
    disk.answers.set()
    until(lambda: counts.figures()["outbox_ready"] > last["outbox_ready"] and counts.figures()["counts_age_s"] < 1.5)
