"""The department as an HTTPS server that knows its clients by their certificates.

uvicorn checks the certificate but does not tell the application whose it was, so the protocol is extended by that: the
verified common name goes into the state of every request of the connection.
"""

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from typing import Any, Self

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alpr_edge.department.app import PEER_UNIT, create_app
from alpr_edge.department.certificates import TlsFiles
from alpr_edge.department.storage import Storage
from alpr_edge.domain.errors import DepartmentError

CONNECTIONS_MAX = 256
KEEP_ALIVE_S = 30
STOP_S_MAX = 10
START_S_MAX = 30.0

log = structlog.get_logger(__name__)


class PeerProtocol(H11Protocol):
    """HTTP/1.1 with the client's verified name in the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note who is at the other end: the handshake is over by now."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, PEER_UNIT: common_name(transport.get_extra_info("peercert"))}


def common_name(certificate: dict[str, Any] | None) -> str | None:
    """The one common name of a certificate as :meth:`ssl.SSLSocket.getpeercert` gives it; None without exactly one."""
    pairs = [pair for relative in (certificate or {}).get("subject", ()) for pair in relative]
    names = [str(value) for name, value in pairs if name == "commonName"]
    return names[0] if len(names) == 1 else None


class DepartmentServer:
    """A server over the department's folder; it listens as soon as it is made.

    Args:
        directory: the department's folder, with certificates of ``department init``.
        host: address to listen at.
        port: 0 takes a free one.

    Raises:
        DepartmentError: certificates are missing, or the port is taken.
        StoreError: the storage cannot be opened.
    """

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        context = tls_context(TlsFiles(directory))
        self._storage = Storage(directory)
        try:
            self._socket = _listening(host, port)
        except DepartmentError:
            self._storage.close()
            raise
        self._server = uvicorn_server(create_app(self._storage), context)
        self._thread: threading.Thread | None = None
        self.host = host
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close the storage."""
        log.info("department.listening", host=self.host, port=self.port)
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._storage.close()

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


def uvicorn_server(application: ASGIApp, context: ssl.SSLContext) -> uvicorn.Server:
    """A bounded HTTP/1.1 server that tells the application who its client is; it serves sockets given to it."""
    config = uvicorn.Config(
        application,
        http=PeerProtocol,
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(cafile=files.authority)
    except (OSError, ssl.SSLError):
        hint = "run: alpr-edge department init"
        raise DepartmentError(f"{files.directory}: no usable server.pem, server.key and ca.pem; {hint}") from None
    return context


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS_MAX)
    except OSError as error:
        raise DepartmentError(f"{host} port {port}: cannot listen: {error.strerror}; is it taken?") from None
