"""What somebody else has already: an id for good, a badge and an address as long as they have not left."""

from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select

from alpr_edge.department.db import people_schema as schema
from alpr_edge.department.people.account_rows import person_of_details
from alpr_edge.department.people.people_rows import find_entry
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Person
from alpr_edge.domain.people.roster import PEOPLE_MAX


class TakenError(DepartmentError):
    """An id, a badge, an address or a single sign-on is somebody else's; ids and sign-ons of those who left too."""


def require_new(connection: Connection, person: Person) -> None:
    """Refuse an id that somebody has, or had: it is never given to anybody else (CJIS IA-4)."""
    if find_entry(connection, person.person_id) is not None:
        raise TakenError(f"{person.person_id}: somebody has this id already")
    if (connection.scalar(select(func.count()).select_from(schema.people)) or 0) >= PEOPLE_MAX:
        raise DepartmentError(f"a roster has at most {PEOPLE_MAX} people")


def take_names(connection: Connection, person: Person) -> None:
    """Make badge and address a person's alone; those who left give theirs up, as they sign in with nothing any more."""
    names, people = schema.people_names.c, schema.people.c
    query = select(names.name, people.details).join(schema.people, people.person_id == names.person_id)
    query = query.where(names.name.in_(person.sign_in_names), names.person_id != person.person_id)
    taken = connection.execute(query).all()
    for name, details in taken:
        if person_of_details(details).status is not AccountStatus.LEFT:
            raise TakenError(f"{name}: somebody else has this badge or e-mail address")
    give_up_names(connection, [name for name, _ in taken])


def give_up_names(connection: Connection, taken: Collection[str]) -> None:
    """Take names from those who left, as :func:`~alpr_edge.domain.people.person.sign_in_key` writes them."""
    one: BindParameter[str] = bindparam("of_name")
    if taken:
        statement = delete(schema.people_names).where(schema.people_names.c.name == one)
        connection.execute(statement, [{"of_name": name} for name in taken])
