"""Serves strangers in the process that :mod:`~alpr_edge.department.http.listener_process` started.

The program is run with the department's folder and the descriptor of a listening socket. It says in one line that it is
ready, and ends with its standard input or by SIGTERM.
"""

import asyncio
import contextlib
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.certificate_watch import CertificateWatch
from alpr_edge.department.http.listener_process import READY
from alpr_edge.department.http.tls_contexts import enrolment_context
from alpr_edge.department.http.uvicorn_server import uvicorn_server
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.runtime.memory import forbid_dumps
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.web.connections.gated_protocol import GatedProtocol

NICENESS = 10
FILES_MAX = 256
STRANGER_S_MAX = 60.0
"""How long a connection may live."""
LIMITS = ConnectionLimits(connections=64, handshakes=64, address_connections=8, address_handshakes=8, handshake_s=10.0)
STDIN = 0
"""The pipe that the parent holds open for as long as it lives."""
AppFactory = Callable[[Path, DepartmentDatabase, int], ASGIApp]
"""Makes the application from the department's folder, its database and the port."""


class ShortProtocol(GatedProtocol):
    """HTTP/1.1 for strangers: no connection lives longer than :data:`STRANGER_S_MAX`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Set the end of the connection."""
        super().connection_made(transport)
        self.loop.call_later(STRANGER_S_MAX, transport.abort)


def serve_strangers(create_app: AppFactory) -> int:
    """Serve until the parent ends; the exit code says whether it could."""
    directory, listening = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    configure_logs(verbose=True, times=True)
    forbid_dumps()
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        _serve(create_app, directory, listening)
    except AlprEdgeError as error:
        sys.stderr.write(f"alpr-edge: {error}\n")
        return error.exit_code
    return 0


def _serve(create_app: AppFactory, directory: Path, listening: socket.socket) -> None:
    files, gate = TlsFiles(directory), ConnectionGate(LIMITS.within_descriptors())
    context = enrolment_context(files)
    database = DepartmentDatabase(directory, create=False)
    try:
        application = create_app(directory, database, listening.getsockname()[1])
        server = uvicorn_server(application, context, ShortProtocol, gate, (CertificateWatch(files, context).reload,))

        def end_with_parent() -> None:
            # Not by sys.stdin, whose lock this thread would hold when a signal ends the process: Python aborts then.
            while os.read(STDIN, 1):
                pass
            server.should_exit = True

        threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
        os.write(sys.stdout.fileno(), READY)
        server.run(sockets=[GatedSocket(listening, gate)])
    finally:
        database.close()
