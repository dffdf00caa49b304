"""The daemon that talks to the department: outbox to receipts. It opens no device."""

import threading
from dataclasses import asdict

import structlog

from alpr_edge.app.doors import open_department
from alpr_edge.app.sending import send_until
from alpr_edge.app.store_room import open_store
from alpr_edge.domain.errors import UplinkError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings
from alpr_edge.uplink.uploader import Link, Uploader

log = structlog.get_logger(__name__)

WAIT_S_MAX = 5.0
"""Longest sleep between two signs of life, whatever the back-off asks for."""


class UplinkUnit:
    """The running daemon.

    Args:
        settings: of this unit.
        stop: set by SIGTERM.
    """

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._manager = ServiceManager()

    def run(self) -> None:
        """Send until stopped.

        Raises:
            AlprEdgeError: it cannot start, or the outbox cannot be used.
        """
        if not self._settings.uplink.url:
            raise UplinkError("uplink.url is empty: set the department's address, or do not start alpr-edge uplink")
        department = open_department(self._settings)
        try:
            with open_store(self._settings, migrate=False) as store:
                uploader = Uploader(store.outbox, department, self._settings.uplink, SystemClock())
                self._manager.ready("sending")
                send_until(uploader, self._wait, lambda: self._report(uploader))
        finally:
            department.close()
        log.info("uplink.stopped", delivered=uploader.state.delivered)

    def _wait(self, seconds: float) -> bool:
        """Wait, showing life; True when stopped."""
        left = seconds
        while left > 0:
            if self._stop.wait(min(left, WAIT_S_MAX)):
                return True
            self._manager.alive()
            left -= WAIT_S_MAX
        return self._stop.is_set()

    def _report(self, uploader: Uploader) -> None:
        state = uploader.state
        troubles = () if state.link in {Link.UP, Link.UNTRIED} else (f"link {state.link}: {state.last_error}",)
        figures = asdict(state)
        figures["last_receipt"] = None if state.last_receipt is None else str(state.last_receipt.utc)
        self._manager.alive()
        self._manager.status("; ".join(troubles) or f"{state.delivered} delivered, {state.waiting} waiting")
        try:
            write_health(
                self._settings.unit.runtime_directory, Health("uplink", ready=True, troubles=troubles, figures=figures)
            )
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)
