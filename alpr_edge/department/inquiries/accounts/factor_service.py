"""Passkeys and code of somebody's own account, for whoever gave both factors again a few minutes ago; on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from alpr_edge.access.attempts import PasskeyAttempt
from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.totp import matching_step
from alpr_edge.department.inquiries.accounts.credential_changes import CredentialChanges, FreshProof
from alpr_edge.department.inquiries.accounts.own_account import passkey_id_of, require_account
from alpr_edge.domain.errors import AccessError, SearchError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.roster import RosterHeader

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
