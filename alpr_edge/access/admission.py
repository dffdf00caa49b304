"""What every way to sign in has in common: whether anybody may sign in here, and the session of whoever may."""

from alpr_edge.access.attempts import SignInOutcome, SignInPlace, SignInResult
from alpr_edge.access.failures import clear_failures
from alpr_edge.access.store import AccessRows, AccessStore, Account
from alpr_edge.domain.people.roster import RosterHeader, rule_date
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.domain.sessions.session import (
    AccessSession,
    Factor,
    SessionEnd,
    SessionLimits,
    SessionState,
    new_token,
    token_digest,
)


def place_fault(store: AccessStore, security: SecurityProfile, place: SignInPlace) -> SignInOutcome | None:
    """Why nobody at all can sign in here now."""
    if place.notice != security.notice:
        return SignInOutcome.NOTICE
    with store.reading() as rows:
        header = rows.roster()
    return _roster_fault(header, place)


def admit(
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
    if not _has_room(rows, person_id, security.sessions, place):
        return SignInResult(SignInOutcome.CAR_FULL, person_id)
    for each in live_sessions:
        # One session at the page and one for each login of the command line: a sign-in at one ends no work at another.
        if each.person_id == person_id and each.login == place.login:
            rows.save_session(each.finish(SessionEnd.REPLACED))
    clear_failures(rows, account)
    if place.now.trusted_utc is not None:
        rows.note_sign_in(person_id, place.now.trusted_utc)
    token = new_token()
    session = _new_session(token, person_id, factor, place)
    is_new_place = not rows.has_signed_in_at(person_id, place.login, place.address)
    rows.save_session(session)
    return SignInResult(SignInOutcome.SIGNED_IN, person_id, session, token, is_new_place=is_new_place)


def _has_room(rows: AccessRows, person_id: str, limits: SessionLimits, place: SignInPlace) -> bool:
    """Whether somebody more may sign in; where all seats are taken, the session that is idle longest gives up its own.

    A browser that was closed without a sign-out leaves a session that nobody can reach, and could keep its seat for
    a whole shift.
    """
    states = [(each, each.state_at(place.now, limits)) for each in rows.live_sessions() if each.person_id != person_id]
    taken = [(each, state) for each, state in states if state is not SessionState.EXPIRED]
    if len({each.person_id for each, _ in taken}) < limits.people_max:
        return True
    idle = [each for each, state in taken if state is SessionState.GLANCE and each.is_idle(place.now, limits)]
    if not idle:
        return False
    rows.save_session(min(idle, key=lambda each: each.used.boottime_ns).finish(SessionEnd.IDLE))
    return True


def glance_session(rows: AccessRows, token: str, security: SecurityProfile, place: SignInPlace) -> AccessSession | None:
    """The session of a token if it waits in glance mode at the place where it was begun."""
    return _session_in(SessionState.GLANCE, rows, token, security, place)


def open_session(rows: AccessRows, token: str, security: SecurityProfile, place: SignInPlace) -> AccessSession | None:
    """The session of a token if it is open at the place where it was begun."""
    return _session_in(SessionState.OPEN, rows, token, security, place)


def reopen_session(
    rows: AccessRows, account: Account, session: AccessSession, security: SecurityProfile, place: SignInPlace
) -> SignInResult:
    """Bring a session back from glance mode, once its person gave one factor again."""
    clear_failures(rows, account)
    opened_session = session.reopen(place.now, security.sessions)
    rows.save_session(opened_session)
    return SignInResult(SignInOutcome.REOPENED, account.person.person_id, opened_session)


def _session_in(
    state: SessionState, rows: AccessRows, token: str, security: SecurityProfile, place: SignInPlace
) -> AccessSession | None:
    session = rows.session(token_digest(token))
    if session is None or not session.is_bound_to(place.login, place.address):
        return None
    return session if session.state_at(place.now, security.sessions) is state else None


def confirm_session(rows: AccessRows, account: Account, session: AccessSession) -> SignInResult:
    """What came of both factors that somebody gave again in their open session, which stays as it is."""
    clear_failures(rows, account)
    return SignInResult(SignInOutcome.CONFIRMED, account.person.person_id, session)


def _roster_fault(header: RosterHeader | None, place: SignInPlace) -> SignInOutcome | None:
    if header is None:
        return SignInOutcome.NO_ROSTER
    return SignInOutcome.ROSTER_EXPIRED if header.is_expired(place.now.trusted_utc) else None


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
