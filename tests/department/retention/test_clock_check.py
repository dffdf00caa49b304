"""A clock that is wrong by months deletes nothing (policy 462.5): what is deleted does not come back."""

import itertools
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.retention.clock_check import CLOCK_GAP_MAX
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import TODAY, Office, read_item, time_item

HOUR = timedelta(hours=1)
FAR_AHEAD = TODAY + timedelta(days=3 * 365)


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(read_item("old"), days_ago=400)
    office.deliver(read_item("of-today", seen=TODAY), days_ago=0)
    yield office
    office.storage.close()


def purge(office: Office, now: datetime) -> int:
    return office.storage.open_purge(lambda: now).run("timer").reads


def records(office: Office) -> list[dict[str, object]]:
    return [json.loads(run.record) for run in office.storage.deletions()]


def refusal(office: Office, now: datetime) -> str:
    with pytest.raises(DepartmentError, match="nothing is deleted; set the clock") as error:
        purge(office, now)
    return str(error.value)


def test_a_clock_that_is_years_ahead_deletes_nothing(office: Office) -> None:
    assert "the newest thing known is 1095 days older" in refusal(office, FAR_AHEAD)
    assert office.reads() == ["of-today", "old"]
    assert office.storage.deletions() == []
    assert "set the clock" in office.storage.open_purge(lambda: FAR_AHEAD).overdue()[0]


@pytest.mark.review2(16)
def test_a_clock_that_is_years_ahead_keeps_nobody_from_counting(office: Office) -> None:
    """Whoever asks what would be deleted learns why nothing is."""
    due = office.storage.open_purge(lambda: FAR_AHEAD).due()
    assert (due.reads, "set the clock" in due.refused) == (2, True)
    assert office.storage.open_purge(lambda: TODAY).due().refused == ""


def test_what_arrives_by_a_clock_that_is_ahead_does_not_speak_for_it(office: Office) -> None:
    office.deliver(read_item("seen-today", seen=TODAY + HOUR), days_ago=(TODAY - FAR_AHEAD).days)
    refusal(office, FAR_AHEAD + HOUR)


def test_a_car_whose_clock_is_ahead_does_not_speak_for_it_either(office: Office) -> None:
    office.deliver(read_item("from-tomorrow", seen=FAR_AHEAD - HOUR), days_ago=0)
    refusal(office, FAR_AHEAD)


def test_a_week_is_bridged_and_no_more(office: Office) -> None:
    refusal(office, TODAY + CLOCK_GAP_MAX + HOUR)
    assert purge(office, TODAY + CLOCK_GAP_MAX) == 1


@pytest.mark.review2(10)
def test_no_run_vouches_for_the_clock_of_the_next(office: Office) -> None:
    """A clock that gains less than a week before each night's run, while cars deliver reads of today."""
    ahead, found = timedelta(), []
    for night in range(60):
        ahead += timedelta(days=6.9)
        office.deliver(read_item(f"night-{night}", seen=TODAY + night * HOUR), days_ago=-night / 24)
        try:
            found.append(purge(office, TODAY + night * HOUR + ahead))
        except DepartmentError as error:
            assert "set the clock" in str(error)  # noqa: PT017 - most nights are refused
    assert found == [1], "the first night alone, for what was old by a year and more"
    assert len(office.reads()) == 61


@pytest.mark.review2(10)
def test_nights_without_a_read_go_by_the_last_time_that_a_person_said_that_the_clock_is_right(office: Office) -> None:
    nights = [TODAY + timedelta(days=day) for day in range(0, 21, 6)]
    assert [purge(office, night) for night in nights[:2]] == [1, 0]
    refusal(office, nights[2])
    office.storage.open_purge(lambda: nights[2], is_clock_trusted=True).run("login:ana")
    assert purge(office, nights[3]) == 0
    refusal(office, nights[3] + CLOCK_GAP_MAX)
    assert [run["is_clock_confirmed"] for run in records(office)] == [False, False, True, False]


@pytest.mark.review2(10)
def test_a_clock_that_jumps_while_a_run_works_deletes_no_more(office: Office) -> None:
    moments = itertools.chain([TODAY], itertools.repeat(FAR_AHEAD))
    assert office.storage.open_purge(lambda: next(moments)).run("timer").reads == 1
    assert office.reads() == ["of-today"]


@pytest.mark.review2(10)
def test_a_time_that_a_car_took_back_does_not_speak_for_the_clock(office: Office) -> None:
    office.deliver(read_item("taken-back", seen=FAR_AHEAD), days_ago=(TODAY - FAR_AHEAD).days)
    office.deliver(time_item("taken-back", None), days_ago=0)
    refusal(office, FAR_AHEAD + HOUR)


def test_somebody_may_say_that_the_clock_is_right(office: Office) -> None:
    assert office.storage.open_purge(lambda: FAR_AHEAD, is_clock_trusted=True).run("login:ana").reads == 2


def test_a_department_without_reads_has_nothing_to_lose(tmp_path: Path, engine: EngineUnderTest) -> None:
    office = Office(engine.use(tmp_path / "empty"))
    assert purge(office, TODAY) == 0
    office.storage.close()


def test_where_reads_tell_no_moment_somebody_says_that_the_clock_is_right(
    tmp_path: Path, engine: EngineUnderTest
) -> None:
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(
        read_item("of-a-car-without-time", seen=TODAY - timedelta(days=400), source=UtcSource.RTC), days_ago=400
    )
    assert "nothing is known that bears it out" in refusal(office, TODAY)
    assert office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).run("login:ana").reads == 1
    assert purge(office, TODAY + timedelta(days=1)) == 0
    office.storage.close()
