"""The daemon that talks to the department: outbox to receipts, and hotlists to the folder the unit imports from.

It opens no device and holds no key to the lists.
"""

import threading
from collections.abc import Iterator
from dataclasses import asdict

import structlog

from alpr_edge.app.doors import open_department, open_fetcher
from alpr_edge.app.list_fetching import FetchStage
from alpr_edge.app.sending import send_until
from alpr_edge.app.store_room import StoreRoom, open_store
from alpr_edge.domain.errors import UplinkError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import Settings
from alpr_edge.store import syncs
from alpr_edge.uplink.uploader import Link, Uploader

log = structlog.get_logger(__name__)

WAIT_S_MAX = 5.0
"""Longest sleep between two signs of life, whatever the back-off asks for."""
STOP_S_MAX = 3.0
"""Longest wait for a transfer to stop; what arrived of it is kept."""


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
                fetcher = open_fetcher(self._settings, store)
                lists = Supervisor()
                lists.add(FetchStage(fetcher))
                lists.start()
                self._manager.ready("sending")

                def report() -> None:
                    fetcher.want(department.list_serials)
                    self._report(uploader, lists, store)

                try:
                    send_until(uploader, self._wait, report)
                finally:
                    lists.stop.set()
                    lists.join(STOP_S_MAX)
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

    def _list_troubles(self, store: StoreRoom) -> Iterator[str]:
        for source in self._settings.hotlist.source:
            failure = syncs.state_of(store.database, source.name).fetch_failure
            if failure:
                yield f"list {source.name} is not fetched: {failure}"

    def _report(self, uploader: Uploader, lists: Supervisor, store: StoreRoom) -> None:
        state = uploader.state
        troubles = list(self._list_troubles(store))
        if state.link not in {Link.UP, Link.UNTRIED}:
            troubles.insert(0, f"link {state.link}: {state.last_error}")
        troubles += [f"{failed.stage.name} failed: {failed.failure}" for failed in lists.restarting()]
        figures = asdict(state)
        figures["last_receipt"] = None if state.last_receipt is None else str(state.last_receipt.utc)
        self._manager.alive()
        self._manager.status("; ".join(troubles) or f"{state.delivered} delivered, {state.waiting} waiting")
        try:
            write_health(
                self._settings.unit.runtime_directory,
                Health("uplink", ready=True, troubles=tuple(troubles), figures=figures),
            )
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)
