"""The link between a unit and its department: a relay on loopback that can be cut, or fall silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

HOST = "127.0.0.1"
STEP_S = 0.2
STOP_S_MAX = 10.0
BYTES = 1 << 16


class RelayState(Enum):
    """How the link is."""

    UP = auto()
    CUT = auto()
    """Each connection is closed as soon as it is made, and those under way were."""
    SILENT = auto()
    """Connections are made, and nothing goes through any more: a modem without a network."""


class LinkRelay:
    """Passes bytes between whoever connects and the department.

    Args:
        target_port: the department's port on loopback.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listening = socket.create_server((HOST, 0))
        self._listening.settimeout(STEP_S)
        self.port = int(self._listening.getsockname()[1])
        self.state = RelayState.UP
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self._stop.set()
        self._thread.join(STOP_S_MAX)
        self._listening.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                unit_side, _ = self._listening.accept()
            except TimeoutError:
                continue
            if self.state is RelayState.CUT:
                unit_side.close()
                continue
            threading.Thread(target=self._join, args=(unit_side,), daemon=True).start()

    def _join(self, unit_side: socket.socket) -> None:
        """Pass bytes both ways until either side ends, or the link is cut."""
        with unit_side, suppress(OSError), socket.create_connection((HOST, self._target_port)) as department_side:
            ended = threading.Event()
            back = threading.Thread(target=self._pass, args=(department_side, unit_side, ended), daemon=True)
            back.start()
            self._pass(unit_side, department_side, ended)
            back.join(STOP_S_MAX)

    def _pass(self, source: socket.socket, target: socket.socket, ended: threading.Event) -> None:
        source.settimeout(STEP_S)
        with suppress(OSError):
            while not (self._stop.is_set() or ended.is_set() or self.state is RelayState.CUT):
                if self.state is RelayState.SILENT:
                    ended.wait(STEP_S)
                    continue
                try:
                    content = source.recv(BYTES)
                except TimeoutError:
                    continue
                if not content:
                    break
                target.sendall(content)
        ended.set()


@contextmanager
def link_to(port: int) -> Iterator[LinkRelay]:
    """A relay to a port, closed afterwards."""
    relay = LinkRelay(port)
    try:
        yield relay
    finally:
        relay.stop()
