"""The daemon of the page for officers: it has the keys of the outbox and of the access log, and those of no list.

It reads what the capture daemon stored and writes what officers say; it opens no device, and no network but its port.
"""

import errno
import socket
import ssl
import sys
import threading
from functools import partial
from typing import Any

import structlog

from alpr_edge.app.clock import open_clock
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.app.watches.memory_use import RESIDENT_FIGURE, resident_bytes
from alpr_edge.console.application import create_console_app
from alpr_edge.console.page_site import certificate_end, site_of
from alpr_edge.console.unit import ConsoleUnit, open_console_unit
from alpr_edge.domain.errors import SettingsError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.durable_files import file_version
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.services.hits.hit_revision import HitRevision
from alpr_edge.settings import ConsoleSettings, Settings
from alpr_edge.web.bounded_server import BoundedServer, ThreadedStep
from alpr_edge.web.connections.gate import ConnectionGate, GatedSocket
from alpr_edge.web.connections.handshake_log import IN_CAR, HandshakeLog
from alpr_edge.web.connections.reporting_context import ReportingContext, reporting_context
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.page_server import LIMITS, page_server

NAME = "console"
CHECK_S = 1.0
SWITCH_S = 0.001
"""After which a thread that computes lets another one go on: the stream that tells of a hit waits for no page."""
IP_FREEBIND, IPV6_FREEBIND = 15, 78
"""Of linux/in.h and linux/in6.h: an address may be listened at before an interface has it."""

log = structlog.get_logger(__name__)


class ConsoleDaemon:
    """The running daemon."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._manager = ServiceManager()
        self._failure = ""
        self._loaded = file_version(settings.console.certificate_file)
        """When the certificate that is served was written."""

    def run(self) -> None:
        """Serve until stopped.

        Raises:
            SettingsError: the address or the certificate cannot be used.
            StoreError: a key is missing, or the unit was never started; or its database was replaced meanwhile.
        """
        sys.setswitchinterval(SWITCH_S)
        console = self._settings.console
        gate = ConnectionGate(LIMITS.within_descriptors(), HandshakeLog(events=IN_CAR))
        context, listening = _tls_context(console), GatedSocket(_listen(console), gate)
        clock, make_id = open_clock(self._settings), partial(new_id, self._settings.unit.id)
        with listening, open_console_unit(self._settings, clock, make_id) as unit:
            database = unit.store.database
            feed = HitChanges(HitRevision(database, clock.now).current, database=database.path)
            port = listening.getsockname()[1]
            site = partial(site_of, console.certificate_file, port)
            server = page_server(create_console_app(unit, feed, site), context, gate)
            server.on_ready, server.on_stop = partial(self._begin, feed, port), feed.stop
            writing = ThreadedStep(unit.write_waiting, "waiting records")
            report, reload = partial(self._report, server, unit, feed), partial(self._reload_certificate, context)
            server.steps += [report, reload, writing.step]
            try:
                self._serve(server, feed, listening)
            finally:
                writing.finish()
                self._write_health(Health(NAME, ready=False, troubles=()))
        if self._failure:
            raise StoreError(self._failure)
        log.info("console.stopped")

    def _begin(self, feed: HitChanges, port: int) -> None:
        """In the event loop, once the server accepts connections."""
        feed.start()
        self._manager.ready("serving")
        log.info("console.serving", address=self._settings.console.address, port=port)

    def _serve(self, server: BoundedServer, feed: HitChanges, listening: socket.socket) -> None:
        """Serve in a thread, where the server leaves signals to this program, until it ends or is to stop."""
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        while thread.is_alive() and not self._stop.wait(CHECK_S):
            pass
        server.should_exit = True
        thread.join()
        feed.stop()  # a server that failed has not stopped it

    def _report(self, server: BoundedServer, unit: ConsoleUnit, feed: HitChanges) -> None:
        """Tell the service manager and the health file how it is; once every ten seconds."""
        opened = (unit.store.database, unit.log.database, unit.accounts.database)
        if replaced := [database.path for database in opened if database.is_replaced()]:
            self._failure = f"{replaced[0]}: was set aside as damaged; started again, the new one is used"
            server.should_exit = True
            return
        if not feed.is_watching:
            self._failure = "what tells pages of hits ended; started again, it looks on"
            server.should_exit = True
            return
        troubles = (f"hits: not live: {feed.failure}",) if feed.failure else ()
        address = self._settings.console.address
        warnings = () if _is_here(address) else (f"the page: no interface has console.address {address}",)
        self._manager.alive()
        self._manager.status("; ".join((*troubles, *warnings)) or "serving")
        until = certificate_end(self._settings.console.certificate_file)
        figures: dict[str, Any] = {"certificate_until": None if until is None else rfc3339(until)}
        figures[RESIDENT_FIGURE] = resident_bytes()
        self._write_health(Health(NAME, ready=True, troubles=troubles, warnings=warnings, figures=figures))

    def _reload_certificate(self, context: ssl.SSLContext) -> None:
        """Load the certificate that the uplink renewed; where it will not do, the one before is served on."""
        version = file_version(self._settings.console.certificate_file)
        if version != self._loaded:
            self._loaded = version
            try:
                _load_certificate(context, self._settings.console)
                log.info("console.certificate_loaded")
            except SettingsError as error:
                log.error("console.certificate_not_loaded", reason=str(error))

    def _write_health(self, health: Health) -> None:
        try:
            write_health(self._settings.unit.runtime_directory, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)


def _tls_context(console: ConsoleSettings) -> ReportingContext:
    context = reporting_context()
    _load_certificate(context, console)
    return context


def _load_certificate(context: ssl.SSLContext, console: ConsoleSettings) -> None:
    """Load the certificate of the page; connections that are made from then on get it."""
    file = console.certificate_file
    try:
        context.load_cert_chain(file)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or "not a key with its certificate"
        hint = "the uplink gets it from the department"
        raise SettingsError([f"console.certificate_file: {file}: {reason}; {hint}"]) from None


def _listen(console: ConsoleSettings) -> socket.socket:
    """Listen, also at an address that no interface has yet, as while the workstation of the car is off."""
    is_v6 = ":" in console.address
    listening = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET)
    option = (socket.IPPROTO_IPV6, IPV6_FREEBIND) if is_v6 else (socket.IPPROTO_IP, IP_FREEBIND)
    try:
        listening.setsockopt(*option, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((console.address, console.port))
        listening.listen()
    except (OSError, ValueError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or error
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            reason = "another program listens there; end it (is the page running already?), or set console.port"
        raise SettingsError([f"console.address: {console.address} port {console.port}: {reason}"]) from None
    return listening


def _is_here(address: str) -> bool:
    """Whether an interface of this computer has an address."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return False
    return True
