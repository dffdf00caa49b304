"""Watches whether anything confirms the time: without it no list has an age and no read a time to rely on."""

from alpr_edge.domain.instants import Instant

CLOCK_WAIT_S = 120.0
"""How long a unit may be without a trusted time: a receiver that starts cold needs about a minute."""


class ClockTrust:
    """Reports a fault once no source has confirmed the time for too long.

    Args:
        wait_s: the longest time without one.
    """

    def __init__(self, wait_s: float = CLOCK_WAIT_S) -> None:
        self._wait_s = wait_s
        self._since_s: float | None = None

    def faults(self, now: Instant, now_s: float) -> list[str]:
        """What is wrong at present, a short line or none.

        Args:
            now_s: seconds of a monotonic clock.
        """
        if now.trusted:
            self._since_s = None
            return []
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s < self._wait_s:
            return []
        return ["clock: nothing confirms the time; the age of lists and the time of reads are not known"]
