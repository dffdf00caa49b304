"""The alarm that a deletion is overdue (policy 462.5): it is never silent, and it looks at no read that is held."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.retention.purge import READ_AT_ONCE
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from tests.department.engines import EngineUnderTest
from tests.department.query_plans import query_plans
from tests.department.retention.office import TODAY, Office, read_item
from tests.store.holds import CASE

HELD = [f"held-{number:03}" for number in range(5 * READ_AT_ONCE)]
DAY = timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    """A department that is busy today: its clock is right."""
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(*(read_item(f"of-day-{day}", seen=TODAY + day * DAY) for day in range(0, 60, 5)), days_ago=0)
    yield office
    office.storage.close()


def overdue(office: Office, now: datetime) -> bool:
    return bool(office.storage.open_purge(lambda: now, is_clock_trusted=True).overdue())


def hold(office: Office, *read_ids: str) -> str:
    terms = HoldTerms(HoldKind.READ, "", CASE, "a subpoena", None)
    (placed,) = office.storage.holds.place(read_ids, terms, HoldAuthor("chief", TODAY))
    return placed.hold_id


def test_what_a_run_of_the_week_kept_is_not_looked_at_again(office: Office) -> None:
    office.deliver(*(read_item(each, pictures=[]) for each in HELD), days_ago=400)
    hold(office, *HELD)
    office.purge()
    with query_plans(office.storage.database._engine) as plans:
        assert not overdue(office, TODAY + 6 * DAY)
    assert not [plan for plan in plans if "items" in plan or "reads" in plan]


def test_held_reads_are_passed_over_where_no_run_of_the_week_did_all(office: Office) -> None:
    office.deliver(*(read_item(each, pictures=[]) for each in HELD), days_ago=400)
    hold(office, *HELD)
    with query_plans(office.storage.database._engine) as plans:
        assert not overdue(office, TODAY)
    assert len([plan for plan in plans if "held_reads" in plan]) <= 2, "one page, not one for each so many held reads"
    office.deliver(read_item("due", pictures=[]), days_ago=390)
    assert overdue(office, TODAY)


def test_a_correction_that_is_held_holds_what_it_corrects(office: Office) -> None:
    office.deliver(read_item("first", pictures=[]), days_ago=400)
    office.deliver(read_item("second", "first", pictures=[]), days_ago=400)
    hold(office, "second")
    assert not overdue(office, TODAY)


def test_it_is_told_once_no_run_of_a_week_did_all(office: Office) -> None:
    office.purge()
    office.deliver(read_item("due", pictures=[]), days_ago=366 - 1)
    assert not overdue(office, TODAY + 7 * DAY)
    assert overdue(office, TODAY + 8 * DAY + timedelta(minutes=1))


def test_a_run_that_broke_off_silences_nothing(office: Office) -> None:
    office.deliver(*(read_item(f"due-{number:02}", pictures=[]) for number in range(50)), days_ago=400)

    def stop(deleted_count: int) -> None:
        raise KeyboardInterrupt

    for _ in range(2):  # the second puts the first on record
        with pytest.raises(KeyboardInterrupt):
            office.storage.open_purge(lambda: TODAY, is_clock_trusted=True).run("timer", stop)
    assert len(office.storage.deletions()) == 1
    assert overdue(office, TODAY + DAY)


def test_a_run_by_a_clock_that_was_ahead_silences_nothing(office: Office) -> None:
    office.purge(TODAY + 3 * DAY)
    office.deliver(read_item("due", pictures=[]), days_ago=400)
    assert overdue(office, TODAY)


def test_a_run_by_longer_periods_silences_nothing(office: Office) -> None:
    office.settings("[retention]\nread_days = 730\nhit_days = 730\n")
    office.deliver(read_item("due", pictures=[]), days_ago=400)
    assert office.purge().reads == 0
    assert not overdue(office, TODAY + DAY)
    path = office.directory / "department.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("730", "365"), encoding="utf-8")
    assert overdue(office, TODAY + DAY)


def test_what_a_hold_kept_has_a_week_from_its_release(office: Office) -> None:
    office.deliver(read_item("held", pictures=[]), days_ago=400)
    hold_id = hold(office, "held")
    assert office.purge().held == 1
    office.storage.holds.release(hold_id, HoldAuthor("chief", TODAY + DAY))
    assert not overdue(office, TODAY + 7 * DAY)
    assert overdue(office, TODAY + 7 * DAY + timedelta(minutes=1))
    assert office.purge(TODAY + 8 * DAY).reads == 1
