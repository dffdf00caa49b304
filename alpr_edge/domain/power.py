"""When the ignition's word is believed, how long the unit stays afterwards, and when it is gone.

Cranking pulls the supply down for a second or two, and a driver who stops at a kerb is back in half a minute: "off"
counts once it has stood for a while without interruption. From then on the unit parts: it watches no more and sends
what it holds, until everything has arrived or the time for it is over. Ignition that comes back calls it off. A word
that cannot be had is never "off": a broken wire must not end a patrol's watch.
"""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a unit stands."""

    WATCHING = "watching"
    SHUTTING_DOWN = "parting"
    """The ignition is off: nothing is watched, what is held is sent."""
    OFF = "off"
    """Everything is sent or the time is over: the power may go."""


@dataclass(frozen=True, slots=True)
class PowerRule:
    """Seconds that decide."""

    off_after_s: float
    """The ignition is off when it has been said to be for so long."""
    on_after_s: float
    """It is on again likewise."""
    grace_s: float
    """Longest stay after it went off."""
    gone_s: float = 60.0
    """An order to power off takes effect within so long; until then the ignition changes nothing."""


class Power:
    """The phases of a unit, by what the ignition says; told the time, it has none of its own.

    Args:
        rule: of the settings.
    """

    def __init__(self, rule: PowerRule) -> None:
        self.rule = rule
        self._since_s: float | None = None
        """Since when the ignition says the opposite of what is believed."""
        self._parted_s = 0.0
        self._ordered_s: float | None = None
        self.phase = Phase.WATCHING

    def step(self, now_s: float, *, ignition: bool | None, sent: bool) -> Phase:
        """The phase now.

        Args:
            now_s: monotonic seconds.
            ignition: what it says; None when that cannot be told, which is as good as on.
            sent: whether nothing waits to be sent.
        """
        if self._believed(now_s, ignition is not False):
            self._turn(now_s)
        elif self.phase is Phase.SHUTTING_DOWN and (sent or now_s - self._parted_s >= self.rule.grace_s):
            self.phase = Phase.OFF
        return self.phase

    def ordered(self, now_s: float) -> None:
        """The power has been told to go: no way back, unless it turns out not to have gone."""
        self._ordered_s = now_s

    def _believed(self, now_s: float, is_on: bool) -> bool:  # noqa: FBT001 - one flag, named
        """Whether the ignition has said the opposite of what holds for long enough."""
        if self._ordered_s is not None and now_s - self._ordered_s < self.rule.gone_s:
            return False
        if is_on == (self.phase is Phase.WATCHING):
            self._since_s = None
            return False
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s >= (self.rule.on_after_s if is_on else self.rule.off_after_s)

    def _turn(self, now_s: float) -> None:
        self._since_s, self._ordered_s = None, None
        if self.phase is Phase.WATCHING:
            self.phase, self._parted_s = Phase.SHUTTING_DOWN, now_s
        else:
            self.phase = Phase.WATCHING
