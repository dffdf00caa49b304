"""The daemon that talks to the department: delivers the outbox, fetches lists and roster, renews certificates.

It opens no device, has no key of lists or accounts, and has access to nothing of the store but the queue.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from alpr_edge.app.attempts import Attempts
from alpr_edge.app.clock import open_clock
from alpr_edge.app.connections.department import (
    open_department,
    open_hold_downloader,
    open_hotlist_downloader,
    open_roster_downloader,
    open_settings_downloader,
)
from alpr_edge.app.stages.certificate_renewal import CertificateRenewalStage, RenewalStep
from alpr_edge.app.stages.department_dates import DepartmentDates
from alpr_edge.app.stages.downloads import DownloadStage
from alpr_edge.app.stages.log_statements import LogStatements
from alpr_edge.app.watches.memory_use import RESIDENT_FIGURE, resident_bytes
from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.domain.power import Phase
from alpr_edge.runtime.health import Health, current_health, write_health
from alpr_edge.runtime.network.bounded_transport import StoppedError
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.services.unit_health.heartbeat import heartbeat
from alpr_edge.services.upload import send_until
from alpr_edge.settings import Settings
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.unit_store import QueueStore, open_queue
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.documents.heartbeat_sender import HeartbeatSender
from alpr_edge.uplink.documents.settings_downloader import SettingsDownloader
from alpr_edge.uplink.documents.voucher_request import REQUEST_NAME
from alpr_edge.uplink.evidence_voucher import EvidenceVoucher
from alpr_edge.uplink.expiry import expiry_warnings
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader
from alpr_edge.uplink.page_certificate import PageCertificate
from alpr_edge.uplink.renewal import Renewer
from alpr_edge.uplink.roster_downloader import RosterDownloader
from alpr_edge.uplink.uploader import Link, Uploader

log = structlog.get_logger(__name__)

CHECK_S = 1.0
"""Time between two checks, while waiting, for a reason to try at once; each check is a sign of life too."""
STALL_SPARE_S = 20.0
"""How much longer than its time limits a side stage may be silent before it counts as stalled."""
STOP_S_MAX = 3.0
"""Longest wait for a transfer to stop; the part that arrived is kept."""


@dataclass(frozen=True, slots=True)
class _Certificates:
    """What the health file says of the certificates."""

    days_left: float | None
    """Days for which the unit's own certificate is still valid."""
    warnings: tuple[str, ...]


class UplinkDaemon:
    """The running daemon.

    Args:
        settings_file: where the settings are from; None: no file, and none are fetched from the department.
    """

    def __init__(self, settings: Settings, stop: threading.Event, settings_file: Path | None = None) -> None:
        self._settings = settings
        self._settings_file = settings_file
        self._remote_settings: SettingsDownloader | None = None
        self._stop = stop
        self._manager = ServiceManager()
        self._clock = open_clock(settings)
        self._attempts = Attempts()
        uplink, unit_id, page_file = settings.uplink, settings.unit.id, settings.console.certificate_file
        self._renewer = Renewer(uplink, unit_id, self._clock)
        self._page = PageCertificate(uplink, page_file, unit_id, self._clock)
        evidence_file = settings.unit.data_directory / REQUEST_NAME
        evidence = EvidenceVoucher(uplink, evidence_file, unit_id, self._clock)
        self._renewals: dict[str, RenewalStep] = {
            "certificate": self._renewer,
            "page_certificate": self._page,
            "evidence_voucher": evidence,
        }
        stall_s = uplink.connect_timeout_s + 2 * uplink.answer_timeout_s + STALL_SPARE_S
        self._side_stages = Supervisor(stall_s)
        """Runs the stages beside delivery: lists, the roster, holds, the heartbeat, and the certificate."""
        self._health = Health("uplink", ready=False, troubles=())
        self._stalled: list[str] = []
        """The side stages that did not move at the last check."""
        self._shutting_down = False
        """Whether the unit was shutting down at the last check."""

    def run(self) -> None:
        """Send until stopped.

        Raises:
            AlprEdgeError: the daemon cannot start, or the outbox cannot be used.
        """
        if not self._settings.uplink.url:
            raise UplinkError("uplink.url is empty: set the department's address, or do not start alpr-edge uplink")
        department = open_department(self._settings, self._end_if_stopped)
        try:
            with open_queue(self._settings) as store:
                uploader = Uploader(store.outbox, department, self._settings.uplink, self._clock)
                dates, statements = DepartmentDates(store.database, self._clock), LogStatements(store.database)
                downloader = open_hotlist_downloader(self._settings, store)
                rosters = open_roster_downloader(self._settings, store)
                self._start_side_stages(store, downloader, rosters)
                self._manager.ready("sending")

                def report() -> None:
                    if store.database.is_replaced():
                        raise StoreError(f"{store.database.path}: was set aside; started again, the new one is sent")
                    dates.hear(department.department_utc)
                    statements.hear(department.log_statements)
                    downloader.want(department.list_serials)
                    rosters.want(department.roster_serial)
                    self._report(uploader, self._certificates(department), store, rosters.trouble)

                try:
                    with suppress(StoppedError):
                        send_until(uploader, lambda wait_s: self._wait(wait_s, uploader, department), report)
                finally:
                    self._save_health(replace(self._health, ready=False))
                    self._side_stages.stop.set()
                    self._side_stages.join(STOP_S_MAX)
        finally:
            department.close()
        log.info("uplink.stopped", delivered=uploader.state.delivered)

    def _start_side_stages(self, store: QueueStore, lists: HotlistDownloader, rosters: RosterDownloader) -> None:
        for name, certificate in self._renewals.items():
            self._side_stages.add(CertificateRenewalStage(name, certificate))
        held = open_hold_downloader(self._settings, store, lists)
        for name, fetched in (("lists", lists), ("roster", rosters), ("holds", held)):
            self._side_stages.add(DownloadStage(name, fetched))
        sender = HeartbeatSender(self._settings.uplink, self._settings.unit.id, partial(heartbeat, self._settings))
        self._side_stages.add(DownloadStage("heartbeat", sender))
        if self._settings_file is not None:
            self._remote_settings = open_settings_downloader(self._settings, self._settings_file, store)
            self._side_stages.add(DownloadStage("settings", self._remote_settings))
        self._side_stages.start()

    def _wait(self, seconds: float, uploader: Uploader, department: HttpsDepartment) -> bool:
        """Wait, and notify the service manager meanwhile; True when stopped.

        The wait ends early when the unit shuts down, a certificate is new, or a side stage stalls or moves again.
        """
        self._publish_time()
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            if self._stop.wait(min(left_s, CHECK_S)):
                return True
            self._publish_time()
            if self._notify_alive():
                return False
            if self._shutdown_began():
                uploader.reset_backoff()
                return False
            if department.has_new_certificate():
                return False
        return self._stop.is_set()

    def _end_if_stopped(self) -> None:
        """End a delivery in its middle where the daemon stops: what has no receipt is sent again and stored once."""
        if self._stop.is_set():
            raise StoppedError

    def _publish_time(self) -> None:
        """Publish what keeps this machine's clock, for the capture daemon, which has no network."""
        try:
            self._clock.publish()
        except OSError as error:
            log.error("clock.not_published", failure=error.strerror)

    def _notify_alive(self) -> bool:
        """Notify the service manager, unless a side stage stalled, so that it restarts the daemon; True on a change."""
        before, self._stalled = self._stalled, self._side_stages.stalled()
        if not self._stalled:
            self._manager.alive()
        return self._stalled != before

    def _shutdown_began(self) -> bool:
        """Whether the ignition went off since the last check, by the health of the capture daemon."""
        health = current_health(self._settings.unit.runtime_directory, "run")
        before = self._shutting_down
        self._shutting_down = health is not None and health.figures.get("power") == Phase.SHUTTING_DOWN
        return self._shutting_down and not before

    def _list_troubles(self, store: QueueStore) -> Iterator[str]:
        for source in self._settings.hotlist.source:
            ask = partial(sync_state.state_of, store.database, source.name)
            state = self._attempts.do(f"list {source.name}", ask, otherwise=None)
            if state is not None and (failure := state.fetch_failure):
                yield f"list {source.name} is not fetched: {failure}"

    def _certificates(self, department: HttpsDepartment) -> _Certificates:
        ends = expiry_warnings(self._settings.uplink, department.department_until, datetime.now(UTC))
        failures = [failure for failure in (self._renewer.failure, self._page.failure) if failure]
        return _Certificates(self._renewer.days_left, (*ends, *failures))

    def _report(self, uploader: Uploader, certificates: _Certificates, store: QueueStore, roster_trouble: str) -> None:
        state, warnings = uploader.state, certificates.warnings
        if state.quarantined:
            warnings += (f"{state.quarantined} items were set aside; see: alpr-edge outbox quarantined",)
        if self._remote_settings is not None and self._remote_settings.trouble:
            warnings += (self._remote_settings.trouble,)
        self._side_stages.tend()
        self._notify_alive()
        troubles = [*self._list_troubles(store), *self._attempts.faults(), *self._side_stages.troubles()]
        troubles += [roster_trouble] if roster_trouble else []
        if state.link not in {Link.UP, Link.UNTRIED}:
            troubles.insert(0, f"link {state.link}: {state.last_error}")
        figures = asdict(state)
        figures["restarts"] = self._side_stages.restarts()
        figures["last_receipt"] = None if state.last_receipt is None else str(state.last_receipt.utc)
        figures["certificate_days_left"] = None if certificates.days_left is None else round(certificates.days_left, 1)
        figures["certificate_warnings"] = list(certificates.warnings)
        figures[RESIDENT_FIGURE] = resident_bytes()
        summary = "; ".join((*troubles, *warnings))
        self._manager.status(summary or f"{state.delivered} delivered, {state.waiting} waiting")
        self._save_health(Health("uplink", ready=True, troubles=tuple(troubles), figures=figures, warnings=warnings))

    def _save_health(self, health: Health) -> None:
        self._health = health
        try:
            write_health(self._settings.unit.runtime_directory, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)
