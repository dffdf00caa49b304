"""What somebody is shown of their own account: sessions and passkeys by their dates, no secret."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from alpr_edge.access.authorisation.callers import LOCAL, SESSION_ID_CHARACTERS
from alpr_edge.access.store import Account
from alpr_edge.department.db.people_schema import people_identities
from alpr_edge.department.people.account_rows import DepartmentAccountRows, PasskeyDates
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Passkey
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import AccessSession, SessionEnd, SessionLimits, SessionState

SESSIONS_MAX = 10
"""Sessions that are told of, the newest."""
ACCOUNT_GONE = "this account is there no more; ask the ALPR administrator"


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session at the department."""

    session_id: str
    """As records name it: the beginning of the digest of its token."""
    is_this: bool
    """Whether it is the one that asks."""
    is_command_line: bool
    """Whether it is at the department's own computer; else at the page."""
    state: SessionState
    end: SessionEnd | None
    """Why it ended; None: nobody ended it."""
    begun: datetime | None
    used: datetime | None

    @property
    def can_be_ended(self) -> bool:
        """Whether it is good for anything still."""
        return self.state in {SessionState.OPEN, SessionState.GLANCE}


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey."""

    passkey_id: str
    """The beginning of the digest of its id, which says nothing of the key."""
    dates: PasskeyDates
    can_be_removed: bool
    """Whether there is enough to sign in with without it."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account, as its holder is shown it."""

    person: Person
    has_password: bool
    """Whether they can sign in with password and code."""
    has_single_sign_on: bool
    password_set: datetime | None
    sessions: tuple[OwnSession, ...]
    """Newest first."""
    passkeys: tuple[OwnPasskey, ...]


def require_account(connection: Connection, person_id: str) -> Account:
    """The account of somebody who is signed in."""
    account = DepartmentAccountRows(connection).account_of(person_id)
    if account is None:
        raise AccessError(ACCOUNT_GONE)
    return account


def own_account(
    connection: Connection, person_id: str, token_sha256: str, now: Instant, security: SecurityProfile
) -> OwnAccount:
    """Somebody's account.

    Args:
        security: how long sessions stay open, and how old a password may be.
    """
    account, rows = require_account(connection, person_id), DepartmentAccountRows(connection)
    linked = select(people_identities.c.subject).where(people_identities.c.person_id == person_id)
    sessions = rows.newest_sessions(person_id, SESSIONS_MAX)
    is_password_enough = account.credentials.is_password_enough(now.utc, security.password_days_max)
    return OwnAccount(
        person=account.person,
        has_password=account.credentials.has_password,
        has_single_sign_on=connection.scalar(linked.limit(1)) is not None,
        password_set=account.credentials.password_set,
        sessions=tuple(_own_session(each, token_sha256, now, security.sessions) for each in sessions),
        passkeys=_own_passkeys(account, rows.passkey_dates(person_id), is_password_enough=is_password_enough),
    )


def passkey_id_of(passkey: Passkey) -> str:
    """What a passkey is called on pages and in records."""
    return hashlib.sha256(passkey.credential_id).hexdigest()[:SESSION_ID_CHARACTERS]


def _own_passkeys(
    account: Account, dates: Mapping[bytes, PasskeyDates], *, is_password_enough: bool
) -> tuple[OwnPasskey, ...]:
    passkeys = account.credentials.passkeys
    can_be_removed = is_password_enough or len(passkeys) > 1
    return tuple(
        OwnPasskey(passkey_id_of(each), dates.get(each.credential_id, PasskeyDates(None, None)), can_be_removed)
        for each in passkeys
    )


def _own_session(session: AccessSession, token_sha256: str, now: Instant, limits: SessionLimits) -> OwnSession:
    return OwnSession(
        session_id=session.token_sha256[:SESSION_ID_CHARACTERS],
        is_this=session.token_sha256 == token_sha256,
        is_command_line=session.address == LOCAL,
        state=session.state_at(now, limits),
        end=session.end,
        begun=session.signed_in.utc,
        used=session.used.utc,
    )
