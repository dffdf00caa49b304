"""The strip of the unit's health on every page: one look a second at the health files, however many pages are open."""

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar

import structlog

from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.diagnostics.unit_parts import UnitHealth
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.services.canvass.unit_canvasses import CanvassState
from alpr_edge.services.unit_health.overview import unit_health
from alpr_edge.web.visitor import Visitor

LOOK_S = 1.0

log = structlog.get_logger(__name__)

_request_health: ContextVar[Callable[[], UnitHealth | None]] = ContextVar("request_health")
"""Gives what the page of the present request shows of health."""
_request_canvasses: ContextVar[Callable[[], Sequence[CanvassState]]] = ContextVar("request_canvasses")
"""Likewise of the canvasses that run."""


class HealthStrip:
    """The health of the unit as pages show it; threads may share it."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._lock = threading.Lock()
        self._looked_s = float("-inf")
        self._health = UnitHealth(unit.settings.unit.id, ())
        self._canvasses: Sequence[CanvassState] = ()
        self._version = 0

    def health(self) -> UnitHealth:
        """How the unit is, as seen within the last :data:`LOOK_S`."""
        with self._lock:
            self._look()
            return self._health

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        before, self._health = self._health, unit_health(self._unit.settings)
        running, self._canvasses = self._canvasses, self._running()
        self._version += _glance_of(before) != _glance_of(self._health) or running != self._canvasses

    def _running(self) -> Sequence[CanvassState]:
        """The canvasses that run; as they were, while the store does not answer, which health then has to tell."""
        try:
            return self._unit.canvasses.running()
        except StoreError as error:
            log.warning("console.canvasses_not_known", failure=str(error))
            return self._canvasses

    def version(self) -> int:
        """A number that changes with what the strip shows."""
        self.health()
        return self._version

    def attach(self, visitor: Visitor) -> None:
        """Have the page of this request show the health to whoever is signed in, and to nobody else."""
        _request_health.set(lambda: self.health() if is_signed_in(self._unit, visitor) else None)
        _request_canvasses.set(lambda: self._running() if _is_open(self._unit, visitor) else ())


def hide_health() -> None:
    """Have the page of this request show nothing of the unit: whoever sent it is signed in no more."""
    _request_health.set(lambda: None)
    _request_canvasses.set(lambda: ())


def health_of_request() -> UnitHealth | None:
    """What the page of the present request shows of health; None where nobody is signed in."""
    show = _request_health.get(None)
    return None if show is None else show()


def canvasses_of_request() -> Sequence[CanvassState]:
    """What the page of the present request shows of canvasses; nothing while the session is locked."""
    show = _request_canvasses.get(None)
    return () if show is None else show()


def _is_open(unit: ConsoleUnit, visitor: Visitor) -> bool:
    return unit.sign_ins(visitor).state() is SessionState.OPEN


def is_signed_in(unit: ConsoleUnit, visitor: Visitor) -> bool:
    """Whether a session is there, locked or not."""
    return unit.sign_ins(visitor).state() in {SessionState.OPEN, SessionState.GLANCE}


def _glance_of(health: UnitHealth) -> tuple[tuple[str, ...], ...]:
    """What is told of each part for a glance: a figure that moves is no change."""
    return tuple((part.name, part.state.value, part.words) for part in health.parts)
