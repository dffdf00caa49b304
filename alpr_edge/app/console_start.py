"""The start of the page's daemon: it waits for the certificate, with little in memory, and serves once it is there.

A unit has no certificate until its department gave it one. The service runs meanwhile and says what it waits for: the
page comes by itself then, wherever the settings have the file, and stays stopped when somebody stops it.
"""

import threading
from collections.abc import Callable

import structlog

from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings

NAME = "console"
CHECK_S = 1.0

log = structlog.get_logger(__name__)


class ConsoleStart:
    """The daemon until there is a certificate, and from then on.

    Args:
        serve: runs the daemon that serves; it is imported only then, with three times the memory of all in use here.
    """

    def __init__(self, settings: Settings, stop: threading.Event, serve: Callable[[], None]) -> None:
        self._settings = settings
        self._stop = stop
        self._serve = serve

    def run(self) -> None:
        """Wait, then serve until stopped.

        Raises:
            AlprEdgeError: the daemon cannot start, or its database was replaced meanwhile.
        """
        if self._has_certificate():
            self._serve()

    def _has_certificate(self) -> bool:
        """Wait until there is a certificate; False: stopped before."""
        file, manager = self._settings.console.certificate_file, ServiceManager()
        if file.exists():
            return True
        waits = f"waits for its certificate, {file}: the uplink gets it from the department"
        manager.ready(waits)
        log.warning("console.no_certificate", file=str(file))
        while not file.exists():
            manager.alive()
            self._write_health(f"the page {waits}")
            if self._stop.wait(CHECK_S):
                return False
        return True

    def _write_health(self, warning: str) -> None:
        try:
            health = Health(NAME, ready=False, troubles=(), warnings=(warning,))
            write_health(self._settings.unit.runtime_directory, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)
