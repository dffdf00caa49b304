"""Lowers the cameras' frame rate while the machine is too hot, slowed by its firmware, or short of supply voltage.

A processor that throttles, or a supply that breaks down, takes the whole unit with it; half the frames cost few reads.
So the load is lowered before the machine lowers it: step by step while a sign of trouble lasts, and step by step back
once all signs have been gone for a while. Between the temperature that lowers the rate and the one that lets it rise
again lies a gap in which nothing changes, so that the rate does not swing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from alpr_edge.domain.instants import NS_PER_S, Instant

FPS_STEPS = (15.0, 10.0, 5.0, 2.0, 1.0)
"""Frame rates below a camera's own, each the limit of one step."""


@dataclass(frozen=True, slots=True)
class MachineSigns:
    """How the machine is at one moment."""

    temperature_c: float | None
    """Of the processor, at its hottest place; None where no sensor can be read."""
    is_throttled: bool = False
    """Whether firmware or kernel holds the processor below its clock."""
    is_low_voltage: bool = False
    """Whether the supply voltage is too low."""


@dataclass(frozen=True, slots=True)
class FrameRateRule:
    """When the frame rate changes, and how far down it may go."""

    hot_c: float
    """From this temperature on the rate is lowered."""
    cool_c: float
    """At most this warm, the rate may rise again."""
    fps_min: float
    """The rate that is never undercut."""
    lower_after_s: float = 10.0
    """How long trouble lasts at one step before the next lower one: a heat sink takes this long to show a change."""
    raise_after_s: float = 60.0
    """How long all is well before the next higher step."""

    def limits(self) -> tuple[float | None, ...]:
        """The limit of each step, None for the first, which has none."""
        return (None, *(step for step in FPS_STEPS if step > self.fps_min), self.fps_min)


class FrameRateLimit:
    """Keeps the present limit; the time comes with each step."""

    def __init__(self, rule: FrameRateRule) -> None:
        self._rule = rule
        self._limits = rule.limits()
        self._step = 0
        self._since_s: float | None = None
        """Since when the signs have asked for a change without a break; None while they ask for none."""
        self._wants_lower = False
        self.reason = ""
        """What lowers the rate, or did last; empty while nothing does."""

    @property
    def fps_max(self) -> float | None:
        """Most frames a second that each camera may give; None: as many as it has."""
        return self._limits[self._step]

    @property
    def is_least(self) -> bool:
        """Whether the rate cannot be lowered any further."""
        return self._step == len(self._limits) - 1

    def step(self, now_s: float, signs: MachineSigns) -> float | None:
        """Update the limit by the present signs and return it.

        The first trouble lowers the rate at once; it is lowered further, or raised, after the times of the rule.

        Args:
            now_s: monotonic seconds.
        """
        reason = self._reason_of(signs)
        self.reason = reason or (self.reason if self._step else "")
        wants_lower = bool(reason)
        if not wants_lower and not self._is_well(signs):
            self._since_s = None
            return self.fps_max
        if self._since_s is None or wants_lower is not self._wants_lower:
            self._since_s, self._wants_lower = now_s, wants_lower
        if wants_lower and not self.is_least and (self._step == 0 or self._is_due(now_s, self._rule.lower_after_s)):
            self._step, self._since_s = self._step + 1, now_s
        elif not wants_lower and self._step and self._is_due(now_s, self._rule.raise_after_s):
            self._step, self._since_s = self._step - 1, now_s
            self.reason = self.reason if self._step else ""
        return self.fps_max

    def _is_due(self, now_s: float, span_s: float) -> bool:
        return self._since_s is not None and now_s - self._since_s >= span_s

    def _reason_of(self, signs: MachineSigns) -> str:
        """What asks for a lower rate; empty where nothing does."""
        reasons = []
        if signs.temperature_c is not None and signs.temperature_c >= self._rule.hot_c:
            reasons.append(f"processor at {signs.temperature_c:.0f} C")
        if signs.is_throttled:
            reasons.append("processor slowed down")
        if signs.is_low_voltage:
            reasons.append("supply voltage low")
        return ", ".join(reasons)

    def _is_well(self, signs: MachineSigns) -> bool:
        return signs.temperature_c is None or signs.temperature_c <= self._rule.cool_c


Takes = Callable[[Instant], bool]
"""Says whether the picture that was captured then is wanted."""


def take_all(_: Instant) -> bool:
    """Want every picture."""
    return True


class FramePacer:
    """Chooses the frames of one camera that are taken under a limit, evenly over time.

    One thread offers frames; the limit and the counts may be used by any other.
    """

    def __init__(self) -> None:
        self.fps_max: float | None = None
        """The present limit; None: every frame is taken."""
        self.left_out_count = 0
        """Frames left out so far."""
        self._due_ns = 0
        """From when on the next frame is taken."""
        self._newest_ns: int | None = None
        self._interval_ns: float | None = None

    @property
    def fps_offered(self) -> float | None:
        """Frames a second that the camera gives, smoothed over some thirty of them; None before the second."""
        interval_ns = self._interval_ns
        return NS_PER_S / interval_ns if interval_ns else None

    def takes(self, captured_at: Instant) -> bool:
        """Whether the frame that was captured then is taken; counts it otherwise."""
        at_ns = captured_at.boottime_ns
        self._measure(at_ns)
        fps_max = self.fps_max
        if fps_max is None:
            self._due_ns = at_ns
            return True
        interval_ns = round(NS_PER_S / fps_max)
        # A frame that comes a little early is the one that is due: stamps of a steady camera waver.
        if at_ns < self._due_ns - interval_ns // 10 and self._due_ns - at_ns <= 2 * interval_ns:
            self.left_out_count += 1
            return False
        is_late = at_ns >= self._due_ns + interval_ns
        self._due_ns = (at_ns if is_late else self._due_ns) + interval_ns
        return True

    def _measure(self, at_ns: int) -> None:
        newest_ns, self._newest_ns = self._newest_ns, at_ns
        if newest_ns is None or at_ns <= newest_ns:
            return
        interval_ns, before = float(at_ns - newest_ns), self._interval_ns
        self._interval_ns = interval_ns if before is None else before + (interval_ns - before) / 30
