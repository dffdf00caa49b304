"""Decides by the ignition when the unit shuts down and when its power goes.

Cranking pulls the supply down for a second or two, and a driver who stops at a kerb is back in half a minute: "off"
counts once it has lasted for a while without interruption. From then on the unit shuts down: it reads no more plates
and sends what it holds, until everything has arrived or the time for it is over. Ignition that comes back ends the
shutdown. An ignition that cannot be read never counts as off: a broken wire must not end a patrol's work.
"""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """The phases of a unit, from work to power off."""

    WATCHING = "watching"
    """The ignition is on: plates are read."""
    SHUTTING_DOWN = "parting"
    """The ignition is off: no plates are read, what is held is sent."""
    OFF = "off"
    """Everything is sent or the time is over: the power may be switched off."""


@dataclass(frozen=True, slots=True)
class PowerRule:
    """The times that decide, in seconds."""

    off_after_s: float
    """The ignition counts as off when it has reported off for so long."""
    on_after_s: float
    """The ignition counts as on again when it has reported on for so long."""
    grace_s: float
    """Longest time that the unit keeps sending after the ignition went off."""
    gone_s: float = 60.0
    """Time within which an order to power off takes effect; until then the ignition changes nothing."""


class Power:
    """Keeps the phase of a unit by its ignition; the time comes with each step."""

    def __init__(self, rule: PowerRule) -> None:
        self.rule = rule
        self._since_s: float | None = None
        """Since when the ignition has reported the opposite of what counts; None: it reports the same."""
        self._shutdown_since_s = 0.0
        self._order_given_s: float | None = None
        self.phase = Phase.WATCHING

    def step(self, now_s: float, *, ignition: bool | None, all_sent: bool) -> Phase:
        """Update the phase and return it.

        Args:
            now_s: monotonic seconds.
            ignition: whether it reports on; None when it cannot be read, which counts as on.
        """
        if self._counts_as_on(now_s, ignition is not False):
            self._change_phase(now_s)
        elif self.phase is Phase.SHUTTING_DOWN and (all_sent or now_s - self._shutdown_since_s >= self.rule.grace_s):
            self.phase = Phase.OFF
        return self.phase

    def note_order(self, now_s: float) -> None:
        """Note that the order to power off was given; the ignition counts again only if the power stays on."""
        self._order_given_s = now_s

    def _counts_as_on(self, now_s: float, is_on: bool) -> bool:  # noqa: FBT001 - one flag, named
        """Whether the ignition counts as on, after this report."""
        if self._order_given_s is not None and now_s - self._order_given_s < self.rule.gone_s:
            return False
        if is_on == (self.phase is Phase.WATCHING):
            self._since_s = None
            return False
        self._since_s = now_s if self._since_s is None else self._since_s
        return now_s - self._since_s >= (self.rule.on_after_s if is_on else self.rule.off_after_s)

    def _change_phase(self, now_s: float) -> None:
        self._since_s, self._order_given_s = None, None
        if self.phase is Phase.WATCHING:
            self.phase, self._shutdown_since_s = Phase.SHUTTING_DOWN, now_s
        else:
            self.phase = Phase.WATCHING
