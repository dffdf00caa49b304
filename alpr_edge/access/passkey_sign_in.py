"""Signs people in with a passkey, which stands for both factors: the authenticator verified its user."""

from alpr_edge.access.admission import admit, confirm_session, glance_session, open_session, place_fault, reopen_session
from alpr_edge.access.attempts import PasskeyAttempt, SignInOutcome, SignInPlace, SignInResult
from alpr_edge.access.failures import note_failure
from alpr_edge.access.passkeys import credential_id_of, verify_assertion
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.store import AccessRows, AccessStore, Account
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import Factor


def sign_in_with_passkey(
    store: AccessStore, site: RelyingParty, security: SecurityProfile, attempt: PasskeyAttempt, place: SignInPlace
) -> SignInResult:
    """Sign somebody in with a passkey, which stands for both factors: the authenticator verified its user."""
    if (fault := place_fault(store, security, place)) is not None:
        return SignInResult(fault)
    with store.writing() as rows:
        account = rows.account_of_passkey(credential_id_of(attempt.response))
        fault = _passkey_fault(rows, account, site, attempt, place)
        if fault is not None or account is None:
            return note_failure(rows, account, fault or SignInOutcome.UNKNOWN, security.lockout, place.now)
        return admit(rows, account, Factor.PASSKEY, security, place)


def reopen_with_passkey(
    store: AccessStore,
    site: RelyingParty,
    security: SecurityProfile,
    token: str,
    attempt: PasskeyAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Reopen a session in glance mode by a passkey of its person."""
    with store.writing() as rows:
        session = glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        if (fault := _passkey_fault(rows, account, site, attempt, place)) is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        return reopen_session(rows, account, session, security, place)


def confirm_with_passkey(
    store: AccessStore,
    site: RelyingParty,
    security: SecurityProfile,
    token: str,
    attempt: PasskeyAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Ask the holder of an open session for a passkey of theirs, before what they sign in with changes."""
    with store.writing() as rows:
        session = open_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        if (fault := _passkey_fault(rows, account, site, attempt, place)) is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        return confirm_session(rows, account, session)


def _passkey_fault(
    rows: AccessRows, account: Account | None, site: RelyingParty, attempt: PasskeyAttempt, place: SignInPlace
) -> SignInOutcome | None:
    """What is wrong with a passkey's answer for an account; keeps its counter and its use where nothing is."""
    credential_id = credential_id_of(attempt.response)
    passkeys = () if account is None else account.credentials.passkeys
    passkey = next((each for each in passkeys if each.credential_id == credential_id), None)
    if account is None or passkey is None:
        return SignInOutcome.UNKNOWN
    if account.lock is not None:
        return SignInOutcome.LOCKED
    count_before = max(passkey.sign_count, rows.sign_count(credential_id))
    count = verify_assertion(attempt.response, attempt.challenge, site, passkey, count_before)
    if count is None:
        return SignInOutcome.WRONG_PASSKEY
    rows.note_passkey_use(credential_id, count, place.now.utc)
    return None
