"""Whoever signs in in a car is not idle, by the records that the car delivers."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.totp import last_step_at
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.access_log.records import record_moment
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import AccountFault, Person
from alpr_edge.domain.people.signed_roster import open_roster
from tests.department.inquiries.inquirers import ADDRESS, LOGIN, PASSWORDS, SECRET, Inquirers
from tests.department.people.office import PASSWORD, Office
from tests.department.unit_logs.car import UNIT, Car
from tests.domain.access_log.entries import entry

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


def sign_in_at(car: Car, person_id: str, minutes: float) -> None:
    """Somebody signs in in a car, so many minutes from now by its clock."""
    at = Instant("boot", 10**12, datetime.now(UTC) + timedelta(minutes=minutes), UtcSource.GNSS)
    signed_in = entry(0, person_id=person_id, action="sign_in")
    car.log.append(signed_in.model_copy(update={"happened": record_moment(at)}), at)


@pytest.mark.review2(13)
def test_a_code_that_a_car_accepted_is_accepted_at_the_department_no_more(tmp_path: Path) -> None:
    people = Inquirers.make(tmp_path / "department", now=datetime.now(UTC))
    person_id, car = people.ids["records"], Car(tmp_path / "car")
    attempt = PasswordAttempt("records@modesto.example", PASSWORD, pyotp.TOTP(SECRET).now())
    sign_in_at(car, person_id, 0)
    with closing(Storage(people.directory)) as storage:
        storage.store(UNIT, car.records())
    with open_office(people.directory, passwords=PASSWORDS) as office:
        service = office.sign_ins(Caller(LOGIN, "", ADDRESS))
        assert service.sign_in(attempt, is_acknowledged=True).outcome is SignInOutcome.CODE_USED
    car.log.close()


def test_a_sign_in_of_before_or_ahead_keeps_nobody_out(tmp_path: Path) -> None:
    people = Inquirers.make(tmp_path / "department", now=datetime.now(UTC))
    person_id, car = people.ids["records"], Car(tmp_path / "car")
    for minutes in (-3, 60):
        sign_in_at(car, person_id, minutes)
    with closing(Storage(people.directory)) as storage:
        storage.store(UNIT, car.records())
        with storage.database.reading() as connection:
            account = DepartmentAccountRows(connection).account_of(person_id)
    assert account is not None
    assert account.used_step <= last_step_at(datetime.now(UTC)), "at most until the next code"
    car.log.close()
