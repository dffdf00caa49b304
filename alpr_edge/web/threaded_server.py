"""A server with all that it holds open: it runs in the main thread until a signal, or in a thread of its own."""

import socket
import threading
from contextlib import ExitStack
from typing import Self

from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.web.bounded_server import BoundedServer

END_S_MAX = 40.0
"""How long requests may run on when it stops, and how long a start that is under way may take."""


class ThreadedServer:
    """What every server of the department has in common; one makes its server and its socket before it is run."""

    _server: BoundedServer
    _socket: socket.socket

    def __init__(self, name: str) -> None:
        self._name = name
        self._manager = ServiceManager()
        self._thread: threading.Thread | None = None
        self._resources = ExitStack()
        """What is closed when it has ended."""

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close what it holds open."""
        with self._resources:
            self._server.run(sockets=[self._socket])
            self._manager.stopping()

    def stop(self) -> None:
        """Ask it to end; it lets running requests end first."""
        self._server.should_exit = True

    def __enter__(self) -> Self:
        """Serve from a thread of this process."""
        self._thread = threading.Thread(target=self.run, name=self._name, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let running requests end, then stop."""
        assert self._thread is not None
        self.stop()
        self._thread.join(END_S_MAX)
