"""The department as HTTPS servers: one that knows its clients by their certificates, and one that enrols new ones.

uvicorn checks the certificate but does not tell the application whose it was, so the protocol is extended by that: the
:class:`~alpr_edge.department.http.client_auth.Peer` goes into the state of every request of the connection.

Two listeners rather than one that leaves the certificate to choice: with the first, who has none fails in the
handshake, before any of our code runs. The second knows two addresses, is there only where somebody asks for it, and
runs in a process of its own (:mod:`~alpr_edge.department.http.enrolment_process`).
"""

import asyncio
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import ClassVar, Self

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alpr_edge.department.http.client_auth import PEER, Peer, peer_at
from alpr_edge.department.http.connections import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.department.http.enrolment_process import EnrolmentProcess
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.units import Units
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors

BACKLOG = 256
KEEP_ALIVE_S = 30
STOP_S_MAX = 10
START_S_MAX = 30.0
UNIT_CONNECTIONS_MAX = 8
"""Most connections of one unit; a newer one replaces its oldest, which a lost link may have left behind."""
STORAGE_LIMITS = ConnectionLimits(
    connections=512, handshakes=128, address_connections=512, address_handshakes=32, handshake_s=10.0
)
"""A fleet may come from one address of its mobile network, so only handshakes are few for each."""

log = structlog.get_logger(__name__)


class GatedProtocol(H11Protocol):
    """HTTP/1.1 over a connection whose gate is told when the handshake is over."""

    gate: ClassVar[ConnectionGate | None] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note that the handshake is over."""
        super().connection_made(transport)
        if self.gate is not None:
            self.gate.established(transport)


class PeerProtocol(GatedProtocol):
    """HTTP/1.1 with the client's verified certificate in the request's state."""

    peer: Peer | None = None
    began_s: float = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note who is at the other end, and end the oldest connection of a unit that has too many."""
        super().connection_made(transport)
        self.began_s, self.peer = time.monotonic(), peer_at(transport.get_extra_info("ssl_object"))
        self.app_state = {**self.app_state, PEER: self.peer}
        if self.peer is not None and len(held := self._of_unit(self.peer.unit_id)) > UNIT_CONNECTIONS_MAX:
            min(held, key=lambda one: one.began_s).transport.abort()

    def _of_unit(self, unit_id: str) -> "list[PeerProtocol]":
        held = [one for one in self.connections if isinstance(one, PeerProtocol) and one.peer is not None]
        return [one for one in held if one.peer is not None and one.peer.unit_id == unit_id]


class DepartmentServer:
    """A server over the department's folder; it listens as soon as it is made.

    Args:
        directory: the department's folder, with certificates of ``department init``.
        host: address to listen at.
        port: 0 takes a free one.
        enrol_port: the port on which units are enrolled, 0 takes a free one; None: no enrolment.

    Raises:
        DepartmentError: certificates are missing, a port is taken, or enrolment does not start.
        StoreError: the storage cannot be opened.
    """

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0, enrol_port: int | None = None) -> None:
        files = TlsFiles(directory)
        context = tls_context(files)
        self._storage = Storage(directory)
        self._enrolling: EnrolmentProcess | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None
        gate = ConnectionGate(STORAGE_LIMITS.within_descriptors())
        try:
            self._socket = GatedSocket(listening_at(host, port), gate)
            if enrol_port is not None:
                self._enrolling = EnrolmentProcess(directory, listening_at(host, enrol_port))
        except DepartmentError:
            self._close()
            raise
        self._server = uvicorn_server(create_app(self._storage), context, gate=gate)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self.enrol_port: int | None = None if self._enrolling is None else self._enrolling.port

    @property
    def units(self) -> Units:
        """The units that may connect to this department."""
        return self._storage.units

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close the storage."""
        log.info("department.listening", host=self.host, port=self.port, enrol_port=self.enrol_port)
        assert self._socket is not None
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._close()

    def __enter__(self) -> Self:
        """Serve from a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="department", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let running requests end, then stop."""
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(STOP_S_MAX + START_S_MAX)

    def _close(self) -> None:
        if self._enrolling is not None:
            self._enrolling.stop()
        if self._socket is not None:
            self._socket.close()
        self._storage.close()


def uvicorn_server(
    application: ASGIApp,
    context: ssl.SSLContext,
    protocol: type[GatedProtocol] = PeerProtocol,
    gate: ConnectionGate | None = None,
) -> uvicorn.Server:
    """A bounded HTTP/1.1 server that serves sockets given to it.

    Args:
        application: the application to serve.
        context: its side of TLS.
        protocol: :class:`PeerProtocol` tells the application who its client is.
        gate: the limits on the sockets that it will serve; None: they are not bounded.
    """
    config = uvicorn.Config(
        application,
        http=type(protocol.__name__, (protocol,), {"gate": gate}),
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=None if gate is None else gate.limits.connections + 1,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S_MAX,
    )
    config.load()
    config.ssl = context
    return uvicorn.Server(config)


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A TLS context of 1.2 or later; a client without a certificate of the authority does not pass the handshake.

    Raises:
        DepartmentError: a file is missing or not usable.
    """
    context = enrolment_context(files)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cafile=files.authority)
    except (OSError, ssl.SSLError):
        raise _unusable(files) from None
    return context


def enrolment_context(files: TlsFiles) -> ssl.SSLContext:
    """A TLS context of 1.2 or later for units that have no certificate yet.

    Raises:
        DepartmentError: a file is missing or not usable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError):
        raise _unusable(files) from None
    return context


def _unusable(files: TlsFiles) -> DepartmentError:
    hint = "run: alpr-edge department init"
    return DepartmentError(f"{files.directory}: no usable server.pem, server.key and ca.pem; {hint}")


def listening_at(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        DepartmentError: the port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with io_errors(f"{host} port {port}: cannot listen", DepartmentError, "is it taken?"):
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
