"""Statements on people: who is there, and how one of them is written."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BindParameter, Connection, RowMapping, bindparam, delete, insert, select, update

from alpr_edge.access.totp import new_secret
from alpr_edge.department.db import people_schema as schema
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.department.people.account_rows import (
    DepartmentAccountRows,
    credentials_of,
    credentials_row,
    insert_members,
    passkey_rows,
    person_of_details,
)
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.search.saved_rows import bound_saved_searches
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import AccountStatus, Person, sign_in_key
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.sessions.session import Factor, SessionEnd

NOTHING_SET: Mapping[str, Any] = {
    "password_hash": "",
    "totp_secret": b"",
    "is_code_confirmed": False,
    "challenge": None,
    "passkeys": [],
}
"""An invitation by which nothing was set, or whose person finished."""


def all_entries(connection: Connection) -> list[Entry]:
    """Everybody, in the order of their ids."""
    query = select(schema.people).order_by(schema.people.c.person_id)
    return [_entry_of(row) for row in connection.execute(query).mappings()]


def all_members(connection: Connection) -> Iterator[tuple[Member, list[str]]]:
    """Everybody with their credentials and their units; in the order of their ids."""
    keys: dict[str, list[RowMapping]] = defaultdict(list)
    by_place = select(schema.people_passkeys).order_by(schema.people_passkeys.c.place)
    for key in connection.execute(by_place).mappings():
        keys[key["person_id"]].append(key)
    sign_ins = {row.person_id: row.last_utc for row in connection.execute(select(schema.people_sign_ins))}
    people, credentials = schema.people, schema.people_credentials
    together = people.c.person_id == credentials.c.person_id
    query, cipher = select(people.c.details, people.c.units, credentials), cipher_of(connection)
    query = query.join_from(people, credentials, together)
    for row in connection.execute(query.order_by(people.c.person_id)).mappings():
        details = dict(row["details"])
        person = person_of_details(details)
        signed_in = sign_ins.get(person.person_id)
        if signed_in is not None and signed_in > person.active_at:
            person = person_of_details(details | {"active_at": signed_in.isoformat()})
        yield Member(person, credentials_of(cipher, row, keys[person.person_id])), list(row["units"])


def find_entry(connection: Connection, name: str) -> Entry | None:
    """The person of an id, a badge or an e-mail address; an id goes before the others."""
    people, names = schema.people, schema.people_names.c
    by_name = select(names.person_id).where(names.name == sign_in_key(name)).scalar_subquery()
    for condition in (people.c.person_id == name.strip(), people.c.person_id == by_name):
        row = connection.execute(select(people).where(condition)).mappings().first()
        if row is not None:
            return _entry_of(row)
    return None


def insert_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Insert new people, each with a secret for release codes and nothing to sign in with."""
    members = [Member(entry.person, Credentials(release_secret=new_secret())) for entry in entries]
    rows = [{"details": entry.details, "units": list(entry.units)} for entry in entries]
    insert_members(connection, members, rows)


def replace_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write people who are there already; their credentials stay, and saved searches as long as their access does.

    Whoever left signs in with nothing any more: a name that somebody else took since does not come back to them.
    """
    if not entries:
        return
    bound_saved_searches(connection, {entry.person.person_id: entry.person.access_until for entry in entries})
    people, names = schema.people, schema.people_names
    values = {"details": bindparam("of_details", type_=JSON), "units": bindparam("of_units", type_=JSON)}
    one: BindParameter[str] = bindparam("of_id")
    connection.execute(
        update(people).where(people.c.person_id == one).values(values),
        [{"of_id": it.person.person_id, "of_details": it.details, "of_units": list(it.units)} for it in entries],
    )
    rows = [
        {"name": name, "person_id": entry.person.person_id}
        for entry in entries
        for name in _names_kept(connection, entry.person)
    ]
    connection.execute(
        delete(names).where(names.c.person_id == one), [{"of_id": it.person.person_id} for it in entries]
    )
    if rows:
        connection.execute(insert(schema.people_names), rows)


def replace_credentials(connection: Connection, person_id: str, credentials: Credentials) -> None:
    """Write the credentials of a person who is there, in place of all before."""
    for table in (schema.people_credentials, schema.people_passkeys):
        connection.execute(delete(table).where(table.c.person_id == person_id))
    row = credentials_row(cipher_of(connection), person_id, credentials)
    connection.execute(insert(schema.people_credentials).values(row))
    if keys := passkey_rows(person_id, credentials):
        connection.execute(insert(schema.people_passkeys), keys)


def withdraw_invitations(connection: Connection, person_id: str, at: datetime) -> dict[str, str]:
    """End every invitation of a person, and forget what was set by it; what the record of changes says of it."""
    table = schema.people_invitations
    is_open = table.c.finished_at.is_(None) & table.c.withdrawn_at.is_(None)
    values = {**NOTHING_SET, "withdrawn_at": at, "cookie_sha256": None}
    count = connection.execute(update(table).where(table.c.person_id == person_id, is_open).values(values)).rowcount
    return {"invitation": "withdrawn"} if count else {}


def end_sessions_of(
    connection: Connection,
    person_id: str,
    factors: Collection[Factor] = tuple(Factor),
    *,
    reason: SessionEnd = SessionEnd.ADMINISTRATOR,
    except_sha256: str = "",
) -> int:
    """End the sessions of a person; returns how many.

    Args:
        except_sha256: the digest of the token of the one that stays; empty: none does.
    """
    rows = DepartmentAccountRows(connection)
    ended = [
        each.finish(reason)
        for each in rows.live_sessions()
        if each.person_id == person_id and each.factor in factors and each.token_sha256 != except_sha256
    ]
    for session in ended:
        rows.save_session(session)
    return len(ended)


def credentials_by_id(connection: Connection) -> dict[str, tuple[bool, int]]:
    """Whether each person has a password with its second factor, and how many passkeys."""
    keys, table = schema.people_passkeys.c, schema.people_credentials.c
    counts: dict[str, int] = defaultdict(int)
    for person_id in connection.scalars(select(keys.person_id)):
        counts[person_id] += 1
    query = select(table.person_id, (table.password_hash != "") & (table.totp_secret != b""))
    return {person_id: (bool(has_password), counts[person_id]) for person_id, has_password in connection.execute(query)}


def _names_kept(connection: Connection, person: Person) -> frozenset[str]:
    """The names of a person; of one who left those that nobody else took."""
    if person.status is not AccountStatus.LEFT:
        return person.sign_in_names
    names = schema.people_names.c
    taken = select(names.name).where(names.name.in_(person.sign_in_names), names.person_id != person.person_id)
    return person.sign_in_names - frozenset(connection.scalars(taken))


def _entry_of(row: RowMapping) -> Entry:
    return Entry(person_of_details(row["details"]), tuple(row["units"]), row["details"])
