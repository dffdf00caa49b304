"""Opens the accounts of a car: ``accounts.db``, SQLCipher under a key derived from the access key.

It is the car's side of the port :class:`~alpr_edge.access.store.AccessStore`. Where the file is damaged or the key is
missing nobody signs in, and health says so; the people come back with the department's next roster.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Table, delete, insert, select, update

from alpr_edge.access.store import AccessRows, Account, SessionHolder
from alpr_edge.access.unwritten_ends import UnwrittenEnds
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.roster_json import PersonPayload, person_of, person_payload
from alpr_edge.domain.sessions.lockout import Lock
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.access import schema
from alpr_edge.store.access.schema import RELEASE
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of, instant_row
from alpr_edge.store.keys import load_key

ENDED_SESSIONS_MAX = 1000
"""Sessions that ended and are kept; older ones go, and the access log has them."""


class SqlAccessRows:
    """The rows over the connection of an open transaction."""

    def __init__(self, connection: Connection, unwritten_ends: UnwrittenEnds) -> None:
        self._connection = connection
        self._unwritten_ends = unwritten_ends

    def roster(self) -> RosterHeader | None:
        """The roster in force; None before the first."""
        row = self._connection.execute(select(schema.rosters)).first()
        return None if row is None else RosterHeader(row.department_id, row.serial, row.issued, row.valid_until)

    def replace_roster(self, roster: Roster) -> None:
        """Put a roster in force: people, names, credentials and passkeys of the one before go."""
        header = roster.header
        self._connection.execute(delete(schema.people))  # the other three go with it
        self._replace(
            schema.rosters,
            {
                "id": 1,
                "department_id": header.department_id,
                "serial": header.serial,
                "issued": header.issued,
                "valid_until": header.valid_until,
            },
        )
        for table, rows in _member_rows(roster.members).items():
            if rows:
                self._connection.execute(insert(table), rows)

    def account(self, sign_in_name: str) -> Account | None:
        """The account of a badge or e-mail address in its compared form."""
        names = schema.sign_in_names
        return self._account_of(self._scalar(select(names.c.person_id).where(names.c.name == sign_in_name)))

    def account_of(self, person_id: str) -> Account | None:
        return self._account_of(person_id)

    def person(self, person_id: str) -> Person | None:
        """A person alone, without what they sign in with."""
        details = self._scalar(select(schema.people.c.details).where(schema.people.c.person_id == person_id))
        return None if details is None else _person_of(details)

    def last_sign_in(self, person_id: str) -> datetime | None:
        """The trusted time of a person's last sign-in; None: none is known."""
        table = schema.sign_ins
        last: datetime | None = self._scalar(select(table.c.last_utc).where(table.c.person_id == person_id))
        return last

    def account_of_passkey(self, credential_id: bytes) -> Account | None:
        """The account that a passkey is registered for."""
        keys = schema.passkeys
        return self._account_of(self._scalar(select(keys.c.person_id).where(keys.c.credential_id == credential_id)))

    def sign_count(self, credential_id: bytes) -> int:
        """The highest counter that a passkey has shown here; 0 before its first use."""
        counts = schema.passkey_counts
        return int(self._scalar(select(counts.c.sign_count).where(counts.c.credential_id == credential_id)) or 0)

    def note_passkey_use(self, credential_id: bytes, count: int, at: datetime | None) -> None:
        """Keep the counter of a passkey; nobody looks at its last use in a car."""
        del at
        self._replace(schema.passkey_counts, {"credential_id": credential_id, "sign_count": count})

    def set_failures(self, person_id: str, failures: tuple[Instant, ...]) -> None:
        """Replace the failures of a person."""
        self._connection.execute(delete(schema.failures).where(schema.failures.c.person_id == person_id))
        rows = [{"person_id": person_id, **instant_row("failed", failure)} for failure in failures]
        if rows:
            self._connection.execute(insert(schema.failures), rows)

    def set_lock(self, person_id: str, lock: Lock | None) -> None:
        """Lock or unlock an account."""
        if lock is None:
            self._connection.execute(delete(schema.locks).where(schema.locks.c.person_id == person_id))
        else:
            values = {"person_id": person_id, "challenge": lock.challenge, **instant_row("locked", lock.at)}
            self._replace(schema.locks, values)

    def use_step(self, person_id: str, step: int) -> None:
        """Keep the time step of an accepted one-time code."""
        self._replace(schema.used_steps, {"person_id": person_id, "step": step})

    def note_sign_in(self, person_id: str, at: datetime) -> None:
        """Keep the trusted time of a sign-in."""
        self._replace(schema.sign_ins, {"person_id": person_id, "last_utc": at})

    def session(self, token_sha256: str) -> AccessSession | None:
        """The session of a token's digest."""
        query = select(schema.sessions).where(schema.sessions.c.token_sha256 == token_sha256)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else self._unwritten_ends.current(_session_of(row))

    def has_signed_in_at(self, person_id: str, login: str, address: str) -> bool:
        """Whether a person began a session at this login and address before, as far back as ended sessions are kept."""
        table = schema.sessions
        is_same = (table.c.person_id == person_id) & (table.c.login == login) & (table.c.address == address)
        return self._connection.execute(select(table.c.seq).where(is_same).limit(1)).first() is not None

    def live_sessions(self) -> list[AccessSession]:
        """Sessions that nobody ended, in the order in which they began."""
        query = select(schema.sessions).where(schema.sessions.c.ended.is_(None)).order_by(schema.sessions.c.seq)
        sessions = (_session_of(row) for row in self._connection.execute(query).mappings())
        return [session for session in map(self._unwritten_ends.current, sessions) if session.end is None]

    def save_session(self, session: AccessSession) -> None:
        """Keep a session, new or changed."""
        table, values = schema.sessions, session_row(session)
        change = update(table).where(table.c.token_sha256 == session.token_sha256).values(values)
        if self._connection.execute(change).rowcount == 0:
            self._connection.execute(insert(table).values(values))
            ended_seqs = select(table.c.seq).where(table.c.ended.is_not(None)).order_by(table.c.seq.desc())
            oldest_kept = ended_seqs.limit(1).offset(ENDED_SESSIONS_MAX - 1).scalar_subquery()
            self._connection.execute(delete(table).where(table.c.ended.is_not(None), table.c.seq < oldest_kept))

    def _account_of(self, person_id: str | None) -> Account | None:
        person = None if person_id is None else self.person(person_id)
        if person is None or person_id is None:
            return None
        steps = schema.used_steps
        step = self._scalar(select(steps.c.step).where(steps.c.person_id == person_id))
        return Account(
            person=person,
            credentials=self._credentials_of(person_id),
            lock=self._lock_of(person_id),
            failures=self._failures_of(person_id),
            used_step=-1 if step is None else step,
            last_sign_in=self.last_sign_in(person_id),
        )

    def _credentials_of(self, person_id: str) -> Credentials:
        keys, table = schema.passkeys, schema.credentials
        row = self._connection.execute(select(table).where(table.c.person_id == person_id)).one()
        key_rows = self._connection.execute(select(keys).where(keys.c.person_id == person_id).order_by(keys.c.place))
        passkeys = tuple(Passkey(key.credential_id, key.public_key, key.sign_count) for key in key_rows)
        return Credentials(row.password_hash, row.totp_secret, row.release_secret, passkeys, row.password_set)

    def _lock_of(self, person_id: str) -> Lock | None:
        query = select(schema.locks).where(schema.locks.c.person_id == person_id)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else Lock(person_id, instant_of(row, "locked"), row["challenge"])

    def _failures_of(self, person_id: str) -> tuple[Instant, ...]:
        table = schema.failures
        query = select(table).where(table.c.person_id == person_id).order_by(table.c.seq)
        return tuple(instant_of(row, "failed") for row in self._connection.execute(query).mappings())

    def _scalar(self, query: Any) -> Any:  # noqa: ANN401 - a query of one column of any type
        row: Row[Any] | None = self._connection.execute(query).first()
        return None if row is None else row[0]

    def _replace(self, table: Table, values: dict[str, Any]) -> None:
        self._connection.execute(insert(table).prefix_with("OR REPLACE").values(values))


def _member_rows(members: Iterable[Member]) -> dict[Table, list[dict[str, Any]]]:
    """The rows of people and what belongs to them, by table, in the order in which they are written."""
    rows: dict[Table, list[dict[str, Any]]] = {
        schema.people: [],
        schema.sign_in_names: [],
        schema.credentials: [],
        schema.passkeys: [],
    }
    for member in members:
        person, credentials, person_id = member.person, member.credentials, member.person.person_id
        rows[schema.people].append({
            "person_id": person_id,
            "details": person_payload(person).model_dump(mode="json"),
        })  # fmt: skip
        rows[schema.sign_in_names] += [{"name": name, "person_id": person_id} for name in person.sign_in_names]
        rows[schema.credentials].append({
            "person_id": person_id,
            "password_hash": credentials.password_hash,
            "totp_secret": credentials.totp_secret,
            "release_secret": credentials.release_secret,
            "password_set": credentials.password_set,
        })  # fmt: skip
        rows[schema.passkeys] += [
            {
                "credential_id": key.credential_id,
                "person_id": person_id,
                "place": place,
                "public_key": key.public_key,
                "sign_count": key.sign_count,
            }
            for place, key in enumerate(credentials.passkeys)
        ]
    return rows


def _person_of(details: dict[str, Any]) -> Person:
    return person_of(PersonPayload.model_validate(details))


def session_row(session: AccessSession) -> dict[str, Any]:
    return {
        "token_sha256": session.token_sha256,
        "person_id": session.person_id,
        "factor": session.factor.value,
        "login": session.login,
        "address": session.address,
        "notice_sha256": session.notice_sha256,
        **instant_row("signed_in", session.signed_in),
        **instant_row("used", session.used),
        "is_locked": int(session.is_locked),
        "ended": None if session.end is None else session.end.value,
    }


def _session_of(row: RowMapping) -> AccessSession:
    return AccessSession(
        token_sha256=row["token_sha256"],
        person_id=row["person_id"],
        factor=Factor(row["factor"]),
        login=row["login"],
        address=row["address"],
        notice_sha256=row["notice_sha256"],
        signed_in=instant_of(row, "signed_in"),
        used=instant_of(row, "used"),
        is_locked=bool(row["is_locked"]),
        end=None if row["ended"] is None else SessionEnd(row["ended"]),
    )


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
