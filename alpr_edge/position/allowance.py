"""Limits how much of a receiver's data is processed: a device that floods the line must not block the interpreter."""

import time

BYTES_A_SECOND = 24_000
"""Twice the data of a receiver of four constellations with ten fixes a second."""
SECOND_S = 1.0


class Allowance:
    """The bytes that may be processed in each second of monotonic time.

    Args:
        baud: the rate of the line; a line set faster than :data:`BYTES_A_SECOND` may use its own rate.
    """

    def __init__(self, baud: int) -> None:
        self._bytes_max = max(BYTES_A_SECOND, baud // 10)
        self._bytes_spent = 0
        self._since_s = time.monotonic()

    def spend(self, count: int) -> float:
        """Count bytes that came; returns for how many seconds further bytes are to be discarded, mostly 0."""
        now_s = time.monotonic()
        if now_s - self._since_s >= SECOND_S:
            self._since_s, self._bytes_spent = now_s, 0
        self._bytes_spent += count
        return 0.0 if self._bytes_spent <= self._bytes_max else self._since_s + SECOND_S - now_s
