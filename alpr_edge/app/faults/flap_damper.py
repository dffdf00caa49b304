"""Says when something that comes and goes counts as over, so that a loose plug is not told at each of its turns."""

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

AGAIN_S = 600.0
"""What comes back within this time after it went has come again; later it is something new."""
HOLD_S = 60.0
"""How long what came again has to be away before it is over; twice as long each time it comes after that ..."""
HOLD_S_MAX = 300.0
"""... up to this."""


@dataclass(slots=True)
class _Course:
    """How often something came, and since when it is away."""

    appearances: int = 1
    """How often it came after it had been over, the first time counted."""
    gone_since_s: float | None = None
    """None: it is there."""
    is_over: bool = False

    @property
    def hold_s(self) -> float:
        """How long it has to be away before it is over: what came once is over as soon as it goes."""
        return 0.0 if self.appearances == 1 else min(HOLD_S * 2.0 ** (self.appearances - 2), HOLD_S_MAX)


class FlapDamper(Generic[KeyT]):
    """Keeps things standing that are away for a moment only.

    The first end is told at once: one short loss is what happens most. Only what comes back soon has to stay away for
    a while, since its next end would say no more than the last one did.
    """

    def __init__(self) -> None:
        self._courses: dict[KeyT, _Course] = {}

    @property
    def standing(self) -> set[KeyT]:
        """What is there, or is away and not over."""
        return {key for key, course in self._courses.items() if not course.is_over}

    def update(self, present: AbstractSet[KeyT], now_s: float) -> None:
        """Note what is there at a moment of a monotonic clock."""
        for key in present:
            course = self._courses.setdefault(key, _Course())
            course.appearances += course.is_over
            course.gone_since_s, course.is_over = None, False
        for key in self._courses.keys() - present:
            course = self._courses[key]
            course.gone_since_s = now_s if course.gone_since_s is None else course.gone_since_s
            gone_s = now_s - course.gone_since_s
            course.is_over = course.is_over or gone_s >= course.hold_s
            if gone_s >= AGAIN_S:
                del self._courses[key]

    def clear(self) -> None:
        """Forget everything."""
        self._courses.clear()
