"""Knows whether anybody is signed in at the unit, for a unit whose alerts are silent otherwise."""

from contextlib import ExitStack

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.settings import Settings
from alpr_edge.settings.profiles import load_security_profile
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access.schema import FILE_NAME

log = structlog.get_logger(__name__)


class SignedInWatch:
    """Looks at the sessions again whenever it is asked to; with ``alerts.when_signed_out = "tone"`` it never does.

    A session in glance mode counts: its holder sits in the car. Accounts that cannot be read count as nobody, as the
    department chose silence for whenever it is not known who is there.

    Args:
        settings: the settings of the unit.
        clock: says how old a session is.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._limits = load_security_profile(settings.policy).sessions
        self._is_wanted = settings.alerts.when_signed_out == "silent"
        self._resources = ExitStack()
        self._accounts: AccountStore | None = None
        self._failure = ""
        self._is_silent = self._is_wanted

    def is_silent(self) -> bool:
        """Whether alerts make no tone now."""
        return self._is_silent

    def refresh(self) -> None:
        """Look whether anybody is signed in."""
        if not self._is_wanted:
            return
        try:
            is_silent = not self._is_anybody_there()
        except StoreError as error:
            if str(error) != self._failure:
                log.error("alerts.sessions_not_known", failure=str(error))
            self._failure, is_silent = str(error), True
            self.close()
        else:
            self._failure = ""
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
                return False
            opened = open_accounts(directory, self._settings.store.keys_directory, migrate=False)
            self._accounts = self._resources.enter_context(opened)
        with self._accounts.reading() as rows:
            sessions = rows.live_sessions()
        now, there = self._clock.now(), {SessionState.OPEN, SessionState.GLANCE}
        return any(session.state_at(now, self._limits) in there for session in sessions)
