"""The people of a department: added, changed, suspended, unlocked, each on record in the same transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.department.db import people_schema as schema
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_identities, people_provisioned, people_sign_ins
from alpr_edge.department.people.account_rows import DepartmentAccountRows, newest_header
from alpr_edge.department.people.changes import (
    Author,
    Change,
    ChangeAction,
    ChangePayload,
    check_logged,
    entry_change,
    has_been_there,
    may_change_people,
    note_changes,
    read_changes,
)
from alpr_edge.department.people.csv_import import ImportPlan, PeopleImport, plan_import
from alpr_edge.department.people.invitations import Invitations, NewInvitation
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.people_rows import (
    all_entries,
    credentials_by_id,
    end_sessions_of,
    find_entry,
    insert_entries,
    replace_entries,
    withdraw_invitations,
)
from alpr_edge.department.people.person_fields import Entry, changed_entry, new_entry
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.people.taken_names import give_up_names, require_new, take_names
from alpr_edge.department.people.trainings import training_requirement
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import Instant, rfc3339
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.sessions.lockout import CHALLENGE_DIGITS, Lock, release_code

# Writes changes of accounts: every way out of "active" is the same suspension, and cars learn of fewer rights at once.
#
# A suspension ends sessions and invitations, publishes the roster, and takes the account out of the hands of a system
# that provisions people: only an administrator of the department brings it back.

SYSTEM = "system:"
"""Prefix of the names of authors that are other systems."""
LAST_ADMINISTRATOR = (
    "this would leave nobody who can sign in and manage people; give another person the role alpr_administrator first, "
    "or let the owner of the folder do it: --without-session REASON"
)


def write_changes(
    connection: Connection, rosters: Rosters, author: Author, changes: Sequence[tuple[Entry, Entry]]
) -> None:
    """Write changes of people inside a transaction, and publish the roster where one of them takes a right away."""
    out = [pair for pair in changes if _is_way_out(*pair, author.at)]
    _write(connection, author, changes, out)
    has_less = any(before.has_more_rights_than(after) for before, after in changes)
    if out or (has_less and newest_header(connection) is not None):  # before the first roster no car has anybody
        rosters.publish_within(connection, author)


def suspend_account(
    connection: Connection, rosters: Rosters, author: Author, before: Entry, after: Entry
) -> RosterHeader:
    """Take an account out of use inside a transaction, and publish the roster, also where it is out already."""
    _write(connection, author, [(before, after)], [(before, after)])
    return rosters.publish_within(connection, author)


def keep_out(connection: Connection, person_ids: Collection[str]) -> None:
    """Note that the department itself keeps people out: a system that provisions them does not bring them back."""
    one: BindParameter[str] = bindparam("of_id")
    statement = update(people_provisioned).where(people_provisioned.c.person_id == one).values(is_out_here=False)
    if person_ids:
        connection.execute(statement, [{"of_id": person_id} for person_id in person_ids])


def _write(
    connection: Connection, author: Author, changes: Sequence[tuple[Entry, Entry]], out: Sequence[tuple[Entry, Entry]]
) -> None:
    """Write changes, of which some take accounts out of use."""
    replace_entries(connection, [after for _, after in changes])
    _require_administrator(connection, author, changes)
    out_ids = {after.person.person_id for _, after in out}
    noted = []
    for before, after in changes:
        action = ChangeAction.SUSPEND if after.person.person_id in out_ids else ChangeAction.CHANGE
        noted.append(entry_change(action, before, after))
    note_changes(connection, author, noted)
    signed_in = {session.person_id for session in DepartmentAccountRows(connection).live_sessions()}
    for person_id in sorted(out_ids):
        withdraw_invitations(connection, person_id, author.at)
        if person_id in signed_in:
            end_sessions_of(connection, person_id)
    keep_out(connection, out_ids)


def _is_way_out(before: Entry, after: Entry, now: datetime) -> bool:
    """Whether a change takes an account out of service, or out of the roster: by its status, or by its end."""
    old, new = before.person, after.person
    has_ended = new.valid_until <= now < old.valid_until
    return has_ended or (new.status is not AccountStatus.ACTIVE and new.status is not old.status)


def _require_administrator(connection: Connection, author: Author, changes: Sequence[tuple[Entry, Entry]]) -> None:
    """Refuse changes that leave no person who can sign in and change people, where there was one before.

    The owner of the folder may make them for a stated reason, and so may the identity system: a leaver has to be out.
    """
    if author.is_without_session or author.name.startswith(SYSTEM):
        return
    able = {person_id for person_id, ways in credentials_by_id(connection).items() if any(ways)}
    able |= set(connection.scalars(select(people_identities.c.person_id)))
    sign_ins = {row.person_id: row.last_utc for row in connection.execute(select(people_sign_ins))}

    def may(entry: Entry) -> bool:
        person = entry.person
        active_at = max(person.active_at, sign_ins.get(person.person_id, person.active_at))
        return person.person_id in able and may_change_people(replace(person, active_at=active_at), author.at)

    is_fewer = any(may(before) and not may(after) for before, after in changes)
    if is_fewer and not any(map(may, all_entries(connection))):
        raise DepartmentError(LAST_ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class PersonOverview:
    """A person as ``department people list`` shows them; no credential."""

    entry: Entry
    has_password: bool
    passkeys: int
    is_locked: bool
    has_single_sign_on: bool


class People:
    """The people of a department; threads may share it.

    Args:
        passwords: hashes passwords; None: at the cost of this release.
    """

    def __init__(self, directory: Path, database: DepartmentDatabase, passwords: Argon2Passwords | None = None) -> None:
        self._database = database
        self._organisations = Organisations.of(load_department_file(directory))
        self.rosters = Rosters(directory, database)
        """The rosters that were published."""
        self.invitations = Invitations(directory, database, self.rosters, passwords)
        """The invitations to set password, code and passkeys."""

    def add(self, author: Author, texts: Mapping[str, str]) -> Entry:
        """Add somebody."""
        entry = new_entry(texts, author.name, author.at)
        with self._database.writing() as connection:
            self.add_within(connection, author, entry)
        return entry

    def add_within(self, connection: Connection, author: Author, entry: Entry) -> None:
        """Add somebody inside a transaction."""
        self._organisations.require(None, entry)
        require_new(connection, entry.person)
        take_names(connection, entry.person)
        training_requirement(connection, author)(None, entry)
        insert_entries(connection, [entry])
        note_changes(connection, author, [entry_change(ChangeAction.ADD, None, entry)])

    def change(self, author: Author, name: str, texts: Mapping[str, str]) -> Entry:
        """Change somebody; whoever left stays so, since an id is never given to anybody again."""
        with self._database.writing() as connection:
            return self.change_within(connection, author, name, texts)

    def change_within(self, connection: Connection, author: Author, name: str, texts: Mapping[str, str]) -> Entry:
        """Change somebody inside a transaction."""
        before = require_entry(connection, name)
        entry = changed_entry(before, texts)
        self._organisations.require(before, entry)
        if entry.person.status is not AccountStatus.LEFT:
            take_names(connection, entry.person)
        training_requirement(connection, author)(before, entry)
        if entry != before:
            write_changes(connection, self.rosters, author, [(before, entry)])
        if "status" in texts and entry.person.status is not AccountStatus.ACTIVE:
            keep_out(connection, [entry.person.person_id])
        return entry

    def suspend(self, author: Author, name: str, status: AccountStatus = AccountStatus.SUSPENDED) -> RosterHeader:
        """Suspend an account, end its sessions here and publish the roster that tells the units; all or nothing."""
        with self._database.writing() as connection:
            return self.suspend_within(connection, author, require_entry(connection, name), status)

    def suspend_within(
        self, connection: Connection, author: Author, before: Entry, status: AccountStatus = AccountStatus.SUSPENDED
    ) -> RosterHeader:
        """Suspend an account inside a transaction; whoever left stays so."""
        status = AccountStatus.LEFT if before.person.status is AccountStatus.LEFT else status
        entry = Entry.of(replace(before.person, status=status), before.units)
        return suspend_account(connection, self.rosters, author, before, entry)

    def unlock(self, author: Author, name: str) -> RosterHeader:
        """Unlock an account here, and by the next roster in every car."""
        with self._database.writing() as connection:
            before = require_entry(connection, name)
            entry = Entry.of(replace(before.person, unlocks=before.person.unlocks + 1), before.units)
            replace_entries(connection, [entry])
            rows = DepartmentAccountRows(connection)
            rows.set_lock(entry.person.person_id, None)
            rows.set_failures(entry.person.person_id, ())
            note_changes(connection, author, [entry_change(ChangeAction.UNLOCK, before, entry)])
            return self.rosters.publish_within(connection, author)

    def release_code(self, author: Author, name: str, challenge: str) -> str:
        """The code that unlocks an account in a car that no roster reaches, for one lock of it alone."""
        digits = challenge.strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) == CHALLENGE_DIGITS):
            raise DepartmentError("a challenge is the 8 digits that the car shows at: alpr-edge accounts unlock --code")
        with self._database.writing() as connection:
            person_id = require_entry(connection, name).person.person_id
            account = DepartmentAccountRows(connection).account_of(person_id)
            if account is None or not account.credentials.release_secret:
                raise DepartmentError(f"{name}: has no secret for such codes; use: alpr-edge department people unlock")
            note_changes(connection, author, [Change(ChangeAction.RELEASE_CODE, person_id)])
            lock = Lock(person_id, Instant("", 0), digits)
            return release_code(account.credentials.release_secret, lock)

    def invite(self, author: Author, name: str) -> NewInvitation:
        """Invite a person to set password, code and passkeys; an invitation before ends."""
        with self._database.writing() as connection:
            person = require_entry(connection, name).person
            if person.status is not AccountStatus.ACTIVE:
                raise DepartmentError(f"{name}: this account is {person.status}; activate it first")
            invitation = self.invitations.make(connection, person.person_id, author.at)
            new = {"expires": rfc3339(invitation.expires_at)}
            note_changes(connection, author, [Change(ChangeAction.INVITE, person.person_id, new=new)])
            return invitation

    def import_csv(self, author: Author, text: str, *, is_dry_run: bool) -> PeopleImport:
        """Add and change everybody in a CSV file; nobody where a line is wrong.

        Args:
            is_dry_run: only say what would be done.
        """
        with self._database.reading() as connection:
            if is_dry_run:
                return self._plan(connection, author, text).result
        with self._database.writing() as connection:
            plan = self._plan(connection, author, text)
            give_up_names(connection, plan.names_of_leavers)
            insert_entries(connection, plan.added)
            note_changes(connection, author, [entry_change(ChangeAction.ADD, None, entry) for entry in plan.added])
            write_changes(connection, self.rosters, author, plan.changed)
            keep_out(connection, plan.kept_out)
            return plan.result

    def _plan(self, connection: Connection, author: Author, text: str) -> ImportPlan:
        requirements = (self._organisations.require, training_requirement(connection, author))
        return plan_import(text, all_entries(connection), author, requirements)

    def changes(self, first: int = 1) -> list[ChangePayload]:
        """The record of changes from a number on, checked."""
        with self._database.reading() as connection:
            return list(read_changes(connection, first))

    def logged_from(self) -> int:
        """From which number on the access log has the record of changes; 0: from none on."""
        with self._database.reading() as connection:
            return check_logged(connection)

    def needs_session(self) -> bool:
        """Whether somebody could sign in who may change people: nobody does so without a session after that."""
        with self._database.reading() as connection:
            return has_been_there(connection, may_change_people)

    def person_id(self, name: str) -> str:
        """The id of whoever has an id, badge or e-mail address; raises as :func:`require_entry`."""
        with self._database.reading() as connection:
            return require_entry(connection, name).person.person_id

    def overviews(self) -> list[PersonOverview]:
        """Everybody, in the order of their ids."""
        with self._database.reading() as connection:
            credentials = credentials_by_id(connection)
            locked_ids = set(connection.scalars(select(schema.people_locks.c.person_id)))
            linked_ids = set(connection.scalars(select(schema.people_identities.c.person_id)))
            return [
                PersonOverview(entry, *credentials[person_id], person_id in locked_ids, person_id in linked_ids)
                for entry in all_entries(connection)
                if (person_id := entry.person.person_id)
            ]


@contextmanager
def open_people(directory: Path) -> Iterator[People]:
    """Open the people of a department that exists.

    Raises:
        DepartmentError: there is none.
        StoreError: it cannot be opened.
    """
    with closing(DepartmentDatabase(directory, create=False)) as database:
        yield People(directory, database)


def require_entry(connection: Connection, name: str) -> Entry:
    """The person of an id, a badge or an e-mail address."""
    entry = find_entry(connection, name)
    if entry is None:
        raise DepartmentError(f"{name}: nobody has this id, badge or e-mail address; see: department people list")
    return entry
