"""An account for another agency is a standing share: refused but for a dated exception, and named by the check."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.checks.readiness import check_people
from alpr_edge.department.people.csv_import import PeopleFileError
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus
from tests.department.people.office import Office, make_department

NAME = '[people]\nname = "Modesto PD"\norganisations = ["Modesto Police Department", "MPD"]\noris = ["CA0500300"]\n'
NOW = datetime.now(UTC)
EXCEPTION = """
[[outside_organisation]]
name = "Auto Theft Task Force"
reason = "auto theft, agreement 26-017, under our sergeant"
approved_by = "Cmdr. B. Lee"
approved_on = {on:%Y-%m-%d}
until = {until:%Y-%m-%d}
"""
Opener = Callable[[Path, str], Office]
LAST_DAY = NOW + timedelta(days=100)
SHERIFF, FORCE = (
    {"organisation": "County Sheriff", "badge": "7", "email": ""},
    {"organisation": "auto  theft task force", "badge": "8", "email": ""},
)


@pytest.fixture
def office_with() -> Iterator[Opener]:
    """Opens a department with settings; each is closed when the test ends."""
    with ExitStack() as offices:

        def open_office(directory: Path, settings: str) -> Office:
            (directory / "department.toml").write_text(settings, encoding="utf-8")
            office = Office(directory)
            offices.callback(office.database.close)
            return office

        yield open_office


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return make_department(tmp_path / "department")


@pytest.fixture
def exception() -> str:
    return NAME + EXCEPTION.format(on=NOW - timedelta(days=1), until=LAST_DAY)


@pytest.mark.parametrize("organisation", ["Modesto PD", "modesto  police department", "MPD"])
def test_people_of_the_department_are_added_by_any_of_its_names(
    office_with: Opener, directory: Path, organisation: str
) -> None:
    office = office_with(directory, NAME)
    assert office.add(organisation=organisation, ori="ca0500300")


@pytest.mark.parametrize(
    ("table", "name"), [("people", "name"), ("provisioning", "organisation"), ("administration", "department")]
)
def test_the_department_is_what_its_settings_call_it(
    office_with: Opener, directory: Path, table: str, name: str
) -> None:
    office = office_with(directory, f'[{table}]\n{name} = "Modesto PD"\n')
    assert office.add(organisation="Modesto PD")
    with pytest.raises(DepartmentError, match="is not this department"):
        office.add(**SHERIFF)


def test_nobody_of_another_agency_is_added(office_with: Opener, directory: Path) -> None:
    office = office_with(directory, NAME)
    for texts, told in (
        (SHERIFF, "organisation: 'County Sheriff' is not this department \\(Modesto PD, "),
        (SHERIFF, "it asks in writing \\(alpr-edge department release, policy 462.7\\)"),
        ({"organisation": "MPD", "ori": "CA0500000"}, "ori: 'CA0500000' is none of this department \\(CA0500300\\)"),
    ):
        with pytest.raises(DepartmentError, match=told) as caught:
            office.add(**texts)
        assert len(str(caught.value).splitlines()) == 1
    assert office.people.overviews() == []


def test_a_file_names_each_line_of_another_agency_and_nobody_is_imported(office_with: Opener, directory: Path) -> None:
    office = office_with(directory, NAME)
    file = "badge,name,organisation\n1,Ana,MPD\n2,Bo,County Sheriff\n3,Cy,City Attorney\n"
    for is_dry_run in (True, False):
        with pytest.raises(PeopleFileError) as caught:
            office.people.import_csv(office.author, file, is_dry_run=is_dry_run)
        assert [line.partition(" is not")[0] for line in caught.value.faults] == [
            "line 3: organisation: 'County Sheriff'", "line 4: organisation: 'City Attorney'",
        ]  # fmt: skip
    assert office.people.overviews() == []


def test_who_has_such_an_account_already_keeps_it_but_gets_no_more_and_can_be_suspended(
    office_with: Opener, directory: Path
) -> None:
    person_id = office_with(directory, "").add(**SHERIFF, units="car-7", sworn="no")
    office = office_with(directory, NAME)
    later = (NOW + timedelta(days=500)).date().isoformat()
    more = {"roles": "officer supervisor", "sources": "department state federal", "valid_until": later}
    more |= {"covert": "yes", "may_unlock": "yes", "sworn": "yes", "units": ""}
    for texts in ({name: text} for name, text in more.items()):
        with pytest.raises(DepartmentError, match="is not this department"):
            office.people.change(office.author, person_id, texts)
    assert office.people.change(office.author, person_id, {"title": "Deputy", "roles": ""}).person.title == "Deputy"
    sooner = (NOW + timedelta(days=30)).date().isoformat()
    assert office.people.change(office.author, person_id, {"valid_until": sooner, "units": "car-7"})
    office.people.suspend(office.author, person_id)
    with pytest.raises(DepartmentError, match="is not this department"):
        office.people.change(office.author, person_id, {"status": "active"})
    back = office.people.change(office.author, person_id, {"status": "active", "organisation": "MPD"})
    assert back.person.status is AccountStatus.ACTIVE


def test_an_exception_lets_people_in_up_to_its_last_day(office_with: Opener, directory: Path, exception: str) -> None:
    office = office_with(directory, exception)
    with pytest.raises(DepartmentError, match=f"exception for 'auto  theft task force' ends {LAST_DAY:%Y-%m-%d}"):
        office.add(**FORCE, valid_until=(LAST_DAY + timedelta(days=1)).date().isoformat())
    with pytest.raises(DepartmentError, match="valid_until: the exception"):
        office.add(**FORCE)  # for a year
    assert office.add(**FORCE, valid_until=f"{LAST_DAY:%Y-%m-%d}")
    with pytest.raises(DepartmentError, match="is not this department"):
        office.add(**SHERIFF)


@pytest.mark.parametrize(
    ("on", "until"), [(NOW, NOW + timedelta(days=367)), (NOW, NOW - timedelta(days=1))], ids=["long", "backwards"]
)
def test_an_exception_lasts_a_year_at_most(directory: Path, on: datetime, until: datetime) -> None:
    (directory / "department.toml").write_text(NAME + EXCEPTION.format(on=on, until=until), encoding="utf-8")
    with pytest.raises(DepartmentError, match="until: name a day within 366 days of approved_on"):
        load_department_file(directory)


def test_the_check_names_whoever_is_of_another_agency(office_with: Opener, directory: Path, exception: str) -> None:
    office = office_with(directory, "")
    office.now = NOW
    assert [check.grade for check in check_people(directory)] == ["green"]
    ids = [office.add(name="Dee Ray", valid_until=f"{LAST_DAY:%Y-%m-%d}", **texts) for texts in (SHERIFF, FORCE)]
    office.add(organisation="MPD")
    (unnamed,) = check_people(directory)
    assert (unnamed.grade, unnamed.finding) == ("amber", "whose organisation accounts name is compared with nothing")
    office_with(directory, NAME)
    sheriff, force = check_people(directory)
    assert (sheriff.name, sheriff.grade) == ("people", "amber")
    assert {check.finding.partition(":")[0] for check in (sheriff, force)} == {
        "Dee Ray, badge 7, of 'County Sheriff'", "Dee Ray, badge 8, of 'auto  theft task force'",
    }  # fmt: skip
    assert all("a standing share" in check.finding and "suspend" in check.todo for check in (sheriff, force))
    office_with(directory, exception)
    (only,) = check_people(directory)
    assert "County Sheriff" in only.finding
    office.people.suspend(office.author, ids[0])
    (done,) = check_people(directory)
    assert (done.grade, done.finding) == ("green", "accounts of this department alone, 1 by an exception")
