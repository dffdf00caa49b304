"""The program of the enrolment process: ``python -m alpr_edge.department.http.enrolment_server DIRECTORY DESCRIPTOR``.

It serves a listening socket that it was passed, says so in one line, and ends with its standard input or by SIGTERM.
"""

import asyncio
import contextlib
import os
import resource
import socket
import sys
import threading
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.certificate_watch import CertificateWatch
from alpr_edge.department.http.connections import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.department.http.enrolment_app import create_enrolment_app
from alpr_edge.department.http.enrolment_process import READY
from alpr_edge.department.http.tls_contexts import enrolment_context
from alpr_edge.department.http.uvicorn_server import GatedProtocol, uvicorn_server
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.units import Units
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.runtime.memory import forbid_dumps

NICENESS = 10
FILES_MAX = 256
STRANGER_S_MAX = 60.0
"""How long a connection may live."""
LIMITS = ConnectionLimits(connections=64, handshakes=64, address_connections=8, address_handshakes=8, handshake_s=10.0)


class ShortProtocol(GatedProtocol):
    """HTTP/1.1 for strangers: no connection lives longer than :data:`STRANGER_S_MAX`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Set the end of the connection."""
        super().connection_made(transport)
        self.loop.call_later(STRANGER_S_MAX, transport.abort)


def main() -> int:
    """Serve; the exit code says whether it could."""
    directory, listening = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    configure_logs(verbose=True, times=True)
    forbid_dumps()
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        _serve(directory, listening)
    except AlprEdgeError as error:
        sys.stderr.write(f"alpr-edge: {error}\n")
        return error.exit_code
    return 0


def _serve(directory: Path, listening: socket.socket) -> None:
    files, gate = TlsFiles(directory), ConnectionGate(LIMITS.within_descriptors())
    context = enrolment_context(files)
    database = DepartmentDatabase(directory, create=False)
    try:
        application = create_enrolment_app(Units(database, files), files)
        server = uvicorn_server(application, context, ShortProtocol, gate, (CertificateWatch(files, context).reload,))

        def end_with_parent() -> None:
            sys.stdin.buffer.read()
            server.should_exit = True

        threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
        os.write(sys.stdout.fileno(), READY)
        server.run(sockets=[GatedSocket(listening, gate)])
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
