"""The stage that compares how often reads are right with the weeks before, over a real store."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.app.fault_advice import told_faults
from alpr_edge.app.precision_watch import PrecisionWatch
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.statistics.deterioration import BEFORE_DAYS, NOW_DAYS
from alpr_edge.settings import load
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.services.reports.test_reading_quality import AFTER as AFTER_SUMMER
from tests.services.reports.test_reading_quality import SUMMER, store_days
from tests.services.reports.week import MONDAY, Sighting, WeekPlan, instant_at, sightings, store_week
from tests.units import write_bare_unit

WAIT_S = 60.0
AFTER = datetime.combine(MONDAY + timedelta(NOW_DAYS), datetime.min.time(), UTC) + timedelta(hours=3)
"""The Monday after the week."""
WELL = {("front", "day"): 0.02, ("front", "night"): 0.02, ("rear", "day"): 0.02, ("rear", "night"): 0.02}


class SetClock:
    """A clock that stands still."""

    def __init__(self, instant: Instant) -> None:
        self.instant = instant

    def now(self) -> Instant:
        return self.instant


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnitStore]:
    """Three weeks of few misreads, one of many, B as 8, by the rear camera; a summer whose last week was less sure."""
    with open_store(load(write_bare_unit(tmp_path_factory.mktemp("watch"))), migrate=True) as store:
        store_week(store, before())
        worse = {**WELL, ("rear", "day"): 0.4, ("rear", "night"): 0.4}
        store_week(store, [with_b_for_8(each) for each in sightings(2, WeekPlan(200, worse))])
        store_days(store, SUMMER - timedelta(BEFORE_DAYS), BEFORE_DAYS, rear_certain=0.9)
        store_days(store, SUMMER, NOW_DAYS, rear_certain=0.5)
        yield store


def before() -> list[Sighting]:
    drawn = sightings(1, WeekPlan(400, WELL), MONDAY - timedelta(BEFORE_DAYS), BEFORE_DAYS)
    return [replace(each, number=100_000 + each.number) for each in drawn]


def with_b_for_8(sighting: Sighting) -> Sighting:
    """What the rear camera misreads has a B that it takes for an 8."""
    if sighting.camera != "rear" or sighting.text == sighting.plate:
        return sighting
    before, after = sighting.plate[0], sighting.plate[2:]
    return replace(sighting, plate=f"{before}B{after}", text=f"{before}8{after}")


def watch(store: UnitStore, now: Instant, *, is_compared: bool = True) -> list[Fault]:
    """The faults of a stage that ran until it compared, or for some rounds."""
    stage, stop, rounds = PrecisionWatch(store.database, SetClock(now)), threading.Event(), threading.Semaphore(0)
    thread = threading.Thread(target=stage.run, args=(rounds.release, stop))
    thread.start()
    try:
        assert rounds.acquire(timeout=WAIT_S)
        assert rounds.acquire(timeout=WAIT_S), "the second round begins once the first has compared"
    finally:
        stop.set()
        thread.join(WAIT_S)
    assert not thread.is_alive()
    assert (stage._due_s > 0) == is_compared
    return stage.faults()


def test_a_camera_that_got_worse_is_told_with_its_counts(store: UnitStore) -> None:
    faults = [fault for fault in watch(store, instant_at(AFTER)) if fault.kind is FaultKind.CAMERA_WORSE]
    assert [fault.subject for fault in faults] == ["camera rear"]
    assert "reads more plates wrong than before: " in faults[0].text
    assert "wrong in 7 days" in faults[0].text
    (told,) = told_faults(faults)
    assert (told["name"], told["part"], told["state"], told["is_ready"]) == (
        "camera rear",
        "cameras",
        "attention",
        True,
    )


def test_characters_that_are_confused_more_often_are_told(store: UnitStore) -> None:
    (fault,) = [fault for fault in watch(store, instant_at(AFTER)) if fault.kind is FaultKind.CHARACTERS_WORSE]
    assert fault.subject == "B read as 8"
    assert fault.text.startswith("B read as 8: more often than before: ")
    (told,) = told_faults([fault])
    assert (told["part"], told["state"], told["is_ready"]) == ("plate reader", "attention", True)


def test_a_camera_that_reads_fewer_plates_for_certain_is_told(store: UnitStore) -> None:
    (fault,) = watch(store, instant_at(AFTER_SUMMER))
    assert (fault.kind, fault.subject) == (FaultKind.CAMERA_WORSE, "camera rear")
    assert fault.text == "camera rear: fewer plates are read for certain: 50% now, 90% before"


def test_three_weeks_later_it_is_what_was_before(store: UnitStore) -> None:
    assert watch(store, instant_at(AFTER + timedelta(days=30))) == []


def test_the_days_are_whole_ones_before_today(store: UnitStore) -> None:
    assert watch(store, instant_at(AFTER - timedelta(days=NOW_DAYS))) == []


def test_without_a_trusted_time_nothing_is_compared(store: UnitStore) -> None:
    unknown = replace(instant_at(AFTER), utc_source=UtcSource.RTC)
    assert watch(store, unknown, is_compared=False) == []


def test_a_database_that_does_not_answer_is_a_fault_of_the_task(tmp_path: Path) -> None:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        with store.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE hits RENAME TO gone")
        (fault,) = watch(store, instant_at(AFTER))
    assert (fault.kind, fault.subject) == (FaultKind.SIDE_STAGE, "precision")
