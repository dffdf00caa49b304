"""Somebody's own account at the department, for themselves alone: each look and each change is on record."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from alpr_edge.access.attempts import FactorsAttempt, PasskeyAttempt, SignInResult
from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser, Policy
from alpr_edge.access.authorisation.callers import SESSION_ID_CHARACTERS
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.password_rules import check_password
from alpr_edge.access.passwords import Argon2Passwords, normalise
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.totp import matching_step
from alpr_edge.department.inquiries.accounts.credential_changes import CredentialChanges, FreshProof
from alpr_edge.department.inquiries.accounts.own_account import OwnAccount, own_account, passkey_id_of, require_account
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.domain.errors import AccessError, PasswordError, SearchError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import RosterHeader
from alpr_edge.domain.sessions.session import SessionEnd, SessionState, token_digest

NOTHING_STAYS = "this passkey is all that you can sign in with; add another one first"
_SIGN_IN_FIRST = "sign in first"


class FactorService:
    """What people of a department sign in with beside the password, each for themselves; threads may share it.

    Args:
        password_days_max: the age of a password past which nobody signs in with it; None: any.
    """

    def __init__(self, changes: CredentialChanges, password_days_max: int | None) -> None:
        self._changes = changes
        self._password_days_max = password_days_max

    def remove_passkey(self, authoriser: Authoriser, proof: FreshProof, passkey_id: str) -> RosterHeader:
        """Remove a passkey of whoever asks, where they can sign in without it; their other sessions end."""
        with self._access(authoriser, proof, passkey_id, "remove a passkey") as access:
            what = {"passkey removed": passkey_id}
            return self._changes.write(access, proof, lambda before: self._without(before, passkey_id), what)

    def passkey_options(self, authoriser: Authoriser, proof: FreshProof, site: RelyingParty, challenge: bytes) -> str:
        """What a browser needs to make a passkey for whoever asks, as JSON; it goes on no record before it is added."""
        from alpr_edge.access.passkeys import registration_options  # noqa: PLC0415 - 8 MB for whoever adds one

        self._changes.require_fresh(authoriser.caller.token, proof)
        decision = authoriser.decide(Operation.CHANGE_OWN_FACTORS)
        person = decision.person
        if person is None or not decision.is_allowed:
            raise AccessError(_SIGN_IN_FIRST)
        with self._changes.database.reading() as connection:
            credentials = require_account(connection, person.person_id).credentials
        return registration_options(person, credentials, site, challenge)

    def add_passkey(
        self, authoriser: Authoriser, proof: FreshProof, site: RelyingParty, attempt: PasskeyAttempt
    ) -> RosterHeader:
        """Add the passkey that a browser made for whoever asks.

        Args:
            attempt: the browser's answer, to a challenge that the caller uses once.
        """
        with self._access(authoriser, proof, "", "add a passkey") as access:
            return self._changes.write(access, proof, lambda before: _with(before, site, attempt), {"passkey": "added"})

    def change_code(self, authoriser: Authoriser, proof: FreshProof, secret: str, code: str) -> RosterHeader:
        """Give whoever asks another secret for the codes of an app; their other sessions end.

        Args:
            secret: the new secret, base32.
        """
        with self._access(authoriser, proof, "", "set up codes anew") as access:
            step = matching_step(secret, code, self._changes.utc())
            if step is None:
                raise AccessError("this code is wrong; wait for the next one, and look at the clock of the phone")
            return self._changes.write(
                access, proof, lambda before: replace(before, totp_secret=secret), {"code": "set"}, step
            )

    @contextmanager
    def _access(self, authoriser: Authoriser, proof: FreshProof, passkey_id: str, note: str) -> Iterator[Access]:
        subject = AccessSubject((passkey_id,) if passkey_id else (), note=note)
        with authoriser.access(Operation.CHANGE_OWN_FACTORS, subject=subject) as access:
            self._changes.require_fresh(authoriser.caller.token, proof)
            yield access

    def _without(self, before: Credentials, passkey_id: str) -> Credentials:
        left = tuple(each for each in before.passkeys if passkey_id_of(each) != passkey_id)
        if len(left) == len(before.passkeys):
            raise SearchError("you have no such passkey; it was removed")
        if not left and not before.is_password_enough(self._changes.utc(), self._password_days_max):
            raise AccessError(NOTHING_STAYS)
        return replace(before, passkeys=left)


def _with(before: Credentials, site: RelyingParty, attempt: PasskeyAttempt) -> Credentials:
    """Credentials with the passkey of a browser's answer."""
    from alpr_edge.access.passkeys import verify_registration  # noqa: PLC0415 - likewise

    new = verify_registration(attempt.response, attempt.challenge, site, before)
    if new.credential_id in {each.credential_id for each in before.passkeys}:
        raise AccessError("this key has a passkey of yours already")
    return replace(before, passkeys=(*before.passkeys, new))


CHANGED_ELSEWHERE = (
    "this account has no password here: change it at the single sign-on, or ask the ALPR administrator to invite you"
)
"""What somebody is told who signs in by a provider alone."""


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """What somebody typed to change their password."""

    attempt: FactorsAttempt
    """The present password, and a code."""
    new: str = field(repr=False)
    again: str = field(repr=False)


class AccountService:
    """The accounts of a department, each for its holder; threads may share it.

    Args:
        department_names: the department's names, which no password may have in it.
    """

    def __init__(
        self,
        changes: CredentialChanges,
        passwords: Argon2Passwords,
        policy: Policy,
        department_names: Collection[str] = (),
    ) -> None:
        self._changes = changes
        self._database = changes.database
        self._passwords = passwords
        self._policy = policy
        self._department_names = tuple(department_names)
        self.factors = FactorService(changes, policy.security.password_days_max)
        """Their passkeys and codes."""

    @property
    def password_characters_min(self) -> int:
        """The least length of a password."""
        return self._policy.security.password_characters_min

    def overview(self, authoriser: Authoriser) -> OwnAccount:
        """The account of whoever asks."""
        with authoriser.access(Operation.SHOW_OWN_ACCOUNT) as access:
            security, token_sha256 = self._policy.security, token_digest(authoriser.caller.token)
            with self._database.reading() as connection:
                account = own_account(connection, access.actor.person_id, token_sha256, access.now, security)
            access.show((access.actor.person_id,))
            return account

    def end_session(self, authoriser: Authoriser, session_id: str) -> None:
        """End a session of whoever asks."""
        limits, subject = self._policy.security.sessions, AccessSubject((session_id,))
        with (
            authoriser.access(Operation.END_OWN_SESSION, subject=subject) as access,
            self._database.writing() as connection,
        ):
            rows = DepartmentAccountRows(connection)
            for each in rows.live_sessions():
                is_it = each.person_id == access.actor.person_id
                is_it = is_it and each.token_sha256[:SESSION_ID_CHARACTERS] == session_id
                if is_it and each.state_at(access.now, limits) is not SessionState.EXPIRED:
                    rows.save_session(each.finish(SessionEnd.SIGN_OUT))
                    return
            raise SearchError("you have no such session; it has ended")

    def proof_of(self, result: SignInResult) -> FreshProof:
        """What both factors prove that somebody gave again now; raises AccessError where they were not right."""
        return self._changes.proof_of(result)

    def change_password(self, authoriser: Authoriser, sign_ins: SignInService, change: PasswordChange) -> RosterHeader:
        """Change the password of whoever asks; their other sessions end, and the roster tells the cars.

        The new one is looked at first, so that no code is used up by one that will not do.
        """
        with authoriser.access(Operation.CHANGE_OWN_PASSWORD) as access:
            with self._database.reading() as connection:
                account = require_account(connection, access.actor.person_id)
            if not account.credentials.has_password:
                raise AccessError(CHANGED_ELSEWHERE)
            self._check_new(change, account.person)
            proof = self._changes.proof_of(sign_ins.confirm(change.attempt))
            password_hash, utc = self._passwords.hash(change.new), self._changes.utc()
            return self._changes.write(
                access,
                proof,
                lambda before: replace(before, password_hash=password_hash, password_set=utc),
                {"password": "set"},
            )

    def _check_new(self, change: PasswordChange, person: Person) -> None:
        if change.new != change.again:
            raise PasswordError("the two new passwords differ")
        check_password(change.new, person, self.password_characters_min, self._department_names)
        if normalise(change.new) == normalise(change.attempt.password):
            raise PasswordError("the new password is the present one; choose another")
