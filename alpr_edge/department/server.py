"""The department as HTTPS servers: one that knows its clients by their certificates, and one that enrols new ones.

uvicorn checks the certificate but does not tell the application whose it was, so the protocol is extended by that: the
:class:`~alpr_edge.department.admission.Peer` goes into the state of every request of the connection.

Two listeners rather than one that leaves the certificate to choice: with the first, who has none fails in the
handshake, before any of our code runs. The second knows two addresses, and is there only where somebody asks for it.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alpr_edge.department.admission import PEER, peer_at
from alpr_edge.department.app import create_app
from alpr_edge.department.certificates import TlsFiles
from alpr_edge.department.enrolment import create_enrolment_app
from alpr_edge.department.storage import Storage
from alpr_edge.department.units import Units
from alpr_edge.domain.errors import DepartmentError

CONNECTIONS_MAX = 256
KEEP_ALIVE_S = 30
STOP_S_MAX = 10
START_S_MAX = 30.0
STRANGER_S_MAX = 60.0
STRANGERS_MAX = 64
"""Connections of the enrolment port."""

log = structlog.get_logger(__name__)


class PeerProtocol(H11Protocol):
    """HTTP/1.1 with the client's verified certificate in the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note who is at the other end: the handshake is over by now."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, PEER: peer_at(transport.get_extra_info("ssl_object"))}


class ShortProtocol(H11Protocol):
    """HTTP/1.1 for strangers: no connection lives longer than :data:`STRANGER_S_MAX`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Set the end of the connection."""
        super().connection_made(transport)
        self.loop.call_later(STRANGER_S_MAX, transport.abort)


class DepartmentServer:
    """A server over the department's folder; it listens as soon as it is made.

    Args:
        directory: the department's folder, with certificates of ``department init``.
        host: address to listen at.
        port: 0 takes a free one.
        enrol_port: where units are enrolled, 0 takes a free one; None: nowhere.

    Raises:
        DepartmentError: certificates are missing, or a port is taken.
        StoreError: the storage cannot be opened.
    """

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0, enrol_port: int | None = None) -> None:
        files = TlsFiles(directory)
        contexts = tls_context(files), enrolment_context(files)
        self._storage = Storage(directory)
        self._sockets: list[socket.socket] = []
        try:
            for wanted in (port, enrol_port):
                if wanted is not None:
                    self._sockets.append(_listening(host, wanted))
        except DepartmentError:
            self._close()
            raise
        self._server = uvicorn_server(create_app(self._storage), contexts[0])
        self._enrolling: uvicorn.Server | None = None
        if enrol_port is not None:
            application = create_enrolment_app(self._storage.units, files)
            self._enrolling = uvicorn_server(application, contexts[1], ShortProtocol, STRANGERS_MAX)
        self._thread: threading.Thread | None = None
        self.host = host
        self.port: int = self._sockets[0].getsockname()[1]
        self.enrol_port: int | None = self._sockets[1].getsockname()[1] if enrol_port is not None else None

    @property
    def units(self) -> Units:
        """Who may speak with this department."""
        return self._storage.units

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close the storage."""
        log.info("department.listening", host=self.host, port=self.port, enrol_port=self.enrol_port)
        try:
            with self._enrolment():
                self._server.run(sockets=self._sockets[:1])
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

    @contextmanager
    def _enrolment(self) -> Iterator[None]:
        """Enrol from a thread of its own while the body runs."""
        if self._enrolling is None:
            yield
            return
        run, sockets = self._enrolling.run, self._sockets[1:]
        thread = threading.Thread(target=run, kwargs={"sockets": sockets}, name="enrolment", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._enrolling.should_exit = True
            thread.join(STOP_S_MAX + START_S_MAX)

    def _close(self) -> None:
        for listening in self._sockets:
            listening.close()
        self._storage.close()


def uvicorn_server(
    application: ASGIApp,
    context: ssl.SSLContext,
    protocol: type[H11Protocol] = PeerProtocol,
    connections_max: int = CONNECTIONS_MAX,
) -> uvicorn.Server:
    """A bounded HTTP/1.1 server that serves sockets given to it.

    Args:
        application: what it serves.
        context: its side of TLS.
        protocol: :class:`PeerProtocol` tells the application who its client is.
        connections_max: past that requests are answered with 503.
    """
    config = uvicorn.Config(
        application,
        http=protocol,
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=connections_max,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S_MAX,
    )
    config.load()
    config.ssl = context
    return uvicorn.Server(config)


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or later; who has no certificate of the authority does not get past the handshake.

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
    """TLS 1.2 or later for units that have no certificate yet.

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


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS_MAX)
    except OSError as error:
        raise DepartmentError(f"{host} port {port}: cannot listen: {error.strerror}; is it taken?") from None
