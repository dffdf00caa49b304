"""Trainings are recorded by the Training Supervisor alone, on record twice, and the department is reminded of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.people.csv_import import PeopleFileError
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.department.people.registry import open_people
from alpr_edge.department.people.trainings import training_warnings
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.credentials import Credentials
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock, authoriser_of, records_of
from tests.department.people.office import OFFICER, START, Office, make_department

UNTIL = {"cjis_training_until": "2027-12-31"}


@pytest.fixture
def inquirers(tmp_path: Path, engine: EngineUnderTest) -> Inquirers:
    return Inquirers.make(tmp_path / "department", engine)


@pytest.fixture
def office(inquirers: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, START + timedelta(hours=1), UtcSource.NTP))
    with open_office(inquirers.directory, clock, PASSWORDS) as some:
        yield some


@pytest.fixture
def office_of_nobody(tmp_path: Path, engine: EngineUnderTest) -> Office:
    return Office(make_department(tmp_path / "department", engine=engine))


def test_the_training_supervisor_records_and_nobody_else(inquirers: Inquirers, office: InquiryOffice) -> None:
    officer = inquirers.ids["officer"]
    for role in ("alpr-administrator", "commander"):
        with pytest.raises(AccessError):
            office.trainings.record(authoriser_of(office, inquirers.ids[role]), officer, UNTIL, "")
    supervisor = authoriser_of(office, inquirers.ids["training-supervisor"])
    header = office.trainings.record(supervisor, officer, UNTIL, "course 12")
    record, done, _ = records_of(office)[-3:]
    assert (done.action, done.objects, done.note) == ("change_people", (officer,), "done: training; course 12")
    assert (record.action, record.outcome.value, record.objects) == ("record_training", "allowed", (officer,))
    assert [(each.name, each.after[:10]) for each in record.changes] == [("cjis_training_until", "2028-01-01")]
    with pytest.raises(DepartmentError, match="recorded already"):
        office.trainings.record(supervisor, officer, UNTIL, "")
    with open_people(inquirers.directory) as people:
        *_, change, published = people.changes()
        author = f"person:{inquirers.ids['training-supervisor']}"
        assert (change.action, change.author, change.person_id, change.reason) == (
            "training",
            author,
            officer,
            "course 12",
        )
        assert (published.action, published.new["serial"]) == ("publish", header.serial)


def test_the_owner_of_the_folder_changes_all_but_trainings(inquirers: Inquirers) -> None:
    owner = Office(inquirers.directory)
    refused = pytest.raises(DepartmentError, match=r"recorded by the Training Supervisor .* people training")
    with closing(owner.database):
        owner.people.change(owner.author, inquirers.ids["officer"], {"title": "Sergeant"})
        with refused:
            owner.people.change(owner.author, inquirers.ids["officer"], UNTIL)
        with refused:
            owner.add(badge="99", email="")
        file = "badge,name,organisation,cjis_training_until\n76,,MPD,\n77,Cy,MPD,2027-06-30\n78,Di,MPD,\n"
        for is_dry_run in (True, False):
            with pytest.raises(PeopleFileError) as faulty:
                owner.people.import_csv(owner.author, file, is_dry_run=is_dry_run)
            missing, training = faulty.value.faults
            assert missing == "line 2: name: is missing"
            assert training.startswith("line 3: Cy, badge 77: trainings are recorded by the Training Supervisor")
        new = {name: text for name, text in OFFICER.items() if not name.endswith("_until")}
        owner.people.add(owner.author, new)
        for role in ("officer", "training_supervisor"):  # a demotion, and the suspension of the only one
            owner.people.change(owner.author, inquirers.ids["training-supervisor"], {"roles": role})
            with refused:
                owner.people.change(owner.author, inquirers.ids["officer"], UNTIL)
            owner.people.suspend(owner.author, inquirers.ids["training-supervisor"])
            with refused:
                owner.people.change(owner.author, inquirers.ids["officer"], UNTIL)
        by_reason = replace(owner.author, is_without_session=True)
        owner.people.change(by_reason, inquirers.ids["officer"], UNTIL)


def test_until_a_training_supervisor_could_sign_in_trainings_are_entered_by_whoever_enters_people(
    office_of_nobody: Office,
) -> None:
    owner, untrained = office_of_nobody, {"cjis_training_until": "", "roles": "training_supervisor"}
    with closing(owner.database):
        person_id, other = owner.add(**untrained), owner.add(badge="7", email="")
        with owner.database.writing() as connection:
            replace_credentials(connection, person_id, Credentials(PASSWORDS.hash("x"), "secret"))
        owner.people.change(owner.author, other, UNTIL)
        owner.people.change(owner.author, person_id, UNTIL)
        with pytest.raises(DepartmentError, match="recorded by the Training Supervisor"):
            owner.people.change(owner.author, other, {"cjis_training_until": "2028-01-01"})


def test_the_department_is_reminded_and_nobody_is_named(inquirers: Inquirers) -> None:
    owner = Office(inquirers.directory)
    with closing(owner.database):
        assert training_warnings(owner.database, START) == []
        (ending,) = training_warnings(owner.database, START + timedelta(days=35))
        (ended,) = training_warnings(owner.database, START + timedelta(days=62))
    assert ending == (
        "people with a training that ends within 30 days: 8; see: alpr-edge department people list --training-ends"
    )
    assert ended.startswith("people with a training that has ended, who are shown nothing: 8; see: ")
