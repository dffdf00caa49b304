"""Writes changes of accounts: every way out of "active" is the same suspension, and cars learn of fewer rights at once.

A suspension ends sessions and invitations, publishes the roster, and takes the account out of the hands of a system
that provisions people: only an administrator of the department brings it back.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from alpr_edge.department.db.people_schema import people_identities, people_provisioned, people_sign_ins
from alpr_edge.department.people.account_rows import DepartmentAccountRows, newest_header
from alpr_edge.department.people.changes import Author, ChangeAction, entry_change, may_change_people, note_changes
from alpr_edge.department.people.people_rows import (
    all_entries,
    credentials_by_id,
    end_sessions_of,
    replace_entries,
    withdraw_invitations,
)
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import RosterHeader

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
