"""Keeps a unit that failed from ending while the ignition is off, and has its power switched off.

Each end of a failure horns, and systemd begins another process that fails as well: a parked car would horn all night,
and with nobody left to order the power off its battery would be empty in the morning.
"""

import threading
from types import TracebackType

import structlog

from alpr_edge.app.faults.run_health import RunHealth
from alpr_edge.app.instance_lock import is_locked
from alpr_edge.app.stages.power import PowerMonitor
from alpr_edge.runtime.health import Health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings

log = structlog.get_logger(__name__)

ROUND_S = 1.0


class FailureHold:
    """A context whose failures leave it only once the ignition is on, or cannot be read, or somebody stops the unit.

    A failure because another unit works on the data folder leaves at once: that one looks after the power.
    """

    def __init__(
        self,
        settings: Settings,
        power: PowerMonitor,
        manager: ServiceManager,
        health: RunHealth,
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._power = power
        self._manager = manager
        self._health = health
        self._stop = stop

    def __enter__(self) -> None:
        """Do nothing: it works where something fails."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or self._stop.is_set() or is_locked(self._settings.unit.data_directory):
            return
        self._power.wait_for_word()
        if not self._power.is_off:
            return
        log.error("unit.failed", failure=str(error))
        # systemd takes it for one that is up: it would end, and begin anew, one that takes long to start.
        self._manager.ready(self._tell(error))
        while self._power.is_off and not self._stop.is_set():
            # What waits to be sent is not known any more: it has all of the time that there is.
            self._power.step(all_sent=not self._settings.uplink.url)
            self._manager.status(self._tell(error))
            self._manager.alive()
            self._stop.wait(ROUND_S)

    def _tell(self, error: Exception) -> str:
        """Write why the unit does not work, and what is with its power, to the health file; returns the same."""
        troubles, figures = (*self._power.troubles(), f"plate reader: {error}"), self._power.figures()
        self._health.write(Health("run", ready=False, troubles=troubles, figures=figures, working=False))
        return "; ".join(troubles)
