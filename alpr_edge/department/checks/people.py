"""Whether everybody with an account is of this department, or has a dated exception (policy 462.7)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.people_rows import all_entries
from alpr_edge.department.settings import FILE_NAME, load_department_file
from alpr_edge.domain.diagnostics.checks import Check, amber, green
from alpr_edge.domain.people.person import Person

NAMED_MAX = 20
"""Most people who are named; the last line counts the others."""
_UNNAMED = f"name the department: [people] name in {FILE_NAME}"
_REMEDY = f"alpr-edge department people suspend, or an exception in {FILE_NAME}: [[outside_organisation]]"


def check_people(directory: Path) -> Iterator[Check]:
    """Name whoever has an account of another organisation and no exception."""
    organisations, now = Organisations.of(load_department_file(directory)), datetime.now(UTC)
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        people = [entry.person for entry in all_entries(connection)]
    if people and not organisations.names:
        yield amber("people", "whose organisation accounts name is compared with nothing", _UNNAMED)
        return
    outside = organisations.outsiders(people, now)
    faults = [person for person in outside if organisations.fault(person)]
    for person in faults[:NAMED_MAX]:
        yield amber("people", f"{_words(person)}: an account of another agency is a standing share", _REMEDY)
    if len(faults) > NAMED_MAX:
        yield amber("people", f"{len(faults) - NAMED_MAX} more accounts of other organisations", _REMEDY)
    if not faults:
        by_exception = f", {len(outside)} by an exception" if outside else ""
        yield green("people", f"accounts of this department alone{by_exception}")


def _words(person: Person) -> str:
    ori = f", ORI {person.ori}" if person.ori else ""
    return f"{person.name}, badge {person.badge}, of {person.organisation!r}{ori}"
