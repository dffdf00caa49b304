"""The key that rosters have to be signed by, as the accounts have it pinned: beside the people, in ``accounts.db``.

The daemon that faces the network cannot open that file, so it cannot put another key in this one's place.
"""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.store.access.accounts import AccountStore
from alpr_edge.store.access.schema import meta

_NAME = "roster_key"


def pinned_roster_key(accounts: AccountStore) -> RosterKey | None:
    """The pinned key; None: none is pinned yet.

    Raises:
        StoreError: the accounts cannot be read.
    """
    with accounts.database.read() as connection:
        text = connection.scalar(select(meta.c.value).where(meta.c.name == _NAME))
    return None if text is None else RosterKey.parse(text)


def pin_roster_key(accounts: AccountStore, key: RosterKey, *, replace: bool = False) -> RosterKey:
    """Pin a key where none is pinned, or in the place of another one; returns the key that is pinned now.

    Raises:
        StoreError: the accounts cannot be written.
    """
    with accounts.database.write() as connection:
        if replace:
            connection.execute(delete(meta).where(meta.c.name == _NAME))
        connection.execute(insert(meta).values(name=_NAME, value=str(key)).on_conflict_do_nothing())
        text = connection.scalar(select(meta.c.value).where(meta.c.name == _NAME))
    return RosterKey.parse(str(text))
