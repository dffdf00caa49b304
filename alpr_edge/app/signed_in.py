"""Knows who is signed in at the unit: whether hits sound, for how long an entry is quiet, what may be said aloud."""

from collections.abc import Iterator
from contextlib import ExitStack

import structlog

from alpr_edge.access.authorisation.callers import live_session_ids
from alpr_edge.access.store import AccessRows
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import rule_date
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.decision import AccessRequest, AccessTime, decide
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import AccessSession, SessionState
from alpr_edge.settings import Settings
from alpr_edge.settings.profiles import load_profile, load_security_profile
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access.schema import FILE_NAME

log = structlog.get_logger(__name__)


class SignedInWatch:
    """Looks at the sessions again whenever it is asked to; where neither tones nor speech depend on it, it never does.

    For tones a session in glance mode counts: its holder sits in the car. Accounts that cannot be read count as nobody,
    as the department chose silence for whenever it is not known who is there.

    Args:
        speaks: whether reasons may be said aloud here at all.
    """

    def __init__(self, settings: Settings, clock: Clock, *, speaks: bool = False) -> None:
        self._settings = settings
        self._clock = clock
        self._limits = load_security_profile(settings.policy).sessions
        self._profile = load_profile(settings.policy)
        self._may_be_silent = settings.alerts.when_signed_out == "silent"
        self._is_wanted = self._may_be_silent or speaks
        self._resources = ExitStack()
        self._accounts: AccountStore | None = None
        self._failure = ""
        self._is_silent = self._may_be_silent
        self._listeners: tuple[tuple[Person, AccessTime], ...] = ()
        """People whose sessions are open, and when that was found."""
        self._session_ids: frozenset[str] = frozenset()

    def is_silent(self) -> bool:
        """Whether alerts make no tone now."""
        return self._is_silent

    def may_hear(self, reason: Reason, source: str) -> bool:
        """Whether somebody is signed in who may see a hit of a list, and so may hear its reason."""
        request = AccessRequest(Action.SEE_HITS, purpose_of_hit(reason), self._settings.hotlist.permission_of(source))
        return any(
            decide(person, SessionState.OPEN, request, at, self._profile).is_allowed for person, at in self._listeners
        )

    def has_session(self, session_id: str) -> bool:
        """Whether a session, by its id in records, is open or in glance mode."""
        return session_id in self._session_ids

    def refresh(self, *, is_asked: bool = False) -> None:
        """Look who is signed in."""
        if not (self._is_wanted or is_asked):
            return
        try:
            is_anybody_there = self._is_anybody_there()
        except StoreError as error:
            if str(error) != self._failure:
                log.error("alerts.sessions_not_known", failure=str(error))
            self._failure, is_anybody_there = str(error), False
            self._listeners, self._session_ids = (), frozenset()
            self.close()
        else:
            self._failure = ""
        is_silent = self._may_be_silent and not is_anybody_there
        if is_silent != self._is_silent:
            log.info("alerts.silent" if is_silent else "alerts.sound")
        self._is_silent = is_silent

    def close(self) -> None:
        """Close the accounts."""
        self._resources.close()
        self._accounts = None

    def _is_anybody_there(self) -> bool:
        directory = self._settings.unit.data_directory
        if self._accounts is None:
            if not (directory / FILE_NAME).exists():
                self._listeners, self._session_ids = (), frozenset()
                return False
            opened = open_accounts(directory, self._settings.store.keys_directory, migrate=False)
            self._accounts = self._resources.enter_context(opened)
        now = self._clock.now()
        with self._accounts.reading() as rows:
            states = [(session, session.state_at(now, self._limits)) for session in rows.live_sessions()]
            open_sessions = [session for session, state in states if state is SessionState.OPEN]
            self._listeners = tuple(_listeners(rows, open_sessions, now))
            self._session_ids = live_session_ids(rows, now, self._limits)
        return bool(self._session_ids)


def _listeners(
    rows: AccessRows, open_sessions: list[AccessSession], now: Instant
) -> Iterator[tuple[Person, AccessTime]]:
    header = rows.roster()
    for session in open_sessions:
        person = rows.person(session.person_id)
        if header is not None and person is not None:
            date, last_sign_in = rule_date(now.trusted_utc, header), rows.last_sign_in(session.person_id)
            yield person, AccessTime(date, header.valid_until, last_sign_in)
