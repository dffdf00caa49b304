"""Bounds the connections of a listener before the TLS handshake costs anything, in all and of each address.

asyncio makes a TLS session for every accepted connection and gives it a minute, so a client that sends nothing holds a
file descriptor and memory for that long. Here the listening socket itself decides: beyond a limit a new connection is
reset at once, or replaces the one that has waited longest. A client that floods thus displaces its own connections, and
others complete their handshakes. A connection that ends before its handshake is logged with its address.
"""

import asyncio
import resource
import socket
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from alpr_edge.runtime.network.rate_limit import subscriber_network
from alpr_edge.web.connections.handshake_log import HandshakeLog

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset and leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a listener may hold at a time."""

    connections: int
    """Most connections in all; beyond it the one waiting longest for its handshake is closed, else the oldest on which
    no request is answered, else the oldest."""
    handshakes: int
    """Most connections without a finished handshake; beyond it the oldest of them is closed."""
    address_connections: int
    """Most connections from one address; beyond it a new one is reset."""
    address_handshakes: int
    """Most connections from one address without a finished handshake; beyond it a new one is reset."""
    handshake_s: float
    """How long a handshake may take."""

    def within_descriptors(self) -> Self:
        """Limits that take at most half of the files that this process may open: the other half is for its own."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self
        most = max(1, soft // 2)
        lower = {name: min(getattr(self, name), most) for name in ("connections", "handshakes")}
        return type(self)(
            **lower,
            address_connections=self.address_connections,
            address_handshakes=self.address_handshakes,
            handshake_s=self.handshake_s,
        )


class ConnectionGate:
    """Counts the connections of one listener and decides which stay; for the thread of its event loop."""

    def __init__(self, limits: ConnectionLimits, failures: HandshakeLog | None = None) -> None:
        self.limits = limits
        self.reading: AcceptedSocket | None = None
        """The connection that was read from last: the TLS layer handles what came before anything else is read."""
        self._failures = failures or HandshakeLog()
        self._open: OrderedDict[AcceptedSocket, None] = OrderedDict()
        """Open connections in the order of their arrival."""
        self._handshakes: OrderedDict[AcceptedSocket, None] = OrderedDict()

    def __len__(self) -> int:
        """Number of open connections."""
        return len(self._open)

    def admits(self, client: "AcceptedSocket") -> bool:
        """Decide whether a connection just accepted stays; another one may be closed for it."""
        limits, address = self.limits, client.address
        if _count(self._open, address) >= limits.address_connections:
            return False
        if _count(self._handshakes, address) >= limits.address_handshakes:
            return False
        if len(self._handshakes) >= limits.handshakes or (self._handshakes and len(self) >= limits.connections):
            oldest = next(iter(self._handshakes))
            oldest.failure = "too many handshakes at once, and this one waited longest"
            self._drop(oldest)
        elif len(self) >= limits.connections:
            self._drop(next((each for each in self._open if each.is_idle()), next(iter(self._open))))
        self._open[client] = self._handshakes[client] = None
        asyncio.get_running_loop().call_later(limits.handshake_s, self._end_handshake, client)
        return True

    def finish_handshake(self, transport: asyncio.Transport, is_idle: Callable[[], bool]) -> None:
        """Note that the handshake of a connection is over."""
        name = transport.get_extra_info("peername")
        for client in self._handshakes:
            if client.peer == name:
                client.is_idle = is_idle
                del self._handshakes[client]
                return

    def note_failure(self, reason: str) -> None:
        """Note why the handshake of the connection that was read from last failed."""
        if self.reading is not None:
            self.reading.failure = reason

    def release(self, client: "AcceptedSocket") -> None:
        """Note that a connection is closed."""
        self._open.pop(client, None)
        if self.reading is client:
            self.reading = None
        if self._handshakes.pop(client, client) is None:
            self._failures.write(str(client.peer[0]), client.failure)

    def _end_handshake(self, client: "AcceptedSocket") -> None:
        if client in self._handshakes:
            client.failure = f"no handshake within {self.limits.handshake_s:g} s"
            self._drop(client)

    def _drop(self, client: "AcceptedSocket") -> None:
        """End a connection; its transport notices and closes the socket."""
        self.release(client)
        client.cut()


class GatedSocket(socket.socket):
    """A listening socket that gives to its event loop only what a gate admits."""

    def __init__(self, listening: socket.socket, gate: ConnectionGate) -> None:
        super().__init__(listening.family, listening.type, listening.proto, listening.detach())
        self._gate = gate

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stay.

        Raises:
            ConnectionAbortedError: it may not, and was reset; to an event loop there is none then.
        """
        connection, peer = super().accept()
        client = AcceptedSocket(connection, peer, self._gate)
        if not self._gate.admits(client):
            client.cut()
            client.close()
            raise ConnectionAbortedError
        return client, peer


class AcceptedSocket(socket.socket):
    """A connection that tells its gate when it is closed.

    Args:
        peer: the address at its other end, as ``accept`` gives it.
    """

    def __init__(self, connection: socket.socket, peer: Any, gate: ConnectionGate) -> None:  # noqa: ANN401 - by family
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self.peer = peer
        self.address = subscriber_network(str(peer[0]))
        self.failure = "the client hung up"
        """Why the handshake failed, as far as that is known."""
        self.is_idle: Callable[[], bool] = lambda: False
        """Whether no request is answered on it at present; only asked once the handshake is over."""
        self._gate = gate

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ANN401 - as the base has it
        """Read, and note that this connection is the one that is read from."""
        self._gate.reading = self
        return super().recv_into(buffer, nbytes, flags)

    def close(self) -> None:
        """Close it, and tell the gate."""
        self._gate.release(self)
        super().close()

    def cut(self) -> None:
        """End it in both directions; closing it then leaves nothing behind."""
        try:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other end has closed it already


def _count(clients: "OrderedDict[AcceptedSocket, None]", address: str) -> int:
    return sum(client.address == address for client in clients)
