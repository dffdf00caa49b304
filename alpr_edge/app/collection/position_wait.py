"""Reports that nothing is read because frames are dropped while the position is unknown.

Inside a known no-collection area nothing is wrong. A unit that does not know where it is reads nothing anywhere, so it
must not be taken for one that works.
"""

import time
from collections.abc import Callable

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.fixes import Position
from alpr_edge.settings.capture import CaptureSettings

POSITION_WAIT_S = 20.0
"""Longest time without a position before it sounds: a receiver that starts warm and a short tunnel take less."""


class PositionWait:
    """Follows whether the position is known; asked once a second while the unit works.

    Args:
        wait_s: the longest time without a position before it sounds.
    """

    def __init__(
        self,
        settings: CaptureSettings,
        locate: Callable[[], Position | None],
        wait_s: float = POSITION_WAIT_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_needed = settings.needs_position
        self._locate = locate
        self._wait_s = wait_s
        self._monotonic_s = monotonic_s
        self._since_s = monotonic_s()
        self._was_known = False

    def faults(self) -> list[Fault]:
        """Return the fault of a unit that reads nothing because its position is unknown.

        Before the first position the unit is not ready, and silent until the wait is over.
        """
        now_s = self._monotonic_s()
        if not self._is_needed or self._locate() is not None:
            self._since_s, self._was_known = now_s, True
            return []
        if now_s - self._since_s >= self._wait_s:
            text = "position: unknown, and frames without a position are dropped: no plate is read"
            return [Fault(FaultKind.POSITION_UNKNOWN, "position", text)]
        if self._was_known:
            return []
        text = "position: not known yet, and frames without a position are dropped"
        return [Fault(FaultKind.POSITION_AWAITED, "position", text)]
