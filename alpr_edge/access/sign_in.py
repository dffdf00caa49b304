"""Signs people in with password and code, or with a passkey, and reopens sessions in glance mode.

Unknown names, locked accounts, wrong passwords and right ones take the same way: the account is read, Argon2 computes
once, the code is compared, and one transaction decides and is written, whatever comes of it. That transaction looks
again at lock, failures and used codes: attempts made at once can try no more than those made one after the other.
"""

from alpr_edge.access.attempts import PasskeyAttempt, PasswordAttempt, SignInOutcome, SignInPlace, SignInResult
from alpr_edge.access.failures import clear_failures, note_failure
from alpr_edge.access.passkeys import RelyingParty, credential_id_of, verify_assertion
from alpr_edge.access.passwords import PasswordVerifier
from alpr_edge.access.store import AccessRows, AccessStore, Account
from alpr_edge.access.totp import matching_step
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import sign_in_key
from alpr_edge.domain.people.roster import RosterHeader, rule_date
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd, SessionState, new_token, token_digest

TYPED_CHARACTERS_MAX = 1024
"""Longest text that is compared at all; a longer one is wrong."""


def sign_in(
    store: AccessStore,
    passwords: PasswordVerifier,
    security: SecurityProfile,
    attempt: PasswordAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Sign somebody in with password and one-time code.

    Args:
        store: accounts, sessions and failures.
        passwords: compares passwords.
        security: the rules of the security policy.
        attempt: what was typed.
        place: when and where.

    Raises:
        StoreError: the accounts cannot be read or written; nobody is signed in.
    """
    if (fault := _place_fault(store, security, place)) is not None:
        return SignInResult(fault)
    utc = place.now.utc
    if utc is None:
        return SignInResult(SignInOutcome.CLOCK_UNKNOWN)
    key = sign_in_key(attempt.name[:TYPED_CHARACTERS_MAX])
    with store.reading() as rows:
        account = rows.account(key)
    credentials = Credentials() if account is None else account.credentials
    password_hash = credentials.password_hash if credentials.has_password else ""
    is_right = passwords.verify(password_hash, _typed_text(attempt.password))
    step = matching_step(credentials.totp_secret, _typed_text(attempt.code), utc)
    with store.writing() as rows:
        account = rows.account(key)
        fault = _password_fault(account, password_hash, is_right=is_right, step=step)
        if fault is not None or account is None or step is None:
            return note_failure(rows, account, fault or SignInOutcome.UNKNOWN, security.lockout, place.now)
        rows.use_step(account.person.person_id, step)
        return _admit(rows, account, Factor.PASSWORD_AND_CODE, security, place)


def sign_in_with_passkey(
    store: AccessStore, site: RelyingParty, security: SecurityProfile, attempt: PasskeyAttempt, place: SignInPlace
) -> SignInResult:
    """Sign somebody in with a passkey, which stands for both factors: the authenticator verified its user.

    Args:
        store: accounts, sessions and failures.
        site: the site that passkeys are registered for.
        security: the rules of the security policy.
        attempt: the browser's answer.
        place: when and where.

    Raises:
        StoreError: the accounts cannot be read or written; nobody is signed in.
    """
    if (fault := _place_fault(store, security, place)) is not None:
        return SignInResult(fault)
    with store.writing() as rows:
        account = rows.account_of_passkey(credential_id_of(attempt.response))
        fault = _passkey_fault(rows, account, site, attempt)
        if fault is not None or account is None:
            return note_failure(rows, account, fault or SignInOutcome.UNKNOWN, security.lockout, place.now)
        return _admit(rows, account, Factor.PASSKEY, security, place)


def reopen(
    store: AccessStore,
    passwords: PasswordVerifier,
    security: SecurityProfile,
    token: str,
    password: str,
    place: SignInPlace,
) -> SignInResult:
    """Reopen a session in glance mode by the password alone; failures count as those of a sign-in do.

    Raises:
        StoreError: the accounts cannot be read or written; the session stays as it is.
    """
    with store.reading() as rows:
        session = _glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
    password_hash = account.credentials.password_hash if account else ""
    is_right = passwords.verify(password_hash, _typed_text(password))
    with store.writing() as rows:
        session = _glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        if (fault := _known_fault(account, password_hash, is_right=is_right)) is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        return _reopen(rows, account, session, security, place)


def reopen_with_passkey(
    store: AccessStore,
    site: RelyingParty,
    security: SecurityProfile,
    token: str,
    attempt: PasskeyAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Reopen a session in glance mode by a passkey of its person.

    Raises:
        StoreError: the accounts cannot be read or written; the session stays as it is.
    """
    with store.writing() as rows:
        session = _glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        if (fault := _passkey_fault(rows, account, site, attempt)) is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        return _reopen(rows, account, session, security, place)


def _typed_text(text: str) -> str:
    """A typed text; empty, and so wrong, where it is longer than any password or code."""
    return text if len(text) <= TYPED_CHARACTERS_MAX else ""


def _place_fault(store: AccessStore, security: SecurityProfile, place: SignInPlace) -> SignInOutcome | None:
    """Why nobody at all can sign in here now."""
    if place.notice != security.notice:
        return SignInOutcome.NOTICE
    with store.reading() as rows:
        header = rows.roster()
    return _roster_fault(header, place)


def _roster_fault(header: RosterHeader | None, place: SignInPlace) -> SignInOutcome | None:
    if header is None:
        return SignInOutcome.NO_ROSTER
    return SignInOutcome.ROSTER_EXPIRED if header.is_expired(place.now.trusted_utc) else None


def _password_fault(
    account: Account | None, password_hash: str, *, is_right: bool, step: int | None
) -> SignInOutcome | None:
    """What is wrong with name, password and code; None: nothing."""
    if account is None:
        return SignInOutcome.UNKNOWN
    if (fault := _known_fault(account, password_hash, is_right=is_right)) is not None:
        return fault
    if step is None:
        return SignInOutcome.WRONG_CODE
    return SignInOutcome.CODE_USED if step <= account.used_step else None


def _known_fault(account: Account, password_hash: str, *, is_right: bool) -> SignInOutcome | None:
    """What is wrong with a known account: its lock, or the password, which may have been changed meanwhile."""
    if account.lock is not None:
        return SignInOutcome.LOCKED
    is_same = password_hash == account.credentials.password_hash
    return None if is_right and is_same else SignInOutcome.WRONG_PASSWORD


def _passkey_fault(
    rows: AccessRows, account: Account | None, site: RelyingParty, attempt: PasskeyAttempt
) -> SignInOutcome | None:
    """What is wrong with a passkey's answer for an account; keeps its counter where nothing is."""
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
    rows.set_sign_count(credential_id, count)
    return None


def _admit(
    rows: AccessRows, account: Account, factor: Factor, security: SecurityProfile, place: SignInPlace
) -> SignInResult:
    """Begin the session of somebody who proved who they are, if their account may be used."""
    person, person_id = account.person, account.person.person_id
    header = rows.roster()
    if header is None or (fault := _roster_fault(header, place)) is not None:
        return SignInResult(fault or SignInOutcome.NO_ROSTER, person_id)
    account_fault = person.fault_at(rule_date(place.now.trusted_utc, header), account.last_sign_in)
    if account_fault is not None:
        return SignInResult(SignInOutcome(account_fault.value), person_id)
    live_sessions = rows.live_sessions()
    states = [(each, each.state_at(place.now, security.sessions)) for each in live_sessions]
    others = {each.person_id for each, state in states if state is not SessionState.EXPIRED} - {person_id}
    if len(others) >= security.sessions.people_max:
        return SignInResult(SignInOutcome.CAR_FULL, person_id)
    for each in live_sessions:
        if each.person_id == person_id:
            rows.save_session(each.finish(SessionEnd.REPLACED))
    clear_failures(rows, account)
    if place.now.trusted_utc is not None:
        rows.note_sign_in(person_id, place.now.trusted_utc)
    token = new_token()
    session = _new_session(token, person_id, factor, place)
    rows.save_session(session)
    return SignInResult(SignInOutcome.SIGNED_IN, person_id, session, token)


def _new_session(token: str, person_id: str, factor: Factor, place: SignInPlace) -> AccessSession:
    return AccessSession(
        token_sha256=token_digest(token),
        person_id=person_id,
        factor=factor,
        login=place.login,
        address=place.address,
        notice_sha256=token_digest(place.notice),
        signed_in=place.now,
        used=place.now,
    )


def _glance_session(
    rows: AccessRows, token: str, security: SecurityProfile, place: SignInPlace
) -> AccessSession | None:
    """The session of a token if it waits in glance mode at the place where it was begun."""
    session = rows.session(token_digest(token))
    if session is None or not session.is_bound_to(place.login, place.address):
        return None
    return session if session.state_at(place.now, security.sessions) is SessionState.GLANCE else None


def _reopen(
    rows: AccessRows, account: Account, session: AccessSession, security: SecurityProfile, place: SignInPlace
) -> SignInResult:
    clear_failures(rows, account)
    opened_session = session.reopen(place.now, security.sessions)
    rows.save_session(opened_session)
    return SignInResult(SignInOutcome.REOPENED, account.person.person_id, opened_session)
