"""Every change of people is in the access log too, by which a cut end of their record is found."""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.access_log.verification import check_access_log
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.department.people.registry import require_entry
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.errors import AuditError, DepartmentError
from alpr_edge.domain.people.credentials import Credentials
from tests.department.engines import EngineUnderTest
from tests.department.people.office import OFFICER, Office

ADMINISTRATOR = {"name": "Bo Lee", "badge": "7", "email": "bo@modesto.example", "roles": "alpr_administrator"}


def log_of(office: Office) -> DepartmentAccessLog:
    return DepartmentAccessLog(office.database, Witness(office.directory))


def records_of(office: Office) -> list[AccessRecord]:
    return [parse_record(each.body) for each in log_of(office).read(0, 100)]


def delete(office: Office, engine: EngineUnderTest, *conditions: str) -> None:
    """Delete rows as somebody does who owns the database; each condition begins with the table's name."""
    with closing(DepartmentDatabase(office.directory, create=False)) as database, database.writing() as connection:
        for table in {condition.split()[0] for condition in conditions}:
            if engine.name == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_delete"))
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
        for condition in conditions:
            connection.execute(text(f"DELETE FROM {condition}"))


def test_a_change_names_author_person_and_the_digest_of_its_record(office: Office) -> None:
    person_id = office.add()
    office.people.suspend(office.author, OFFICER["badge"])
    added, suspended, published = records_of(office)
    assert (added.action, added.person_id, added.person, added.objects, added.outcome.value) == (
        "change_people", "login:chief", "chief", (person_id,), "allowed",
    )  # fmt: skip
    assert [each.note for each in (added, suspended, published)] == [
        "done: add; as ordered", "done: suspend; as ordered", "done: publish; as ordered",
    ]  # fmt: skip
    second, third = office.people.changes(2)
    (change,) = suspended.changes
    assert (change.name, change.before, change.after) == (
        "people_changes", f"1 sha256:{second.previous_sha256}", f"2 sha256:{third.previous_sha256}",
    )  # fmt: skip
    assert check_access_log(log_of(office), None, lambda done, total: None).findings == ()


def test_an_import_of_many_names_every_one(office: Office) -> None:
    lines = "\n".join(f"{number},Ana {number},MPD" for number in range(301))
    office.people.import_csv(office.author, f"badge,name,organisation\n{lines}\n", is_dry_run=False)
    records = records_of(office)
    assert [len(record.objects) for record in records] == [300, 1]
    assert {change.after.split()[0] for record in records for change in record.changes} == {"301"}


def test_what_fails_is_in_neither_record(office: Office) -> None:
    office.add()
    (office.directory / "roster.key").write_text("none", encoding="utf-8")
    with pytest.raises(DepartmentError):
        office.people.suspend(office.author, OFFICER["badge"])
    assert (len(records_of(office)), len(office.people.changes())) == (1, 1)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        (("people_changes WHERE sequence > 2",), "end with record 2; the access log has 4: the end is cut off"),
        (("people_changes WHERE sequence > 0",), "end with record 0; the access log has 4: the end is cut off"),
        (("access_records WHERE sequence > 2",), "up to record 3; 4 are here: its end is cut off, or they were made"),
    ],
)
def test_a_cut_end_is_told(office: Office, engine: EngineUnderTest, conditions: tuple[str, ...], told: str) -> None:
    office.add()
    office.people.change(office.author, "1042", {"title": "Sergeant"})
    office.people.suspend(office.author, "1042")
    assert office.people.logged_from() == 1
    delete(office, engine, *conditions)
    office.people.changes()
    with pytest.raises(AuditError, match=told):
        office.people.logged_from()


def test_an_end_that_was_written_anew_is_told(office: Office, engine: EngineUnderTest) -> None:
    office.add()
    delete(office, engine, "people_changes WHERE sequence = 9")
    body = "CAST(replace(CAST(body AS TEXT), 'chief', 'thief') AS BLOB)"
    if engine.name == "postgresql":
        body = "convert_to(replace(convert_from(body, 'UTF8'), 'chief', 'thief'), 'UTF8')"
    with office.database.writing() as connection:
        connection.execute(text(f"UPDATE people_changes SET body = {body}"))
    (change,) = office.people.changes()
    assert change.author == "login:thief"
    with pytest.raises(AuditError, match="record 1 of the people's changes is not the one that the access log has"):
        office.people.logged_from()


def test_records_of_an_earlier_release_are_told_apart(office: Office, engine: EngineUnderTest) -> None:
    office.add()
    office.add(badge="7", email="")
    delete(office, engine, "access_records WHERE sequence >= 0", "access_nodes WHERE level >= 0")
    assert office.people.logged_from() == 0
    office.people.suspend(office.author, "7")
    assert office.people.logged_from() == 3


def test_a_session_is_needed_once_an_administrator_could_sign_in_and_stays_so(office: Office) -> None:
    office.add()
    office.people.suspend(office.author, OFFICER["badge"])
    person_id = office.add(**ADMINISTRATOR)
    assert not office.people.needs_session(), "nobody has anything to sign in with"
    with office.database.writing() as connection:
        replace_credentials(connection, require_entry(connection, "7").person.person_id, Credentials("hash", "secret"))
    assert office.people.needs_session()
    office.people.suspend(replace(office.author, is_without_session=True), person_id)
    assert office.people.needs_session()
