"""What the checks share: the unit's settings, its clock, and the health that a running unit reports."""

import threading
from datetime import date

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.items import InstantPayload
from alpr_edge.domain.protocol.time_corrections import instant_in
from alpr_edge.position.fix_history import FixHistory, GnssClock
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import fresh_health
from alpr_edge.settings import Settings

TIME_S_MAX = 20.0
"""How long a check waits for the receiver's time: longer than the receiver is read."""


class CheckContext:
    """The conditions of one examination.

    Args:
        running: whether ``alpr-edge run`` works on the data folder.
        card_m: the distance from lens to test card in metres; None: not known.
    """

    def __init__(
        self,
        settings: Settings,
        system: SystemClock,
        *,
        running: bool = False,
        skip: frozenset[str] = frozenset(),
        microphone: str = "",
        card_m: float | None = None,
    ) -> None:
        self.settings = settings
        self.running = running
        self.skip = skip
        self.microphone = microphone
        self.card_m = card_m
        self.fix_history = FixHistory(settings.position.fix_age_ms_max)
        self.system = system
        self.wrong_date: date | None = None
        """The date that the receiver reports, where it cannot be right."""
        self.receiver_done = threading.Event()
        """Set when the receiver has given its time, or is not read any more."""

    def now(self) -> Instant:
        """The present instant: a running unit's own, else by the receiver or the computer's clock."""
        health = self.health() if self.running else None
        now = GnssClock(self.system, self.fix_history).now()
        return now if health is None else _carry_on(health.figures.get("now"), now)

    def settled_now(self) -> Instant:
        """The present instant, after the receiver had time to give one."""
        self.receiver_done.wait(TIME_S_MAX)
        return self.now()

    def health(self) -> Health | None:
        """The health that the running unit reports; None when it has not for a while."""
        return fresh_health(self.settings.unit.runtime_directory)


def _carry_on(payload: object, now: Instant) -> Instant:
    """An instant of this boot that a running unit reported, moved on to ``now``; ``now`` where it reported none."""
    try:
        then = instant_in(InstantPayload.model_validate(payload))
    except ValueError:
        return now
    return then.shift(now.ms_since(then)) if then.boot_id == now.boot_id else now
