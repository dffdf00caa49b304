"""Looks at sessions, locks them, ends them, and asks whether their holders may do something."""

from dataclasses import dataclass
from datetime import timedelta

from alpr_edge.access.store import AccessRows, AccessStore
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import rule_date
from alpr_edge.domain.permissions.decision import (
    AccessDecision,
    AccessRequest,
    AccessTime,
    DecisionReason,
    decide,
    person_reason,
)
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.sessions.session import AccessSession, SessionEnd, SessionLimits, SessionState, token_digest

USE_NOTED_EVERY = timedelta(seconds=30)
"""How old the last use may be before it is written again: glance mode comes so much early at most, never late."""


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """Where a session is used, and when."""

    token: str
    login: str
    address: str
    now: Instant
    is_use: bool = True
    """Whether a person uses it; False: a program asks by itself, which keeps no session open."""

    def bind(self, session: AccessSession | None) -> AccessSession | None:
        """The session, if it is used where it was begun."""
        return session if session is not None and session.is_bound_to(self.login, self.address) else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose session it is, and what the rules ask of them."""

    person: Person
    session: AccessSession
    state: SessionState
    at: AccessTime

    def decide(self, request: AccessRequest, profile: Profile) -> AccessDecision:
        """Decide whether they may do something."""
        return decide(self.person, self.state, request, self.at, profile)


def find_standing(store: AccessStore, place: SessionPlace, limits: SessionLimits) -> Standing | None:
    """Find the holder of a session and its state; one that is open counts as used, if a person asks.

    Returns:
        None where there is no such session.
    """
    holder = store.holder(token_digest(place.token))
    session, person, header = place.bind(holder.session), holder.person, holder.roster
    if session is None or person is None or header is None:
        return None
    at = AccessTime(rule_date(place.now.trusted_utc, header), header.valid_until, holder.last_sign_in)
    state = session.state_at(place.now, limits)
    is_used = place.is_use and state is SessionState.OPEN
    if is_used and place.now.ms_since(session.used) >= USE_NOTED_EVERY / timedelta(milliseconds=1):
        session = _note_use(store, session, place.now, limits)
    return Standing(person, session, state, at)


def person_fault(store: AccessStore, place: SessionPlace) -> DecisionReason | None:
    """Why the holder of a session may be shown nothing, whatever they ask for; None: nothing of the kind.

    Roster, account or training has ended then, and no other page lets them in: they need a way to leave.

    Raises:
        StoreError: the accounts cannot be read.
    """
    holder = store.holder(token_digest(place.token))
    person, header = holder.person, holder.roster
    if place.bind(holder.session) is None or person is None or header is None:
        return DecisionReason.SESSION_ENDED
    at = AccessTime(rule_date(place.now.trusted_utc, header), header.valid_until, holder.last_sign_in)
    return person_reason(person, at)


def find_session(store: AccessStore, place: SessionPlace) -> AccessSession | None:
    """The session of a token, if it is used where it was begun; one that has expired or ended is among them."""
    return place.bind(store.holder(token_digest(place.token)).session)


def lock_session(store: AccessStore, place: SessionPlace) -> bool:
    """Bring a session into glance mode, as a key press asks for; False where there is none."""
    with store.writing() as rows:
        session = _session_at(rows, place)
        if session is None or session.end is not None:
            return False
        rows.save_session(session.lock())
        return True


def sign_out(store: AccessStore, place: SessionPlace) -> bool:
    """End a session; False where there is none."""
    with store.writing() as rows:
        session = _session_at(rows, place)
        if session is None or session.end is not None:
            return False
        rows.save_session(session.finish(SessionEnd.SIGN_OUT))
        return True


def write_end(store: AccessStore, token_sha256: str, login: str, address: str) -> AccessSession | None:
    """Write that a session has ended which counts as ended already; None where it was none of this place."""
    with store.writing() as rows:
        session = rows.session(token_sha256)
        if session is None or not session.is_bound_to(login, address):
            return None
        rows.save_session(session)
        return session


def _session_at(rows: AccessRows, place: SessionPlace) -> AccessSession | None:
    """The session of a token, if it is used where it was begun."""
    return place.bind(rows.session(token_digest(place.token)))


def _note_use(store: AccessStore, session: AccessSession, now: Instant, limits: SessionLimits) -> AccessSession:
    """Keep that a session was used, unless it was locked or ended meanwhile."""
    with store.writing() as rows:
        current_session = rows.session(session.token_sha256) or session
        used_session = current_session.use(now, limits)
        if used_session != current_session:
            rows.save_session(used_session)
    return used_session
