"""The rows of people and sign-ins within one transaction: the department's side of ``access.store``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, func, insert, select, update

from alpr_edge.access.store import Account
from alpr_edge.department.db import people_schema as schema
from alpr_edge.department.db.sealed_values import SecretCipher, cipher_of
from alpr_edge.department.db.statements import replace_rows
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.roster_json import PersonPayload, person_of, person_payload
from alpr_edge.domain.sessions.lockout import Lock
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd

ENDED_SESSIONS_MAX = 1000
"""Sessions that ended and are kept; older ones go."""
_SEALED = ("totp_secret", "release_secret")
_OF_ROSTER = (schema.people, schema.people_names, schema.people_credentials, schema.people_passkeys)


@dataclass(frozen=True, slots=True)
class PasskeyDates:
    """When a passkey was added, and used at the department last; None: not known, or never."""

    added: datetime | None
    used: datetime | None


class DepartmentAccountRows:
    """The rows over the connection of an open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def roster(self) -> RosterHeader | None:
        """The newest roster that was published; None before the first."""
        return newest_header(self._connection)

    def replace_roster(self, roster: Roster) -> None:
        """Put the people of a roster in the place of all others, as a department does that restores them from one."""
        for table in _OF_ROSTER:
            self._connection.execute(delete(table))
        details = [{"details": details_of(member.person), "units": []} for member in roster.members]
        insert_members(self._connection, roster.members, details)
        header = roster.header
        values = {"issued": header.issued, "valid_until": header.valid_until, "people": len(roster.members)}
        about = {"serial": header.serial, "department_id": header.department_id, "change": 0, "units": {}}
        self._connection.execute(insert(schema.people_rosters).values(**about, **values))

    def account(self, sign_in_name: str) -> Account | None:
        """The account of a badge or e-mail address in its compared form."""
        names = schema.people_names.c
        person_id = self._connection.scalar(select(names.person_id).where(names.name == sign_in_name))
        return None if person_id is None else self.account_of(person_id)

    def account_of_passkey(self, credential_id: bytes) -> Account | None:
        """The account that a passkey is registered for."""
        keys = schema.people_passkeys.c
        person_id = self._connection.scalar(select(keys.person_id).where(keys.credential_id == credential_id))
        return None if person_id is None else self.account_of(person_id)

    def person(self, person_id: str) -> Person | None:
        """A person alone, without what they sign in with."""
        table = schema.people.c
        details = self._connection.scalar(select(table.details).where(table.person_id == person_id))
        return None if details is None else person_of_details(details)

    def last_sign_in(self, person_id: str) -> datetime | None:
        """The trusted time of a person's last sign-in; None: none is known."""
        table = schema.people_sign_ins.c
        return self._connection.scalar(select(table.last_utc).where(table.person_id == person_id))

    def account_of(self, person_id: str) -> Account | None:
        person = self.person(person_id)
        if person is None:
            return None
        steps = schema.people_used_steps.c
        step = self._connection.scalar(select(steps.step).where(steps.person_id == person_id))
        return Account(
            person=person,
            credentials=self._credentials_of(person_id),
            lock=self._lock_of(person_id),
            failures=self._failures_of(person_id),
            used_step=-1 if step is None else step,
            last_sign_in=self.last_sign_in(person_id),
        )

    def sign_count(self, credential_id: bytes) -> int:
        """The highest counter that a passkey has shown here; 0 before its first use."""
        counts = schema.people_passkey_counts.c
        query = select(counts.sign_count).where(counts.credential_id == credential_id)
        return self._connection.scalar(query) or 0

    def note_passkey_use(self, credential_id: bytes, count: int, at: datetime | None) -> None:
        """Keep the counter of a passkey, and when it was used."""
        self._replace(schema.people_passkey_counts, "credential_id", credential_id, sign_count=count, used_at=at)

    def note_passkey_added(self, passkey: Passkey, at: datetime) -> None:
        """Keep when a passkey was added."""
        values = {"sign_count": passkey.sign_count, "added_at": at}
        self._replace(schema.people_passkey_counts, "credential_id", passkey.credential_id, **values)

    def passkey_dates(self, person_id: str) -> dict[bytes, PasskeyDates]:
        """The dates of a person's passkeys, of those that have any."""
        keys, counts = schema.people_passkeys.c, schema.people_passkey_counts
        query = select(counts).where(counts.c.credential_id == keys.credential_id, keys.person_id == person_id)
        return {row.credential_id: PasskeyDates(row.added_at, row.used_at) for row in self._connection.execute(query)}

    def set_failures(self, person_id: str, failures: tuple[Instant, ...]) -> None:
        """Replace the failures of a person."""
        table = schema.people_failures
        self._connection.execute(delete(table).where(table.c.person_id == person_id))
        if failures:
            rows = [{"person_id": person_id, "failed": failure} for failure in failures]
            self._connection.execute(insert(table), rows)

    def set_lock(self, person_id: str, lock: Lock | None) -> None:
        """Lock or unlock an account."""
        table = schema.people_locks
        if lock is None:
            self._connection.execute(delete(table).where(table.c.person_id == person_id))
        else:
            self._replace(table, "person_id", person_id, challenge=lock.challenge, locked=lock.at)

    def use_step(self, person_id: str, step: int) -> None:
        """Keep the time step of an accepted one-time code."""
        self._replace(schema.people_used_steps, "person_id", person_id, step=step)

    def note_sign_in(self, person_id: str, at: datetime) -> None:
        """Keep the trusted time of a sign-in."""
        self._replace(schema.people_sign_ins, "person_id", person_id, last_utc=at)

    def session(self, token_sha256: str) -> AccessSession | None:
        """The session of a token's digest."""
        table = schema.people_sessions
        row = self._connection.execute(select(table).where(table.c.token_sha256 == token_sha256)).mappings().first()
        return None if row is None else _session_of(row)

    def has_signed_in_at(self, person_id: str, login: str, address: str) -> bool:
        """Whether a person began a session at this login and address before, as far back as ended sessions are kept."""
        table = schema.people_sessions
        is_same = (table.c.person_id == person_id) & (table.c.login == login) & (table.c.address == address)
        return self._connection.execute(select(table.c.seq).where(is_same).limit(1)).first() is not None

    def live_sessions(self) -> list[AccessSession]:
        """Sessions that nobody ended, in the order in which they began."""
        table = schema.people_sessions
        query = select(table).where(table.c.ended.is_(None)).order_by(table.c.seq)
        return [_session_of(row) for row in self._connection.execute(query).mappings()]

    def newest_sessions(self, person_id: str, count: int) -> list[AccessSession]:
        """The sessions of a person that began last, those that ended too, the newest first."""
        table = schema.people_sessions
        query = select(table).where(table.c.person_id == person_id).order_by(table.c.seq.desc()).limit(count)
        return [_session_of(row) for row in self._connection.execute(query).mappings()]

    def save_session(self, session: AccessSession) -> None:
        """Keep a session, new or changed."""
        table, values = schema.people_sessions, _session_row(session)
        change = update(table).where(table.c.token_sha256 == session.token_sha256).values(values)
        if self._connection.execute(change).rowcount:
            return
        self._connection.execute(insert(table).values(values))
        ended_seqs = select(table.c.seq).where(table.c.ended.is_not(None)).order_by(table.c.seq.desc())
        oldest_kept = ended_seqs.limit(1).offset(ENDED_SESSIONS_MAX - 1).scalar_subquery()
        self._connection.execute(delete(table).where(table.c.ended.is_not(None), table.c.seq < oldest_kept))

    def _credentials_of(self, person_id: str) -> Credentials:
        keys, table = schema.people_passkeys, schema.people_credentials
        row = self._connection.execute(select(table).where(table.c.person_id == person_id)).one()
        key_rows = self._connection.execute(select(keys).where(keys.c.person_id == person_id).order_by(keys.c.place))
        cipher = cipher_of(self._connection)
        return credentials_of(cipher, row._mapping, [key._mapping for key in key_rows])  # noqa: SLF001 - public, says SQLAlchemy

    def _lock_of(self, person_id: str) -> Lock | None:
        table = schema.people_locks
        row = self._connection.execute(select(table).where(table.c.person_id == person_id)).first()
        return None if row is None else Lock(person_id, row.locked, row.challenge)

    def _failures_of(self, person_id: str) -> tuple[Instant, ...]:
        table = schema.people_failures.c
        query = select(table.failed).where(table.person_id == person_id).order_by(table.seq)
        return tuple(self._connection.scalars(query))

    def _replace(self, table: Table, key: str, value: str | bytes, **values: Any) -> None:  # noqa: ANN401 - of columns
        replace_rows(self._connection, table, [{key: value, **values}])


def newest_header(connection: Connection) -> RosterHeader | None:
    """The header of the newest roster; None before the first."""
    table = schema.people_rosters
    newest = select(func.max(table.c.serial)).scalar_subquery()
    query = select(table.c.department_id, table.c.serial, table.c.issued, table.c.valid_until)
    row = connection.execute(query.where(table.c.serial == newest)).first()
    return None if row is None else RosterHeader(row.department_id, row.serial, row.issued, row.valid_until)


def insert_members(connection: Connection, members: Iterable[Member], people_rows: Iterable[dict[str, Any]]) -> None:
    """Insert new people with their credentials.

    Args:
        connection: the connection of a transaction that may write.
    """
    cipher = cipher_of(connection)
    rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in _OF_ROSTER}
    for member, people_row in zip(members, people_rows, strict=True):
        person, person_id = member.person, member.person.person_id
        rows[schema.people].append({"person_id": person_id, **people_row})
        rows[schema.people_names] += [{"name": name, "person_id": person_id} for name in person.sign_in_names]
        rows[schema.people_credentials].append(credentials_row(cipher, person_id, member.credentials))
        rows[schema.people_passkeys] += passkey_rows(person_id, member.credentials)
    for table, some in rows.items():
        if some:
            connection.execute(insert(table), some)


def details_of(person: Person) -> dict[str, Any]:
    """A person as JSON, as rosters carry it."""
    return person_payload(person).model_dump(mode="json")


def person_of_details(details: dict[str, Any]) -> Person:
    """The person of JSON."""
    return person_of(PersonPayload.model_validate(details))


def credentials_of(cipher: SecretCipher, row: RowMapping, key_rows: Iterable[RowMapping]) -> Credentials:
    """The credentials of rows; passkeys in their order."""
    passkeys = tuple(Passkey(key["credential_id"], key["public_key"], key["sign_count"]) for key in key_rows)
    totp, release = (cipher.open(row[name], f"{name} of {row['person_id']}").decode() for name in _SEALED)
    return Credentials(row["password_hash"], totp, release, passkeys, row["password_set"])


def credentials_row(cipher: SecretCipher, person_id: str, credentials: Credentials) -> dict[str, Any]:
    """The row of credentials without passkeys."""
    sealed = {name: cipher.seal(getattr(credentials, name).encode(), f"{name} of {person_id}") for name in _SEALED}
    about = {"person_id": person_id, "password_set": credentials.password_set}
    return {**about, "password_hash": credentials.password_hash, **sealed}


def passkey_rows(person_id: str, credentials: Credentials) -> list[dict[str, Any]]:
    """The rows of passkeys."""
    return [
        {
            "credential_id": key.credential_id,
            "person_id": person_id,
            "place": place,
            "public_key": key.public_key,
            "sign_count": key.sign_count,
        }
        for place, key in enumerate(credentials.passkeys)
    ]


def _session_row(session: AccessSession) -> dict[str, Any]:
    return {
        "token_sha256": session.token_sha256,
        "person_id": session.person_id,
        "factor": session.factor.value,
        "login": session.login,
        "address": session.address,
        "notice_sha256": session.notice_sha256,
        "signed_in": session.signed_in,
        "used": session.used,
        "is_locked": session.is_locked,
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
        signed_in=row["signed_in"],
        used=row["used"],
        is_locked=row["is_locked"],
        end=None if row["ended"] is None else SessionEnd(row["ended"]),
    )
