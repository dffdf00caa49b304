"""Growing waits, with jitter, between the tries of what may fail outside this program."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter: half of the wait is fixed, half is random."""

    first_s: float = 1.0
    factor: float = 2.0
    longest_s: float = 300.0

    def wait_s(self, failures: int, draw: float) -> float:
        """Seconds to wait after ``failures`` (>= 1) failures in a row.

        Args:
            draw: a random number in [0, 1): it spreads a fleet that lost its department at the same moment.
        """
        exponent = min(max(failures, 1) - 1, 64)
        ceiling = min(self.longest_s, self.first_s * self.factor**exponent)
        return ceiling * (0.5 + draw / 2)
