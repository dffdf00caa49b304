"""Signs people in whom a provider of single sign-on vouches for, with a code of their own where it saw one factor."""

from dataclasses import dataclass, field

from alpr_edge.access.admission import admit, place_fault
from alpr_edge.access.attempts import SignInOutcome, SignInPlace, SignInResult
from alpr_edge.access.failures import note_failure
from alpr_edge.access.store import AccessRows, AccessStore, Account
from alpr_edge.access.totp import matching_step
from alpr_edge.domain.people.roster import rule_date
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import Factor

CODE_CHARACTERS_MAX = 64
_NO_FAILURES = {SignInOutcome.CODE_NEEDED, SignInOutcome.CLOCK_UNKNOWN}
"""What nobody did wrong."""


@dataclass(frozen=True, slots=True)
class ProviderAttempt:
    """Whom a provider vouches for, and the code that was typed where that is not enough."""

    person_id: str
    """The person that issuer and subject are linked to; empty: nobody."""
    is_strong: bool
    """Whether the provider asked for two factors."""
    code: str = field(default="", repr=False)
    """A one-time code of the authenticator app; it counts only where the provider saw one factor."""


def sign_in_with_provider(
    store: AccessStore, security: SecurityProfile, attempt: ProviderAttempt, place: SignInPlace
) -> SignInResult:
    """Sign somebody in whom a provider vouches for.

    Nobody gets in by one factor: where the provider saw one, a code of the person's own app is the second. Without a
    code the answer is that one is needed, which counts as no failure.
    """
    if (fault := place_fault(store, security, place)) is not None:
        return SignInResult(fault)
    with store.writing() as rows:
        account = rows.account_of(attempt.person_id) if attempt.person_id else None
        if account is None:
            return SignInResult(SignInOutcome.NOT_LINKED)
        fault = _proof_fault(rows, account, attempt, place)
        if fault in _NO_FAILURES:
            return SignInResult(fault, attempt.person_id)
        if fault is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        factor = Factor.SINGLE_SIGN_ON if attempt.is_strong else Factor.SINGLE_SIGN_ON_AND_CODE
        return _admit_trained(rows, account, factor, security, place)


def _proof_fault(
    rows: AccessRows, account: Account, attempt: ProviderAttempt, place: SignInPlace
) -> SignInOutcome | None:
    """What is missing from the proof of who somebody is; None: nothing."""
    if account.lock is not None:
        return SignInOutcome.LOCKED
    if attempt.is_strong:
        return None
    return _code_fault(rows, account, attempt.code, place) if attempt.code else SignInOutcome.CODE_NEEDED


def _admit_trained(
    rows: AccessRows, account: Account, factor: Factor, security: SecurityProfile, place: SignInPlace
) -> SignInResult:
    """Begin the session of somebody who may use their account and is trained (policy 462.4(d))."""
    header, person = rows.roster(), account.person
    if header is not None:
        moment = rule_date(place.now.trusted_utc, header)
        is_usable = person.fault_at(moment, account.last_sign_in) is None
        if is_usable and person.training.fault_at(moment) is not None:
            return SignInResult(SignInOutcome.UNTRAINED, person.person_id)
    return admit(rows, account, factor, security, place)


def _code_fault(rows: AccessRows, account: Account, code: str, place: SignInPlace) -> SignInOutcome | None:
    """What is wrong with a code; keeps that it was used where nothing is."""
    if place.now.utc is None:
        return SignInOutcome.CLOCK_UNKNOWN
    step = matching_step(account.credentials.totp_secret, code[:CODE_CHARACTERS_MAX], place.now.utc)
    if step is None:
        return SignInOutcome.WRONG_CODE
    if step <= account.used_step:
        return SignInOutcome.CODE_USED
    rows.use_step(account.person.person_id, step)
    return None
