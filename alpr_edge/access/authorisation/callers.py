"""Who calls a service: a session, the login behind a command, or root that breaks the glass."""

from dataclasses import dataclass, field

from alpr_edge.access.store import AccessRows
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Person, SourcePermission
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.domain.sessions.session import AccessSession, SessionLimits, SessionState

LOCAL = "local"
"""The address of somebody at the machine itself."""
COMMAND_LINE = "command_line"
UNIT = "unit"
"""The name of the unit itself, which acts where nobody asked."""
SESSION_ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a service, as the program that opened it knows them. Nothing of it is believed of the person."""

    login: str
    """The login of the operating system, or the connection; sessions are bound to it."""
    token: str = field(default="", repr=False)
    """The token of a session; empty: there is none."""
    address: str = LOCAL
    is_owner: bool = False
    """Whether it is the owner of the unit's data, or root, at the machine: never somebody behind a page."""
    break_glass: BreakGlass | None = None
    """A checked record of break-glass (:func:`~alpr_edge.domain.sessions.break_glass.break_glass`)."""
    component: str = COMMAND_LINE
    """The program, as records name it."""
    is_use: bool = True
    """Whether an access counts as use of the session; False: the program asks by itself."""
    is_view: bool = False
    """Whether a browser only opens a page, which it may load again and again, and sends nothing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who was allowed to do something, as it stands on record."""

    person_id: str
    """Of the roster; ``login:NAME`` of an owner without a session; empty: the unit itself, or break-glass."""
    name: str
    organisation: str = ""
    session_id: str = ""
    """The beginning of the digest of the session's token, no secret; empty: there is no session."""
    sources: frozenset[SourcePermission] = frozenset()
    """Whose data they may see (policy 462.4(e))."""
    has_covert_clearance: bool = False


def login_actor(login: str) -> Actor:
    """The owner of the unit's data, by their login."""
    return Actor(f"login:{login}", login)


def person_actor(person: Person, session: AccessSession) -> Actor:
    """Somebody who is signed in."""
    return Actor(
        person.person_id,
        person.name,
        person.organisation,
        session.token_sha256[:SESSION_ID_CHARACTERS],
        person.sources,
        person.has_covert_clearance,
    )


def live_session_ids(rows: AccessRows, now: Instant, limits: SessionLimits) -> frozenset[str]:
    """Return the ids, as in records, of sessions that are open or in glance mode: their holders are on shift."""
    live = {SessionState.OPEN, SessionState.GLANCE}
    sessions = (each for each in rows.live_sessions() if each.state_at(now, limits) in live)
    return frozenset(each.token_sha256[:SESSION_ID_CHARACTERS] for each in sessions)
