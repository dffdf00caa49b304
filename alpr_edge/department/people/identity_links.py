"""Which person a provider of single sign-on vouches for: its issuer with the subject, linked once.

Nobody is made by signing in, and an e-mail address links nobody: it may be given to somebody else.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_identities
from alpr_edge.department.people.changes import Author, Change, ChangeAction, note_changes
from alpr_edge.department.people.people_rows import end_sessions_of
from alpr_edge.department.people.registry import require_entry
from alpr_edge.department.people.taken_names import TakenError
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.sessions.identity_claims import is_subject
from alpr_edge.domain.sessions.session import Factor

SIGN_ON_FACTORS = frozenset({Factor.SINGLE_SIGN_ON, Factor.SINGLE_SIGN_ON_AND_CODE})


@dataclass(frozen=True, slots=True)
class IdentityLink:
    """A person whom a provider vouches for."""

    person_id: str
    issuer: str
    subject: str
    linked_at: datetime
    linked_by: str


class IdentityLinks:
    """The links of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def person_id(self, issuer: str, subject: str) -> str:
        """The person of issuer and subject; empty: nobody is linked."""
        with self._database.reading() as connection:
            return linked_person(connection, issuer, subject)

    def all(self) -> list[IdentityLink]:
        """All links, in the order of people's ids."""
        query = select(people_identities).order_by(people_identities.c.person_id, people_identities.c.issuer)
        with self._database.reading() as connection:
            return [IdentityLink(**row) for row in connection.execute(query).mappings()]

    def link(self, author: Author, name: str, issuer: str, subject: str) -> str:
        """Link a person; returns their id.

        Raises:
            DepartmentError: nobody has that name, or one of the two is linked already.
        """
        with self._database.writing() as connection:
            person = require_entry(connection, name).person
            if person.status is AccountStatus.LEFT:
                raise DepartmentError(f"{name}: this account has ended")
            link_person(connection, author, person.person_id, issuer, subject)
            return person.person_id

    def unlink(self, author: Author, name: str) -> int:
        """Take a person's links away and end the sessions that were begun by one; returns how many links there were.

        Raises:
            DepartmentError: nobody has that name.
        """
        with self._database.writing() as connection:
            person_id = require_entry(connection, name).person.person_id
            return unlink_person(connection, author, person_id)


def linked_person(connection: Connection, issuer: str, subject: str) -> str:
    """The person of issuer and subject; empty: nobody is linked."""
    table = people_identities.c
    query = select(table.person_id).where(table.issuer == issuer, table.subject == subject)
    return connection.scalar(query) or ""


def link_person(connection: Connection, author: Author, person_id: str, issuer: str, subject: str) -> None:
    """Link a person inside a transaction; what is linked so already stays."""
    if not is_subject(subject):
        raise DepartmentError("a subject is 1 to 255 printable ASCII characters without blanks around them")
    table = people_identities.c
    holder = linked_person(connection, issuer, subject)
    if holder == person_id:
        return
    if holder:
        raise TakenError(f"this subject is linked to {holder} already; unlink them first")
    of_person = select(table.subject).where(table.issuer == issuer, table.person_id == person_id)
    if connection.scalar(of_person) is not None:
        raise TakenError(f"{person_id}: linked to another subject of this issuer; unlink them first")
    about = {"issuer": issuer, "subject": subject}
    row = {**about, "person_id": person_id, "linked_at": author.at, "linked_by": author.name}
    connection.execute(insert(people_identities).values(row))
    note_changes(connection, author, [Change(ChangeAction.LINK, person_id, new=about)])


def unlink_person(connection: Connection, author: Author, person_id: str) -> int:
    """Take a person's links away inside a transaction, and end the sessions that were begun by one."""
    table = people_identities.c
    query = select(table.issuer, table.subject).where(table.person_id == person_id)
    links = [dict(row) for row in connection.execute(query).mappings()]
    connection.execute(delete(people_identities).where(table.person_id == person_id))
    end_sessions_of(connection, person_id, SIGN_ON_FACTORS)
    note_changes(connection, author, [Change(ChangeAction.UNLINK, person_id, old=link) for link in links])
    return len(links)
