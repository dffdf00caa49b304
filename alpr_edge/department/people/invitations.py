"""Invitations: a one-time address with which a person sets password, one-time code and passkeys.

The token of the address is kept as a digest. Whoever shows it first gets a cookie for it and nobody a second time, so
that a person finds out when somebody else was faster. What they set lies with the invitation until they finish; then it
becomes their credentials at once, in the transaction that publishes the roster with them.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from alpr_edge.access.passkeys import registration_options, verify_registration
from alpr_edge.access.password_rules import check_password
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.access.totp import matching_step, new_secret
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_invitations
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.people.changes import Author, Change, ChangeAction, note_changes
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.department.people.people_rows import (
    NOTHING_SET,
    end_sessions_of,
    find_entry,
    replace_credentials,
    withdraw_invitations,
)
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.people.settings import load_people_settings
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus, Person
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.sessions.session import token_digest

TOKEN_BYTES = 32
COOKIE_VALID = timedelta(hours=1)
"""How long a person may take, once they opened the address."""
WRONG_CODES_MAX = 20
_table = people_invitations


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation that was just made."""

    person_id: str
    token: str = field(repr=False)
    """What the address holds; shown once."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation whose person is setting things, and what they set so far."""

    invitation_id: int
    person: Person
    pending: Credentials = field(repr=False)
    is_code_confirmed: bool

    @property
    def is_complete(self) -> bool:
        """Whether there is enough to sign in with: password and code, which nobody can leave out."""
        return self.pending.has_password and self.is_code_confirmed


class Invitations:
    """The invitations of a department; threads may share it."""

    def __init__(
        self,
        directory: Path,
        database: DepartmentDatabase,
        rosters: Rosters,
        passwords: Argon2Passwords | None = None,
    ) -> None:
        self._directory = directory
        self._database = database
        self._rosters = rosters
        self._passwords = passwords or Argon2Passwords()

    def make(self, connection: Connection, person_id: str, now: datetime) -> NewInvitation:
        """Make an invitation in place of any before; inside the transaction that records it."""
        settings = load_people_settings(self._directory)
        withdraw_invitations(connection, person_id, now)
        token, expires_at = secrets.token_urlsafe(TOKEN_BYTES), now + timedelta(hours=settings.table.invitation_hours)
        values = {"person_id": person_id, "token_sha256": token_digest(token), "made_at": now, "expires_at": expires_at}
        connection.execute(insert(_table).values(**values, **NOTHING_SET, wrong_codes=0))
        return NewInvitation(person_id, token, expires_at)

    def begin(self, token: str, now: datetime) -> str:
        """Exchange the token of an address for a cookie, once; a wrong one writes nothing."""
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        is_it = (_table.c.token_sha256 == token_digest(token)) & _table.c.begun_at.is_(None)
        is_open = _table.c.withdrawn_at.is_(None) & (_table.c.expires_at > now)
        ended = AccessError("this invitation has ended or was used before; ask for a new one")
        with self._database.reading() as connection:
            if connection.scalar(select(_table.c.invitation_id).where(is_it, is_open)) is None:
                raise ended
        with self._database.writing() as connection:
            values = {"begun_at": now, "cookie_sha256": token_digest(cookie)}
            if connection.execute(update(_table).where(is_it, is_open).values(values)).rowcount != 1:
                raise ended
        return cookie

    def find(self, cookie: str, now: datetime) -> OpenInvitation:
        with self._database.reading() as connection:
            return _open_invitation(connection, cookie, now)

    @property
    def password_characters_min(self) -> int:
        """The least length of a password."""
        return load_people_settings(self._directory).security.password_characters_min

    def set_password(self, cookie: str, password: str, now: datetime) -> None:
        names = Organisations.of(load_department_file(self._directory)).names
        check_password(password, self.find(cookie, now).person, self.password_characters_min, names)
        self._write(cookie, now, password_hash=self._passwords.hash(password))

    def shared_secret(self, cookie: str, now: datetime) -> str:
        """The secret for the authenticator app, made when it is first asked for."""
        with self._database.writing() as connection:
            invitation = _open_invitation(connection, cookie, now)
            secret = invitation.pending.totp_secret
            if not secret:
                secret = new_secret()
                sealed = cipher_of(connection).seal(secret.encode(), _secret_place(invitation.invitation_id))
                _set(connection, cookie, totp_secret=sealed)
            return secret

    def confirm_code(self, cookie: str, code: str, now: datetime) -> bool:
        """Note that the app of the person shows the right codes; False: this one is wrong."""
        invitation = self.find(cookie, now)
        step = matching_step(invitation.pending.totp_secret, code, now)
        with self._database.writing() as connection:
            _open_invitation(connection, cookie, now)
            row = _row(connection, cookie)
            if row["wrong_codes"] >= WRONG_CODES_MAX:
                raise AccessError("too many codes were wrong; ask for a new invitation")
            if step is None:
                _set(connection, cookie, wrong_codes=row["wrong_codes"] + 1)
                return False
            _set(connection, cookie, is_code_confirmed=True)
            _use_step(connection, invitation.person.person_id, step)
        return True

    def passkey_options(self, cookie: str, site: RelyingParty, now: datetime) -> str:
        """What the browser needs to make a passkey, as JSON."""
        invitation, challenge = self.find(cookie, now), new_challenge()
        self._write(cookie, now, challenge=challenge)
        return registration_options(invitation.person, invitation.pending, site, challenge)

    def add_passkey(self, cookie: str, site: RelyingParty, response: str, now: datetime) -> None:
        """Add the passkey of a browser's answer; each challenge is good for one."""
        with self._database.writing() as connection:
            invitation, row = _open_invitation(connection, cookie, now), _row(connection, cookie)
            _set(connection, cookie, challenge=None)
        if row["challenge"] is None:
            raise AccessError("the passkey was not registered: it was not asked for")
        passkey = verify_registration(response, row["challenge"], site, invitation.pending)
        self._write(cookie, now, passkeys=[*row["passkeys"], _passkey_json(passkey)])

    def finish(self, cookie: str, now: datetime) -> RosterHeader:
        """Make what was set the person's credentials, and publish the roster with them; their sessions end.

        The secret of their release codes is a new one as well: a unit that was stolen may have told the one before.
        """
        with self._database.writing() as connection:
            invitation = _open_invitation(connection, cookie, now)
            person_id = invitation.person.person_id
            if not invitation.is_complete:
                raise AccessError("set a password and confirm a code first")
            pending = invitation.pending
            secrets_ = (pending.password_hash, pending.totp_secret, new_secret())
            replace_credentials(connection, person_id, Credentials(*secrets_, pending.passkeys, now))
            for passkey in pending.passkeys:
                DepartmentAccountRows(connection).note_passkey_added(passkey, now)
            end_sessions_of(connection, person_id)
            _set(connection, cookie, **NOTHING_SET, finished_at=now, cookie_sha256=None)
            author = Author(f"person:{person_id}", now, f"by invitation {invitation.invitation_id}")
            new = {"password": "set", "code": "set", "passkeys": len(pending.passkeys)}
            note_changes(connection, author, [Change(ChangeAction.CREDENTIALS, person_id, new=new)])
            return self._rosters.publish_within(connection, author)

    def _write(self, cookie: str, now: datetime, **values: Any) -> None:  # noqa: ANN401 - of columns
        with self._database.writing() as connection:
            _open_invitation(connection, cookie, now)
            _set(connection, cookie, **values)


def _row(connection: Connection, cookie: str) -> RowMapping:
    row = connection.execute(select(_table).where(_table.c.cookie_sha256 == token_digest(cookie))).mappings().first()
    if not cookie or row is None:
        raise AccessError("no invitation is open here; open the address that you were given")
    return row


def _set(connection: Connection, cookie: str, **values: Any) -> None:  # noqa: ANN401 - of columns
    connection.execute(update(_table).where(_table.c.cookie_sha256 == token_digest(cookie)).values(values))


def _open_invitation(connection: Connection, cookie: str, now: datetime) -> OpenInvitation:
    row = _row(connection, cookie)
    entry = find_entry(connection, row["person_id"])
    if now >= row["begun_at"] + COOKIE_VALID:
        raise AccessError("this invitation was open for too long; ask for a new one")
    if entry is None or entry.person.status is not AccountStatus.ACTIVE:
        raise AccessError("this account is not active; ask the ALPR administrator")
    passkeys = tuple(_passkey(each) for each in row["passkeys"])
    secret = cipher_of(connection).open(row["totp_secret"], _secret_place(row["invitation_id"])).decode()
    pending = Credentials(row["password_hash"], secret, passkeys=passkeys)
    return OpenInvitation(row["invitation_id"], entry.person, pending, row["is_code_confirmed"])


def _use_step(connection: Connection, person_id: str, step: int) -> None:
    """Keep the time step of a code of the new app, unless the account used a later one: none counts again."""
    rows = DepartmentAccountRows(connection)
    account = rows.account_of(person_id)
    rows.use_step(person_id, step if account is None else max(step, account.used_step))


def _secret_place(invitation_id: int) -> str:
    return f"totp_secret of invitation {invitation_id}"


def _passkey_json(passkey: Passkey) -> dict[str, Any]:
    texts = {"credential_id": passkey.credential_id.hex(), "public_key": passkey.public_key.hex()}
    return {**texts, "sign_count": passkey.sign_count}


def _passkey(value: dict[str, Any]) -> Passkey:
    return Passkey(bytes.fromhex(value["credential_id"]), bytes.fromhex(value["public_key"]), value["sign_count"])
