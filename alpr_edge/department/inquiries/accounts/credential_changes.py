"""Writes what somebody signs in with, for whoever gave both factors again a few minutes ago in the same session.

A change that replaces a factor ends the person's other sessions and an open invitation; each is in the roster for the
cars in the transaction that makes it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.authorisation.authoriser import Access
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.accounts.own_account import require_account
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.people.changes import Author, Change, ChangeAction, note_changes
from alpr_edge.department.people.people_rows import end_sessions_of, replace_credentials, withdraw_invitations
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import SessionEnd, token_digest

FRESH_FOR = timedelta(minutes=5)
"""How long both factors count as given just now."""
_REASON = "by themselves, signed in at the department"
_NOT_CONFIRMED = "not accepted: password, code or passkey is wrong, the code was used, or the account is locked"
_TELLING = {SignInOutcome.NO_SESSION, SignInOutcome.CLOCK_UNKNOWN}


@dataclass(frozen=True, slots=True)
class FreshProof:
    """That the holder of a session gave both factors again."""

    token_sha256: str = field(repr=False)
    """The digest of the session's token."""
    at: Instant


class CredentialChanges:
    """Writes people's credentials; threads may share it."""

    def __init__(self, database: DepartmentDatabase, rosters: Rosters, clock: Clock) -> None:
        self.database = database
        """The department's database."""
        self._rosters = rosters
        self._clock = clock

    def proof_of(self, result: SignInResult) -> FreshProof:
        """What both factors prove that were given again now."""
        if result.session is None:
            raise AccessError(result.answer if result.outcome in _TELLING else _NOT_CONFIRMED)
        return FreshProof(result.session.token_sha256, self._clock.now())

    def utc(self) -> datetime:
        """The present moment."""
        utc = self._clock.now().utc
        if utc is None:
            raise DepartmentError("the clock of this server is not set")
        return utc

    def require_fresh(self, token: str, proof: FreshProof) -> None:
        """Refuse a proof of another session, or one that is too old."""
        now = self._clock.now()
        is_of_boot = proof.at.boot_id == now.boot_id
        is_fresh = is_of_boot and now.ms_since(proof.at) <= FRESH_FOR / timedelta(milliseconds=1)
        if not is_fresh or proof.token_sha256 != token_digest(token):
            raise AccessError("that was confirmed too long ago, or in another session; confirm again that it is you")

    def write(
        self,
        access: Access,
        proof: FreshProof,
        changed: Callable[[Credentials], Credentials],
        what: dict[str, str],
        step: int | None = None,
    ) -> RosterHeader:
        """Change the credentials of whoever an access was allowed to, unless their session ended meanwhile.

        Args:
            what: for the record of changes, without any secret.
            step: the time step of a code of a new secret, which is used by that.
        """
        person_id, utc = access.actor.person_id, self.utc()
        author = Author(f"person:{person_id}", utc, _REASON)
        with self.database.writing() as connection:
            rows, account = DepartmentAccountRows(connection), require_account(connection, person_id)
            session = rows.session(proof.token_sha256)
            if session is None or session.end is not None:
                raise AccessError("your session has ended meanwhile; sign in again")
            after = changed(account.credentials)
            _replace(connection, person_id, account.credentials, after, utc)
            if step is not None:
                rows.use_step(person_id, max(step, account.used_step))
            if after.replaces(account.credentials):
                end_sessions_of(connection, person_id, reason=SessionEnd.ROSTER, except_sha256=proof.token_sha256)
                # Whoever else got hold of an address could replace all of it still.
                what = what | withdraw_invitations(connection, person_id, utc)
            note_changes(connection, author, [Change(ChangeAction.CREDENTIALS, person_id, new=what)])
            return self._rosters.publish_within(connection, author)


def _replace(connection: Connection, person_id: str, before: Credentials, after: Credentials, utc: datetime) -> None:
    """Write credentials, with the date of each passkey that is new."""
    replace_credentials(connection, person_id, after)
    known = {each.credential_id for each in before.passkeys}
    for passkey in after.passkeys:
        if passkey.credential_id not in known:
            DepartmentAccountRows(connection).note_passkey_added(passkey, utc)
