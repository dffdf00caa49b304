"""Holds the mute of the running unit, which the page's requests begin and end and the alerter asks about."""

import structlog

from alpr_edge.domain.alerting import Level
from alpr_edge.domain.page_requests.mute import Mute
from alpr_edge.domain.ports import Clock

log = structlog.get_logger(__name__)


class UnitMute:
    """The mute in force, if any; threads may share it.

    It asks the clock each time, so that the unit sounds again although the thread hangs that takes requests.

    Args:
        clock: says whether a mute has ended.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mute: Mute | None = None

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

    @property
    def minutes_left(self) -> int:
        """Minutes until it ends, rounded up; 0: none is in force."""
        mute = self._mute
        return 0 if mute is None else mute.minutes_left(self._clock.now())

    @property
    def is_over(self) -> bool:
        """Whether a mute was begun whose time is over now."""
        return self._mute is not None and self.minutes_left == 0
