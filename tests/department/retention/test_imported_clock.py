"""The first nights of a department whose reads were all imported: nothing but the imports bears its clock out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.retention.clock_check import CLOCK_GAP_MAX
from alpr_edge.domain.errors import DepartmentError
from tests.department.engines import EngineUnderTest, query
from tests.department.interchange.test_read_import import NOW, Desk, row
from tests.department.retention.office import Office, read_item

HOUR = timedelta(hours=1)
FAR_AHEAD = NOW + timedelta(days=3 * 365)


@pytest.fixture
def desk(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Desk]:
    desk = Desk(tmp_path, engine.use(tmp_path / "department"))
    yield desk
    desk.storage.close()


def end_import(desk: Desk, at: datetime | None) -> None:
    """Say when the import ended, which this computer's clock says; None: it broke off."""
    value = "NULL" if at is None else f"'{at.replace(tzinfo=None).isoformat(' ', 'microseconds')}'"
    query(desk.directory, f"UPDATE import_runs SET ended_at = {value}".replace(":", r"\:"))


def purge(desk: Desk, now: datetime) -> int:
    return desk.storage.open_purge(lambda: now).run("timer").reads


def refusal(desk: Desk, now: datetime) -> str:
    with pytest.raises(DepartmentError, match="nothing is deleted; set the clock") as error:
        purge(desk, now)
    return str(error.value)


def test_the_end_of_an_import_is_known(desk: Desk) -> None:
    desk.run(desk.write([row(1, 364), row(2, 30)]))
    end_import(desk, NOW)
    assert "the newest thing known is 1095 days older" in refusal(desk, FAR_AHEAD)
    refusal(desk, NOW + CLOCK_GAP_MAX + HOUR)
    assert desk.count("reads") == 2
    assert purge(desk, NOW + CLOCK_GAP_MAX) == 1


def test_of_an_import_that_broke_off_the_newest_capture_is_known(desk: Desk) -> None:
    desk.run(desk.write([row(1, 364), row(2, 3)]))
    end_import(desk, None)
    refusal(desk, NOW + CLOCK_GAP_MAX)
    assert purge(desk, NOW + CLOCK_GAP_MAX - timedelta(days=4)) == 1


def test_an_import_by_a_clock_that_is_ahead_does_not_speak_for_it(desk: Desk) -> None:
    office = Office(desk.directory)
    office.deliver(read_item("of-today", seen=NOW), days_ago=0)
    office.storage.close()
    desk.run(desk.write([row(1, 30)]))
    end_import(desk, FAR_AHEAD)
    refusal(desk, FAR_AHEAD + HOUR)
    assert desk.count("reads") == 2


@pytest.mark.review2(10)
def test_no_later_import_speaks_for_the_clock_that_says_when_it_was(desk: Desk) -> None:
    for week in range(3):
        desk.run(desk.write([row(week, 30)]))
    end_import(desk, NOW)
    at = (NOW + timedelta(days=6)).replace(tzinfo=None).isoformat(" ", "microseconds")
    later = "number > (SELECT min(number) FROM import_runs)"
    query(desk.directory, f"UPDATE import_runs SET ended_at = '{at}' WHERE {later}".replace(":", r"\:"))
    assert purge(desk, NOW + timedelta(days=6)) == 0
    refusal(desk, NOW + timedelta(days=12))
