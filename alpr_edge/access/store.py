"""The port behind which accounts, sessions and failures are kept: SQLCipher in the car, another database elsewhere."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import Roster, RosterHeader
from alpr_edge.domain.sessions.lockout import Lock
from alpr_edge.domain.sessions.session import AccessSession


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what is known of them here."""

    person: Person
    credentials: Credentials
    lock: Lock | None = None
    failures: tuple[Instant, ...] = ()
    """Failed sign-ins since the last that succeeded, oldest first."""
    used_step: int = -1
    """The time step of the last one-time code that was accepted; none of that step or before is accepted again."""
    last_sign_in: datetime | None = None
    """In trusted time."""


class AccessRows(Protocol):
    """The rows within one transaction."""

    def roster(self) -> RosterHeader | None:
        """The roster in force; None before the first."""

    def replace_roster(self, roster: Roster) -> None:
        """Put a roster in force: people, credentials and passkeys of the one before go, the rest stays."""

    def account(self, sign_in_name: str) -> Account | None:
        """The account of a badge or e-mail address, as ``sign_in_key`` of the domain writes it."""

    def account_of(self, person_id: str) -> Account | None:
        """The account of a person."""

    def person(self, person_id: str) -> Person | None:
        """A person alone, without what they sign in with: each request of a page asks for it."""

    def last_sign_in(self, person_id: str) -> datetime | None:
        """The trusted time, UTC, of a person's last sign-in; None: none is known."""

    def account_of_passkey(self, credential_id: bytes) -> Account | None:
        """The account that a passkey is registered for."""

    def sign_count(self, credential_id: bytes) -> int:
        """The highest counter that a passkey has shown here; 0 before its first use."""

    def note_passkey_use(self, credential_id: bytes, count: int, at: datetime | None) -> None:
        """Keep the counter of a passkey, and when it was used where its holder can look at that; None: not known."""

    def set_failures(self, person_id: str, failures: tuple[Instant, ...]) -> None:
        """Replace the failures of a person; the id is empty for names that nobody has."""

    def set_lock(self, person_id: str, lock: Lock | None) -> None:
        """Lock or unlock an account."""

    def use_step(self, person_id: str, step: int) -> None:
        """Keep the time step of an accepted one-time code."""

    def note_sign_in(self, person_id: str, at: datetime) -> None:
        """Keep the trusted time of a sign-in."""

    def session(self, token_sha256: str) -> AccessSession | None:
        """The session of a token's digest."""

    def has_signed_in_at(self, person_id: str, login: str, address: str) -> bool:
        """Whether a person began a session at this login and address before, as far back as ended sessions are kept."""

    def live_sessions(self) -> list[AccessSession]:
        """Sessions that nobody ended, in the order in which they began; expired ones are among them."""

    def save_session(self, session: AccessSession) -> None:
        """Keep a session, new or changed."""


@dataclass(frozen=True, slots=True)
class SessionHolder:
    """A session with the person who holds it and the roster in force, in one view; each request asks several times."""

    session: AccessSession | None
    person: Person | None
    last_sign_in: datetime | None
    roster: RosterHeader | None

    @classmethod
    def read(cls, rows: AccessRows, token_sha256: str) -> Self:
        """Read the holder of a token's session."""
        session = rows.session(token_sha256)
        if session is None:
            return cls(None, None, None, rows.roster())
        return cls(session, rows.person(session.person_id), rows.last_sign_in(session.person_id), rows.roster())


class AccessStore(Protocol):
    """Accounts, sessions and failures. StoreError where they cannot be read or written: then nobody gets in."""

    def reading(self) -> AbstractContextManager[AccessRows]:
        """One consistent view."""

    def holder(self, token_sha256: str) -> SessionHolder:
        """The holder of a token's session, as the last commit left it."""

    def writing(self) -> AbstractContextManager[AccessRows]:
        """One transaction that nobody else writes beside, on disk when the block ends, undone when it raises."""
