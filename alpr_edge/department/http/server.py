"""The department's HTTPS servers: one for units with a certificate, one that enrolls new units, one for invitations.

There are two listeners, so that the first can demand a certificate: a client without one fails in the handshake, before
any code of this program runs. The second and the third, on which people set their passwords, are started only on
request, each in a process of its own (:mod:`~alpr_edge.department.http.listener_process`). A fourth, on the loopback
address, tells the health (:mod:`~alpr_edge.department.http.health`).
"""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import structlog

from alpr_edge.department.db.engines.choice import sqlite_file
from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.department.http.batches.batch_counts import BatchCounts
from alpr_edge.department.http.certificate_watch import CertificateWatch
from alpr_edge.department.http.health import DepartmentHealth
from alpr_edge.department.http.listener_process import ENROLMENT, INVITATIONS, ListenerProcess, ListenerProgram
from alpr_edge.department.http.rosters import RosterRenewal
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.http.uvicorn_server import uvicorn_server
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate, utc_now
from alpr_edge.department.pki.units import Units
from alpr_edge.department.serving import ServedPorts, note_ports, serving_alone
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.web.bounded_server import BoundedServer
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.web.threaded_server import ThreadedServer

# The health address: ``GET /health`` over plain HTTP, for the department's own monitoring on this machine.
#
# It listens on the loopback address alone, answers one request at a time and gives each a few seconds. Status 200: the
# department serves; 503: it does not.

HEALTH_PATH = "/health"
HOST = "127.0.0.1"
REQUEST_S_MAX = 5.0
STOP_S_MAX = 10.0

Report = Callable[[], tuple[bool, dict[str, Any]]]


class HealthListener:
    """Serves the health from a thread of its own, so that it also answers when the server does not.

    Args:
        port: 0 takes a free one.
    """

    def __init__(self, report: Report, port: int) -> None:
        handler = type("HealthHandler", (_Handler,), {"report": staticmethod(report)})
        with io_errors(f"{HOST} port {port}: cannot listen", DepartmentError, "is it taken?"):
            self._server = HTTPServer((HOST, port), handler)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(STOP_S_MAX)
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S_MAX
    server_version, sys_version = "alpr-edge", ""
    report: Report

    def do_GET(self) -> None:
        """Answer with the health, or with 404."""
        if self.path != HEALTH_PATH:
            self._send(404, {"detail": f"there is only {HEALTH_PATH}"})
            return
        serves, content = self.report()
        self._send(200 if serves else 503, content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as the base has it
        """Log nothing: monitoring asks every few seconds."""

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


BACKLOG = 256
STORAGE_LIMITS = ConnectionLimits(
    connections=512, handshakes=128, address_connections=512, address_handshakes=32, handshake_s=10.0
)
"""A fleet may come from one address of its mobile network, so only handshakes are few for each."""

log = structlog.get_logger(__name__)


class DepartmentServer(ThreadedServer):
    """A server over the department's folder; it listens as soon as it is made.

    Args:
        directory: the department's folder, with certificates of ``department init``.
        port: 0 takes a free one.
        enrol_port: the port on which units are enrolled, 0 takes a free one; None: no enrollment.
        health_port: the loopback port of the health address, 0 takes a free one; None: no health address.
        people_port: the port on which people answer invitations, 0 takes a free one; None: nobody can.

    Raises:
        DepartmentError: certificates are missing or have ended, another process serves the folder, a port is taken, or
            enrollment or the page of invitations does not start.
        StoreError: the storage cannot be opened, or its database is damaged.
    """

    def __init__(
        self,
        directory: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        enrol_port: int | None = None,
        health_port: int | None = None,
        people_port: int | None = None,
    ) -> None:
        super().__init__("department")
        self.host = host
        self.batch_counts = BatchCounts()
        """What units delivered since it began."""
        with ExitStack() as stack:
            self._storage = _open_storage(directory, stack)
            self._socket, self._server = self._listen(directory, port, stack)
            self._enrolment = self._start(ENROLMENT, directory, enrol_port, stack)
            self._invitations = self._start(INVITATIONS, directory, people_port, stack)
            self._health = None if health_port is None else self._listen_for_health(directory, health_port, stack)
            self._resources = stack.pop_all()
        self.port: int = self._socket.getsockname()[1]
        self.enrol_port: int | None = None if self._enrolment is None else self._enrolment.port
        self.health_port: int | None = None if self._health is None else self._health.port
        self.people_port: int | None = None if self._invitations is None else self._invitations.port
        note_ports(directory, ServedPorts(port=self.port, enrol_port=self.enrol_port, people_port=self.people_port))

    @property
    def units(self) -> Units:
        """The units that may connect to this department."""
        return self._storage.units

    @property
    def storage(self) -> Storage:
        """The storage that it serves; closed when it ends."""
        return self._storage

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close the storage."""
        log.info(
            "department.listening",
            host=self.host,
            port=self.port,
            enrol_port=self.enrol_port,
            health_port=self.health_port,
            people_port=self.people_port,
        )
        super().run()

    def _start(
        self, program: ListenerProgram, directory: Path, port: int | None, stack: ExitStack
    ) -> ListenerProcess | None:
        if port is None:
            return None
        process = ListenerProcess(program, directory, listening_at(self.host, port))
        stack.callback(process.stop)
        return process

    def _listen(self, directory: Path, port: int, stack: ExitStack) -> tuple[GatedSocket, BoundedServer]:
        files = TlsFiles(directory)
        gate, context = ConnectionGate(STORAGE_LIMITS.within_descriptors()), tls_context(files)
        listening = GatedSocket(listening_at(self.host, port), gate)
        stack.callback(listening.close)
        renewal = self._renewal = RosterRenewal(self._storage.rosters)
        stack.callback(renewal.finish)
        steps = (CertificateWatch(files, context).step, renewal.step, self._manager.alive)
        app = create_app(self._storage, batch_counts=self.batch_counts)
        server = uvicorn_server(app, context, gate=gate, steps=steps)
        server.on_ready = lambda: self._manager.ready(f"units connect to port {listening.getsockname()[1]}")
        return listening, server

    def _listen_for_health(self, directory: Path, port: int, stack: ExitStack) -> HealthListener:
        server, enrolment = self._server, self._enrolment
        health = DepartmentHealth(
            directory,
            self._storage.check,
            lambda: server.alive_s,
            lambda: None if enrolment is None else enrolment.is_running,
            self._people_warnings,
            self._storage.holds.warnings,
        )
        return stack.enter_context(HealthListener(health.report, port))

    def _people_warnings(self) -> list[str]:
        """What the health says of the roster and of the page of invitations."""
        is_down = self._invitations is not None and not self._invitations.is_running
        page_warnings = ["the page of invitations does not run; it is started again"] if is_down else []
        return self._renewal.warnings() + page_warnings


def _open_storage(directory: Path, stack: ExitStack) -> Storage:
    """Open what is to be served, once it is sure that units can accept this server and nobody else serves it."""
    files = TlsFiles(directory)
    tls_context(files)
    ServerCertificate.load(files).require_valid(utc_now())
    stack.enter_context(serving_alone(directory))
    database = sqlite_file(directory)
    if database is not None and database.exists() and not check_integrity(database).is_complete:
        log.warning("department.integrity_check_unfinished", reason="run: alpr-edge department verify")
    with ServiceManager().extending_start():  # a migration
        storage = Storage(directory)
    stack.callback(storage.close)
    return storage


def listening_at(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with io_errors(f"{host} port {port}: cannot listen", DepartmentError, "is it taken?"):
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
