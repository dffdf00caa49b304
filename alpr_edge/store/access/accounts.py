"""Opens the accounts of a car: ``accounts.db``, SQLCipher under a key derived from the access key.

It is the car's side of the port :class:`~alpr_edge.access.store.AccessStore`. Where the file is damaged or the key is
missing nobody signs in, and health says so; the people come back with the department's next roster.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from alpr_edge.access.store import AccessRows, SessionHolder
from alpr_edge.access.unwritten_ends import UnwrittenEnds
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.access.rows import SqlAccessRows
from alpr_edge.store.access.schema import RELEASE
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key

ACCOUNTS = "accounts"
"""Purpose of the key, which ``derive_key`` makes from the access key: the access log has another file and key."""
HOLDERS_MAX = 64
"""Most sessions whose holders are kept in memory: more than a car has open."""


@dataclass(frozen=True, slots=True, eq=False)
class AccountStore:
    """The open accounts; threads may share them."""

    database: Database
    unwritten_ends: UnwrittenEnds = field(default_factory=UnwrittenEnds, repr=False)
    """Sessions that have ended although their rows do not say so yet."""
    _holders: dict[str, tuple[int, SessionHolder]] = field(init=False, default_factory=dict, repr=False)
    """Holders by the digest of their token, each with the version of the database that it was read at or before."""

    @contextmanager
    def reading(self) -> Iterator[AccessRows]:
        """One consistent view.

        Raises:
            StoreError: the database cannot be read.
        """
        with self.database.read() as connection:
            yield SqlAccessRows(connection, self.unwritten_ends)

    def holder(self, token_sha256: str) -> SessionHolder:
        """The holder of a token's session, as the last commit of any process left it.

        Raises:
            StoreError: the database cannot be read.
        """
        version = self.database.data_version()
        seen_version, holder = self._holders.get(token_sha256, (None, None))
        if holder is None or seen_version != version:
            with self.reading() as rows:
                holder = SessionHolder.read(rows, token_sha256)
            if len(self._holders) >= HOLDERS_MAX:
                self._holders.clear()
            self._holders[token_sha256] = version, holder
        session = holder.session
        return holder if session is None else replace(holder, session=self.unwritten_ends.current(session))

    @contextmanager
    def writing(self) -> Iterator[AccessRows]:
        """One transaction that no other process writes beside, on disk when the block ends.

        Raises:
            StoreError: the database cannot be written; nothing of the block is kept.
        """
        with self.database.write() as connection:
            yield SqlAccessRows(connection, self.unwritten_ends)


@contextmanager
def open_accounts(directory: Path, keys_directory: Path, *, migrate: bool) -> Iterator[AccountStore]:
    """Open the accounts; closes them at the end.

    Raises:
        StoreError: no access key, a wrong one, or a database that this release cannot use.
    """
    key = derive_key(load_key("access", keys_directory), ACCOUNTS)
    database = Database.open(directory, key, migrate=migrate, release=RELEASE)
    try:
        yield AccountStore(database)
    finally:
        database.close()
