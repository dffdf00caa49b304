"""Whether the page shows little, because the car moves and the driver may be the one who looks at it.

A page that asks for typing, or shows a list or a picture, begins with ``unit.speed.require_slow(visitor)``.
"""

import threading
from collections import OrderedDict

from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.position.vehicle_state_file import read_vehicle_state
from alpr_edge.settings import Settings
from alpr_edge.web.visitor import Visitor

PASSENGER_MS = 600_000.0
"""How long the page believes that somebody is not driving."""
PASSENGERS_MAX = 32
"""Sessions that may have said so at the same time; more people than a car holds."""
WHEN_SLOW = "this opens when the car stands; a passenger can press: I am not driving"


class SpeedRestriction:
    """What may be shown to whom at the speed of the car; threads may share it.

    Who is not driving is kept in memory alone: a restart of the page asks anew.

    Args:
        clock: says when; only its boot time counts.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._is_never = settings.console.at_speed == "never"
        self._directory = settings.unit.runtime_directory
        self._clock = clock
        self._lock = threading.Lock()
        self._passengers: OrderedDict[str, Instant] = OrderedDict()
        """When the holder of a session said that they are not driving, by the digest of its token."""

    def applies_to(self, visitor: Visitor) -> bool:
        """Whether a visitor is shown one hit alone: the car is at speed, or its speed is not known."""
        if self._is_never:
            return False
        now, state = self._clock.now(), read_vehicle_state(self._directory)
        is_at_speed = state is None or state.is_at_speed(now)
        return is_at_speed and self.passenger_ms(visitor) == 0

    def require_slow(self, visitor: Visitor) -> None:
        """Refuse what a driver must not do."""
        if self.applies_to(visitor):
            raise AccessError(WHEN_SLOW)

    def passenger_ms(self, visitor: Visitor) -> float:
        """How long a visitor still counts as not driving; 0: they do not."""
        with self._lock:
            said = self._passengers.get(token_digest(visitor.token))
        now = self._clock.now()
        if said is None or said.boot_id != now.boot_id:
            return 0.0
        return max(0.0, PASSENGER_MS - now.ms_since(said))

    def begin_passenger(self, visitor: Visitor) -> None:
        """Believe for ten minutes that a visitor is not driving; the caller has put that on record."""
        digest = token_digest(visitor.token)
        with self._lock:
            self._passengers.pop(digest, None)
            self._passengers[digest] = self._clock.now()
            while len(self._passengers) > PASSENGERS_MAX:
                self._passengers.popitem(last=False)

    def end_passenger(self, visitor: Visitor) -> None:
        """Believe it no longer: the session was locked or ended."""
        with self._lock:
            self._passengers.pop(token_digest(visitor.token), None)
