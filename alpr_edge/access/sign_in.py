"""Signs people in with password and code, asks for both again, and reopens sessions in glance mode by the password.

Unknown names, locked accounts, wrong passwords and right ones take the same way: the account is read, Argon2 computes
once, the code is compared, and one transaction decides and is written, whatever comes of it. That transaction looks
again at lock, failures and used codes: attempts made at once can try no more than those made one after the other.
"""

from datetime import datetime

from alpr_edge.access.admission import admit, confirm_session, glance_session, open_session, place_fault, reopen_session
from alpr_edge.access.attempts import FactorsAttempt, PasswordAttempt, SignInOutcome, SignInPlace, SignInResult
from alpr_edge.access.failures import note_failure
from alpr_edge.access.passwords import PasswordVerifier
from alpr_edge.access.store import AccessRows, AccessStore, Account
from alpr_edge.access.totp import matching_step
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import sign_in_key
from alpr_edge.domain.people.roster import rule_date
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import Factor

TYPED_CHARACTERS_MAX = 1024
"""Longest text that is compared at all; a longer one is wrong."""


def sign_in(
    store: AccessStore,
    passwords: PasswordVerifier,
    security: SecurityProfile,
    attempt: PasswordAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Sign somebody in with password and one-time code."""
    if (fault := place_fault(store, security, place)) is not None:
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
        fault = _password_fault(account, credentials, is_right=is_right, step=step)
        if fault is not None or account is None or step is None:
            return note_failure(rows, account, fault or SignInOutcome.UNKNOWN, security.lockout, place.now)
        rows.use_step(account.person.person_id, step)
        if credentials.is_password_old(_rule_date(rows, utc, place), security.password_days_max):
            return SignInResult(SignInOutcome.PASSWORD_OLD, account.person.person_id)
        return admit(rows, account, Factor.PASSWORD_AND_CODE, security, place)


def reopen(
    store: AccessStore,
    passwords: PasswordVerifier,
    security: SecurityProfile,
    token: str,
    password: str,
    place: SignInPlace,
) -> SignInResult:
    """Reopen a session in glance mode by the password alone; failures count as those of a sign-in do."""
    with store.reading() as rows:
        session = glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
    credentials = account.credentials if account else Credentials()
    is_right = passwords.verify(credentials.password_hash, _typed_text(password))
    with store.writing() as rows:
        session = glance_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        if (fault := _known_fault(account, credentials, is_right=is_right)) is not None:
            return note_failure(rows, account, fault, security.lockout, place.now)
        return reopen_session(rows, account, session, security, place)


def confirm(
    store: AccessStore,
    passwords: PasswordVerifier,
    security: SecurityProfile,
    token: str,
    attempt: FactorsAttempt,
    place: SignInPlace,
) -> SignInResult:
    """Ask the holder of an open session for password and code again, before what they sign in with changes.

    Failures count as those of a sign-in do. The session stays as it is, whatever comes of it.
    """
    utc = place.now.utc
    if utc is None:
        return SignInResult(SignInOutcome.CLOCK_UNKNOWN)
    with store.reading() as rows:
        session = open_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
    credentials = Credentials() if account is None else account.credentials
    password_hash = credentials.password_hash if credentials.has_password else ""
    is_right = passwords.verify(password_hash, _typed_text(attempt.password))
    step = matching_step(credentials.totp_secret, _typed_text(attempt.code), utc)
    with store.writing() as rows:
        session = open_session(rows, token, security, place)
        account = rows.account_of(session.person_id) if session else None
        if session is None or account is None:
            return SignInResult(SignInOutcome.NO_SESSION)
        fault = _password_fault(account, credentials, is_right=is_right, step=step)
        if fault is not None or step is None:
            return note_failure(rows, account, fault or SignInOutcome.WRONG_CODE, security.lockout, place.now)
        rows.use_step(account.person.person_id, step)
        return confirm_session(rows, account, session)


def _rule_date(rows: AccessRows, utc: datetime, place: SignInPlace) -> datetime:
    """The date that the age of a password is decided by."""
    header = rows.roster()
    return utc if header is None else rule_date(place.now.trusted_utc, header)


def _typed_text(text: str) -> str:
    """A typed text; empty, and so wrong, where it is longer than any password or code."""
    return text if len(text) <= TYPED_CHARACTERS_MAX else ""


def _password_fault(
    account: Account | None, credentials: Credentials, *, is_right: bool, step: int | None
) -> SignInOutcome | None:
    """What is wrong with name, password and code; None: nothing."""
    if account is None:
        return SignInOutcome.UNKNOWN
    if (fault := _known_fault(account, credentials, is_right=is_right)) is not None:
        return fault
    if step is None:
        return SignInOutcome.WRONG_CODE
    return SignInOutcome.CODE_USED if step <= account.used_step else None


def _known_fault(account: Account, credentials: Credentials, *, is_right: bool) -> SignInOutcome | None:
    """What is wrong with a known account: its lock, or the password, which may have been changed meanwhile."""
    if account.lock is not None:
        return SignInOutcome.LOCKED
    return None if is_right and credentials == account.credentials else SignInOutcome.WRONG_PASSWORD
