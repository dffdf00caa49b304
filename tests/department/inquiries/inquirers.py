"""A department with people who search its reads: one of each role, with sessions that took no second of Argon2."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import argon2
import pyotp
from sqlalchemy import select, update

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.department.db.people_schema import people
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.sessions.session import AccessSession, Factor, new_token, token_digest
from tests.department.engines import EngineUnderTest
from tests.department.people.office import PASSWORD, START, Office, make_department

PASSWORDS = Argon2Passwords(argon2.PasswordHasher(1, 8, 1))
LOGIN, ADDRESS = "desk", "192.0.2.7"
SECRET = pyotp.random_base32()


@dataclass
class StillClock:
    """A clock that the test moves on."""

    instant: Instant

    def now(self) -> Instant:
        return self.instant

    def move(self, seconds: float) -> None:
        self.instant = self.instant.shift(seconds * 1000)


@dataclass
class Inquirers:
    """People of a department, by their roles in words such as ``alpr-administrator``."""

    directory: Path
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, directory: Path, engine: EngineUnderTest | None = None, now: datetime = START) -> "Inquirers":
        """A department with one person of each role, each with the same password and secret of codes."""
        some = cls(make_department(directory, engine=engine))
        office = Office(directory)
        office.now, trained = now, (now + timedelta(days=60)).date().isoformat()
        for number, role in enumerate(Role):
            name = role.value.replace("_", "-")
            texts = {"badge": f"B{number}", "email": f"{name}@modesto.example", "name": name.title()}
            trainings = {"cjis_training_until": trained, "alpr_training_until": trained}
            some.ids[name] = office.add(roles=role.value, **texts, **trainings)
        credentials = Credentials(PASSWORDS.hash(PASSWORD), SECRET, password_set=now)
        with office.database.writing() as connection:
            for person_id in some.ids.values():
                replace_credentials(connection, person_id, credentials)
        office.people.rosters.publish(office.author)
        office.database.close()
        return some


def begin_session(office: InquiryOffice, person_id: str, login: str = LOGIN, address: str = ADDRESS) -> str:
    """A new session, without the second that Argon2 takes; returns its token."""
    token, now = new_token(), office.clock.now()
    session = AccessSession(token_digest(token), person_id, Factor.PASSWORD_AND_CODE, login, address, "", now, now)
    with office.accounts.writing() as rows:
        rows.save_session(session)
    return token


def authoriser_of(office: InquiryOffice, person_id: str) -> Authoriser:
    """What services ask for somebody who has just signed in."""
    return office.authoriser(Caller(LOGIN, begin_session(office, person_id), ADDRESS))


def records_of(office: InquiryOffice, first: int = 0) -> list[AccessRecord]:
    """The records of the log from one on."""
    return [parse_record(each.body) for each in office.log.read(first, 1000)]


def office_with_limits(office: InquiryOffice, searches_max: int, reads_max: int) -> InquiryOffice:
    """The same office, whose people may look at less."""
    return replace(office, quota=replace(office.quota, searches_max=searches_max, reads_max=reads_max))


@contextmanager
def changed_person(office: InquiryOffice, person_id: str, **details: object) -> Iterator[None]:
    """Somebody's details are others while the block runs, as an administrator changes them."""
    is_one = people.c.person_id == person_id
    with office.accounts.database.writing() as connection:
        before = connection.scalars(select(people.c.details).where(is_one)).one()
        connection.execute(update(people).where(is_one).values(details=before | details))
    yield
    with office.accounts.database.writing() as connection:
        connection.execute(update(people).where(is_one).values(details=before))
