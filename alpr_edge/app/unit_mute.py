"""Holds the mute and the quiet entries of the running unit, which officers order at the page and the alerter obeys."""

from collections.abc import Callable, Mapping

import structlog

from alpr_edge.domain.alerting import Level
from alpr_edge.domain.page_requests.mute import PIERCING_LEVEL, Mute
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.vehicle_alerts import EntryKey

log = structlog.get_logger(__name__)


class UnitMute:
    """The mute in force, if any, and the entries that are quiet; threads may share it.

    It asks the clock each time, so that the unit sounds again although the thread hangs that takes requests.
    """

    def __init__(self, clock: Clock, has_session: Callable[[str], bool] = lambda _: False) -> None:
        self._clock = clock
        self._has_session = has_session
        self._mute: Mute | None = None
        self._quieted: Mapping[EntryKey, str] = {}

    def begin(self, mute: Mute) -> None:
        """Put a mute in force, in place of the one before."""
        self._mute = mute
        log.info("alerts.muted", minutes=mute.minutes)

    def end(self) -> None:
        """Let all hits sound again."""
        if self._mute is not None:
            log.info("alerts.mute_ended")
        self._mute = None

    def silences(self, level: Level) -> bool:
        """Whether an alert of a level makes no tone now."""
        mute = self._mute
        return mute is not None and mute.silences(level, self._clock.now())

    def keep_quiet(self, sessions: Mapping[EntryKey, str]) -> None:
        """Replace the quiet entries, each with the session for which it is quiet."""
        if sessions != self._quieted:
            log.info("alerts.quiet_entries", count=len(sessions))
        self._quieted = sessions

    def quiets(self, key: EntryKey, level: Level) -> bool:
        """Whether an alert of an entry and level makes no tone because an officer keeps the entry quiet."""
        session = self._quieted.get(key)
        return session is not None and level < PIERCING_LEVEL and self._has_session(session)

    @property
    def has_quieted(self) -> bool:
        """Whether an officer ordered an entry to be quiet."""
        return bool(self._quieted)

    @property
    def minutes_left(self) -> int:
        """Minutes until it ends, rounded up; 0: none is in force."""
        mute = self._mute
        return 0 if mute is None else mute.minutes_left(self._clock.now())

    @property
    def is_over(self) -> bool:
        """Whether a mute was begun whose time is over now."""
        return self._mute is not None and self.minutes_left == 0
