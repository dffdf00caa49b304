"""People are added, changed, suspended and unlocked, and each of it is on record, which nobody can change."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.department.people.changes import ChangeAction
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.errors import AuditError, DepartmentError
from alpr_edge.domain.people.person import AccountStatus, Role, SourcePermission
from alpr_edge.domain.people.roster import Roster
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.sessions.lockout import new_lock
from tests.department.people.office import OFFICER, Office
from tests.domain.people.builders import at


def entry(office: Office, name: str = OFFICER["badge"]) -> Entry:
    return next(it.entry for it in office.people.overviews() if name in {it.entry.person.badge, it.entry.person.email})


def newest_roster(office: Office, unit_id: str = "unit-1") -> Roster:
    file = office.people.rosters.file_for(unit_id)
    assert file is not None
    return open_roster(file.content, load_roster_signer(office.directory).public_key)


def test_whoever_is_added_is_as_typed_and_may_nothing_that_was_not_said(office: Office) -> None:
    office.add()
    officer = entry(office).person
    assert (officer.name, officer.roles, officer.is_sworn) == ("Ana Ruiz", frozenset({Role.OFFICER}), True)
    assert officer.sources == {SourcePermission.DEPARTMENT, SourcePermission.STATE}
    assert (officer.approved_by, officer.status) == ("login:chief", AccountStatus.ACTIVE)
    office.people.add(office.author, {"name": "Bo", "badge": "2", "organisation": "MPD"})
    bare = entry(office, "2").person
    assert not bare.roles | bare.sources
    assert (bare.is_sworn, bare.has_covert_clearance, bare.may_unlock) == (False, False, False)
    assert (bare.training.cjis_until, bare.training.alpr_until) == (None, None)


def test_a_date_counts_to_its_end(office: Office) -> None:
    office.add()
    until = entry(office).person.training.cjis_until
    assert until == datetime(2027, 7, 1).astimezone().astimezone(UTC)


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("name", "", "name: is missing"),
        ("roles", "officer, oficer", "roles: 'oficer' is none of officer, supervisor"),
        ("sources", "county", "sources: 'county' is none of department, state, federal"),
        ("sworn", "maybe", "sworn: 'maybe' is neither yes nor no"),
        ("cjis_training_until", "30.6.2027", "cjis_training_until: '30.6.2027' is no date; write it as 2027-06-30"),
        ("valid_until", "2027-06-30T10:00:00", "valid_until: '2027-06-30T10:00:00' is no date"),
        ("valid_until", "9999-12-31", "valid_until: '9999-12-31' is no date"),
        ("status", "retired", "status: 'retired' is none of active, suspended, left"),
        ("units", "unit-1;un it/2", "units: 'it/2' is no unit's id"),
        ("person_id", "a b", "person_id: has a character that is not allowed there"),
        ("title", "x" * 201, "title: is too long"),
        ("name", "a\nb", "name: has a character that is not allowed there"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(office: Office, column: str, text: str, message: str) -> None:
    with pytest.raises(DepartmentError) as caught:
        office.add(**{column: text})
    assert str(caught.value).startswith(message)
    assert office.people.overviews() == []
    assert office.people.changes() == []


def test_no_two_people_share_an_id_a_badge_or_an_address(office: Office) -> None:
    first = office.add()
    for texts in (
        {"person_id": first, "badge": "7", "email": ""},
        {"email": ""},
        {"badge": "ANA.RUIZ@modesto.example"},
    ):
        with pytest.raises(DepartmentError, match=r"already|somebody else"):
            office.add(**texts)
    office.add(badge="7", email="")
    with pytest.raises(DepartmentError, match="somebody else has this badge"):
        office.people.change(office.author, "7", {"badge": " 1042 "})
    office.people.suspend(office.author, first, AccountStatus.LEFT)
    with pytest.raises(DepartmentError, match="already"):
        office.add(person_id=first, badge="8", email="")


def test_a_change_records_what_it_was_and_what_it_is(office: Office) -> None:
    person_id = office.add()
    office.people.change(office.author, "1042", {"roles": "officer supervisor", "may_unlock": "yes", "units": "unit-1"})
    office.people.change(office.author, person_id, {"roles": "supervisor;officer"})
    added, changed = office.people.changes()
    assert (added.action, added.author, added.reason) == (ChangeAction.ADD, "login:chief", "as ordered")
    assert added.old == {}
    assert (changed.action, changed.person_id) == (ChangeAction.CHANGE, person_id)
    assert changed.old == {"roles": ["officer"], "may_unlock": False, "units": []}
    assert changed.new == {"roles": ["officer", "supervisor"], "may_unlock": True, "units": ["unit-1"]}


def test_nobody_is_found_by_a_name_that_nobody_has(office: Office) -> None:
    for act in (office.people.suspend, office.people.unlock, office.people.invite):
        with pytest.raises(DepartmentError, match="nobody has this id"):
            act(office.author, "1042")


def test_a_suspension_is_in_a_new_roster_at_once(office: Office) -> None:
    office.add()
    before = office.people.rosters.publish(office.author)
    header = office.people.suspend(office.author, "Ana.Ruiz@modesto.example")
    assert header.serial == before.serial + 1 == office.people.rosters.serial()
    (member,) = newest_roster(office).members
    assert member.person.status is AccountStatus.SUSPENDED
    actions = [change.action for change in office.people.changes()]
    assert actions == [ChangeAction.ADD, ChangeAction.PUBLISH, ChangeAction.SUSPEND, ChangeAction.PUBLISH]


def test_whoever_left_is_in_no_roster(office: Office) -> None:
    office.add()
    office.people.suspend(office.author, "1042", AccountStatus.LEFT)
    assert newest_roster(office).members == ()


def test_whoever_left_stays_so_and_is_added_anew_with_the_same_badge(office: Office) -> None:
    left = office.add()
    office.people.suspend(office.author, left, AccountStatus.LEFT)
    for status in ("active", "suspended"):
        with pytest.raises(DepartmentError, match=r"^status: whoever left stays so; add them anew"):
            office.people.change(office.author, left, {"status": status})
    office.people.suspend(office.author, left)
    assert entry(office).person.status is AccountStatus.LEFT
    again = office.add()
    assert again != left
    with office.accounts.reading() as rows:
        accounts = [rows.account(name) for name in ("1042", OFFICER["email"])]
    assert [account and account.person.person_id for account in accounts] == [again, again]
    office.people.change(office.author, left, {"title": "retired"})
    office.people.suspend(office.author, left)
    assert [member.person.person_id for member in newest_roster(office).members] == [again]
    with pytest.raises(DepartmentError, match="somebody else has this badge"):
        office.add(email="")


def test_unlocking_clears_the_lock_here_and_counts_for_the_cars(office: Office) -> None:
    person_id = office.add()
    with office.accounts.writing() as rows:
        rows.set_lock(person_id, new_lock(person_id, at()))
        rows.set_failures(person_id, (at(),))
    assert office.people.overviews()[0].is_locked
    office.people.unlock(office.author, "1042")
    assert not office.people.overviews()[0].is_locked
    assert newest_roster(office).members[0].person.unlocks == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_record_that_was_changed_or_left_out_is_found(office: Office) -> None:
    for number in range(4):
        office.add(badge=f"{number}", email="")
    path = office.directory / DATABASE_NAME
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("UPDATE people_changes SET body = 'x'", "DELETE FROM people_changes WHERE sequence = 2"):
            with pytest.raises(sqlite3.IntegrityError, match="stay as they are"):
                connection.execute(statement)
        connection.execute("DROP TRIGGER people_changes_no_update")
        connection.execute("DROP TRIGGER people_changes_no_delete")
        body = "CAST(replace(CAST(body AS TEXT), 'chief', 'thief') AS BLOB)"
        connection.execute(f"UPDATE people_changes SET body = {body} WHERE sequence = 2")
        connection.commit()
    with pytest.raises(AuditError, match="record 3 of the people's changes does not follow"):
        office.people.changes()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM people_changes WHERE sequence = 2")
        connection.commit()
    with pytest.raises(AuditError, match="record 2 of the people's changes is missing"):
        office.people.changes()


def test_no_record_and_no_listing_holds_a_secret(office: Office) -> None:
    office.add()
    invitation = office.people.invite(office.author, "1042")
    with office.accounts.reading() as rows:
        account = rows.account("1042")
    assert account is not None
    text = repr(office.people.changes()) + repr(office.people.overviews()) + repr(invitation)
    assert account.credentials.release_secret
    assert not any(secret in text for secret in (account.credentials.release_secret, invitation.token))
