"""What the stage of the disk tells: that it fills up with what may not be deleted, that a date may delete nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.app.stages.disk import PAUSED_S_MAX, DiskStage, open_ballast
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.settings import load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.store.records import bear_out, closed, decided_record, instant
from tests.store.retention.test_purge import deliver
from tests.units import write_bare_unit

STEPS_MAX = 2000
RETENTION = """[retention]
bytes_max = 1_000_000
disk_share_max = 0.99
amber_share = 1
check_interval_s = 0.001
ballast_bytes = 1_048_576
"""
"""A quota of a megabyte, and none of the disk that the tests run on."""


class SetClock:
    """A clock that a test sets."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant

    def now(self) -> Instant:
        return self.instant


@pytest.fixture
def clock() -> SetClock:
    return SetClock(instant())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    path = write_bare_unit(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write(RETENTION)
    with open_store(load(path), migrate=True) as store:
        yield store


@pytest.fixture
def stage(tmp_path: Path, store: UnitStore, clock: SetClock) -> DiskStage:
    settings = load(tmp_path / "alpr-edge.toml")
    return DiskStage(settings, store, open_ballast(settings), clock)


def until(stage: DiskStage, holds: Callable[[], bool]) -> None:
    """Let it step until something holds."""
    for _ in range(STEPS_MAX):
        stage.step()
        stage.judge()
        if holds():
            return
    raise AssertionError("it did not come")


def kinds(stage: DiskStage) -> list[FaultKind]:
    return [fault.kind for fault in stage.faults()]


def test_a_disk_that_fills_up_is_told_until_the_department_has_it(stage: DiskStage, store: UnitStore) -> None:
    until(stage, lambda: kinds(stage) == [])
    record = decided_record(jpeg=bytes(600_000))
    store.reads.commit([record])
    store.reads.commit([closed(record.read)])
    until(stage, lambda: kinds(stage) == [FaultKind.DISK_FILLING])
    deliver(store.outbox)
    until(stage, lambda: kinds(stage) == [])
    assert stage.figures()["disk"] == "room"


def test_a_date_that_may_delete_nothing_is_told_while_it_is_so(
    stage: DiskStage, store: UnitStore, clock: SetClock
) -> None:
    store.reads.commit([decided_record()])
    bear_out(store.database, clock.now())
    stage.step()
    assert kinds(stage) == []
    true = clock.instant
    clock.instant = replace(true, utc=datetime(2028, 1, 1, tzinfo=UTC), utc_source=UtcSource.GNSS)
    until(stage, lambda: kinds(stage) == [FaultKind.DELETION])
    assert "deletion by age rests: " in stage.faults()[0].text
    clock.instant = true
    until(stage, lambda: kinds(stage) == [])


@pytest.mark.review2(2)
def test_a_reason_that_keeps_reads_for_a_day_of_work_is_told(tmp_path: Path, store: UnitStore, clock: SetClock) -> None:
    """Over all starts, and until reads are deleted again."""
    settings = load(tmp_path / "alpr-edge.toml")
    clock.instant = Instant(clock.instant.boot_id, clock.instant.boottime_ns)  # nothing confirms it
    worked_s = 0.0

    def start() -> DiskStage:
        return DiskStage(settings, store, open_ballast(settings), clock, lambda: worked_s)

    for until_s in (PAUSED_S_MAX / 3, 2 * PAUSED_S_MAX / 3, PAUSED_S_MAX - 700):
        stage = start()
        while worked_s < until_s:
            stage.step()
            assert kinds(stage) == []
            worked_s += 700
    for _ in range(9):
        stage.step()
        worked_s += 700
    assert kinds(stage) == [FaultKind.DELETION_OVERDUE]
    assert "no receiver or time server confirms the time" in stage.faults()[0].text
    assert kinds(start()) == []
    later = start()
    later.step()
    assert kinds(later) == [FaultKind.DELETION_OVERDUE]
    (settings.unit.data_directory / "deletion-paused").write_text("damaged")
    stage = start()
    stage.step()
    assert kinds(stage) == []
