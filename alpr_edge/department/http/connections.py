"""Bounds the connections of a listener before the TLS handshake costs anything, and those of each unit after it.

asyncio makes a TLS session for whatever is accepted and gives it a minute, so a client that never speaks holds a file
descriptor and memory for that long. Here the listening socket itself decides: past a bound a connection is reset as it
is accepted, or takes the place of the one that has waited longest. Whoever speaks is served, whoever floods displaces
himself.
"""

import asyncio
import resource
import socket
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Self

from alpr_edge.department.pki.rate_limit import neighbourhood

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset and leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a listener may hold at a time."""

    connections: int
    """Connections in all; a full listener closes the one that waits longest for its handshake, else the oldest."""
    handshakes: int
    """Of these without a finished handshake; of so many the oldest goes."""
    address_connections: int
    """From one address; past it a new one is reset."""
    address_handshakes: int
    """Connections from one address without a finished handshake; past it a new one is reset."""
    handshake_s: float
    """How long a handshake may take."""

    def within_descriptors(self) -> Self:
        """The same, at most half of the files that this process may open: the other half is for its own."""
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
    """Counts the connections of one listener and decides which stay; for the thread of its event loop.

    Args:
        limits: the limits of the listener.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open: OrderedDict[AcceptedSocket, None] = OrderedDict()
        """Open connections in the order of their arrival."""
        self._handshakes: OrderedDict[AcceptedSocket, None] = OrderedDict()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def admits(self, accepted: "AcceptedSocket") -> bool:
        """Whether a connection just accepted stays; another one may have to go for it."""
        limits, address = self.limits, accepted.address
        if _count(self._open, address) >= limits.address_connections:
            return False
        if _count(self._handshakes, address) >= limits.address_handshakes:
            return False
        if len(self._handshakes) >= limits.handshakes or (self._handshakes and len(self) >= limits.connections):
            self._drop(next(iter(self._handshakes)))
        elif len(self) >= limits.connections:
            self._drop(next(iter(self._open)))
        self._open[accepted] = self._handshakes[accepted] = None
        asyncio.get_running_loop().call_later(limits.handshake_s, self._end_handshake, accepted)
        return True

    def established(self, transport: asyncio.Transport) -> None:
        """Note that the handshake of a connection is over."""
        name = transport.get_extra_info("peername")
        for accepted in self._handshakes:
            if accepted.peer == name:
                del self._handshakes[accepted]
                return

    def released(self, accepted: "AcceptedSocket") -> None:
        """Note that a connection is closed."""
        self._open.pop(accepted, None)
        self._handshakes.pop(accepted, None)

    def _end_handshake(self, accepted: "AcceptedSocket") -> None:
        if accepted in self._handshakes:
            self._drop(accepted)

    def _drop(self, accepted: "AcceptedSocket") -> None:
        """Its transport finds it at its end and closes it."""
        self.released(accepted)
        accepted.cut()


class GatedSocket(socket.socket):
    """A listening socket that gives to its event loop only what a gate admits.

    Args:
        listening: the listening socket, whose descriptor this object takes over.
        gate: decides.
    """

    def __init__(self, listening: socket.socket, gate: ConnectionGate) -> None:
        super().__init__(listening.family, listening.type, listening.proto, listening.detach())
        self._gate = gate

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stay.

        Raises:
            ConnectionAbortedError: it may not, and was reset; to an event loop there is none then.
        """
        connection, peer = super().accept()
        accepted = AcceptedSocket(connection, peer, self._gate)
        if not self._gate.admits(accepted):
            accepted.cut()
            accepted.close()
            raise ConnectionAbortedError
        return accepted, peer


class AcceptedSocket(socket.socket):
    """A connection that tells its gate when it is closed.

    Args:
        connection: the accepted connection, whose descriptor this object takes over.
        peer: the address at its other end, as ``accept`` gives it.
        gate: counts it.
    """

    def __init__(self, connection: socket.socket, peer: Any, gate: ConnectionGate) -> None:  # noqa: ANN401 - by family
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self.peer = peer
        self.address = neighbourhood(str(peer[0]))
        self._gate = gate

    def close(self) -> None:
        """Close it."""
        self._gate.released(self)
        super().close()

    def cut(self) -> None:
        """End it in both directions; closing it then leaves nothing behind."""
        try:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other end was faster


def _count(held: "OrderedDict[AcceptedSocket, None]", address: str) -> int:
    return sum(accepted.address == address for accepted in held)
