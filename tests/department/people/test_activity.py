"""Whoever signs in in a car is not idle, by the records that the car delivers."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.people.person import AccountFault, Person
from alpr_edge.domain.people.signed_roster import open_roster
from tests.department.people.office import Office
from tests.department.unit_logs.car import UNIT, Car

LONG = timedelta(days=100)


def published_person(office: Office) -> Person:
    office.people.rosters.publish(office.author)
    file = office.people.rosters.file_for(UNIT)
    assert file is not None
    roster = open_roster(file.content, load_roster_signer(office.directory).public_key)
    return roster.members[0].person


def test_a_sign_in_in_a_car_counts_and_nothing_else_does(office: Office, tmp_path: Path) -> None:
    office.now = datetime.now(UTC) - LONG
    person_id = office.add()
    office.now = datetime.now(UTC)
    assert published_person(office).fault_at(office.now) is AccountFault.IDLE
    car = Car(tmp_path / "car")
    with closing(Storage(office.directory)) as storage:
        car.look(1, person_id=person_id)
        car.look(1, person_id=person_id, action="sign_in", outcome="refused", reason="wrong_code")
        car.look(1, person_id="p-unknown", action="sign_in")
        storage.store(UNIT, car.records())
        assert published_person(office).fault_at(office.now) is AccountFault.IDLE
        car.look(1, person_id=person_id, action="sign_in")
        answers = storage.store(UNIT, car.records())
    assert [answer.outcome for answer in answers] == ["receipt"] * 4
    person = published_person(office)
    assert person.fault_at(office.now) is None
    assert timedelta(0) <= datetime.now(UTC) - person.active_at < timedelta(minutes=10)
    car.log.close()
