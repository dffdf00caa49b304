"""Calculates where things are along a road at any second, so that positions do not depend on the frame rate."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Motion:
    """Distance along the road from a speed that is linear between knots and constant beyond them.

    Args:
        knots: (second, speed in m/s), in order of time; one knot is a constant speed.
    """

    start_m: float
    knots: tuple[tuple[float, float], ...]

    def at(self, second: float) -> float:
        """Distance in metres."""
        index = max(0, bisect_right(self.knots, second, key=lambda knot: knot[0]) - 1)
        distance_m = self.start_m + sum(
            _distance_m(a, b) for a, b in zip(self.knots[:index], self.knots[1:], strict=False)
        )
        begin_s, _ = self.knots[index]
        return distance_m + (self.speed(second) + self.knots[index][1]) / 2 * (second - begin_s)

    def speed(self, second: float) -> float:
        """Speed in m/s."""
        return float(np.interp(second, [knot[0] for knot in self.knots], [knot[1] for knot in self.knots]))


@dataclass(frozen=True, slots=True)
class Path:
    """Where a vehicle's plate end is over time.

    Args:
        across: (second, metres to the right of the camera's lane centre), linear between.
        from_s: the second from which on the vehicle exists.
        until_s: the second until which it exists.
    """

    along: Motion
    across: tuple[tuple[float, float], ...]
    from_s: float = 0.0
    until_s: float = float("inf")

    def x_m(self, second: float) -> float:
        """Metres to the right."""
        return float(np.interp(second, [knot[0] for knot in self.across], [knot[1] for knot in self.across]))


def _distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[1] + other[1]) / 2 * (other[0] - one[0])


def repeat_knots(knots: Sequence[tuple[float, float]], period_s: float, turns: int) -> tuple[tuple[float, float], ...]:
    """The same knots ``turns`` times, ``period_s`` apart."""
    return tuple((second + turn * period_s, speed) for turn in range(turns) for second, speed in knots)
