"""Reads everybody of the roster in force at once, as a unit does that keeps its own roster."""

from collections import defaultdict

from sqlalchemy import select

from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.roster_json import PersonPayload, person_of
from alpr_edge.store.access import schema
from alpr_edge.store.access.accounts import AccountStore


def all_members(accounts: AccountStore) -> tuple[Member, ...]:
    """Everybody with their credentials, in the order of their ids.

    Raises:
        StoreError: the accounts cannot be read.
    """
    keys, table = schema.passkeys, schema.credentials
    passkeys: defaultdict[str, list[Passkey]] = defaultdict(list)
    credentials = {}
    with accounts.database.read() as connection:
        for key in connection.execute(select(keys).order_by(keys.c.person_id, keys.c.place)):
            passkeys[key.person_id].append(Passkey(key.credential_id, key.public_key, key.sign_count))
        for row in connection.execute(select(table)):
            own = tuple(passkeys[row.person_id])
            secrets = (row.password_hash, row.totp_secret, row.release_secret)
            credentials[row.person_id] = Credentials(*secrets, own, row.password_set)
        rows = connection.execute(select(schema.people).order_by(schema.people.c.person_id)).all()
    people = (person_of(PersonPayload.model_validate(row.details)) for row in rows)
    return tuple(Member(person, credentials[person.person_id]) for person in people)


def locked_people(accounts: AccountStore) -> frozenset[str]:
    """Ids of people whose accounts are locked here.

    Raises:
        StoreError: the accounts cannot be read.
    """
    with accounts.database.read() as connection:
        return frozenset(connection.scalars(select(schema.locks.c.person_id)))
