"""A bounded HTTP/1.1 server over uvicorn, whose requests know the client's certificate.

uvicorn checks the certificate but does not tell the application whose it was, so the protocol is extended by that: the
:class:`~alpr_edge.department.http.client_auth.Peer` goes into the state of every request of the connection.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp

from alpr_edge.department.http.client_auth import PEER, Peer, peer_at
from alpr_edge.web.bounded_server import BoundedServer
from alpr_edge.web.connections.gate import ConnectionGate
from alpr_edge.web.connections.gated_protocol import GatedProtocol
from alpr_edge.web.connections.gated_server import gated_server

STOP_S_MAX = 10
UNIT_CONNECTIONS_MAX = 8
"""Most connections of one unit; a newer one replaces its oldest, which a lost link may have left behind."""


class PeerProtocol(GatedProtocol):
    """HTTP/1.1 with the client's verified certificate in the request's state."""

    peer: Peer | None = None
    began_s: float = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note who is at the other end, and end the oldest connection of a unit that has too many."""
        super().connection_made(transport)
        self.began_s, self.peer = time.monotonic(), peer_at(transport.get_extra_info("ssl_object"))
        self.app_state = {**self.app_state, PEER: self.peer}
        if self.peer is not None and len(same := self._of_unit(self.peer.unit_id)) > UNIT_CONNECTIONS_MAX:
            min(same, key=lambda one: one.began_s).transport.abort()

    def _of_unit(self, unit_id: str) -> "list[PeerProtocol]":
        peers = [one for one in self.connections if isinstance(one, PeerProtocol) and one.peer is not None]
        return [one for one in peers if one.peer is not None and one.peer.unit_id == unit_id]


def uvicorn_server(
    application: ASGIApp,
    context: ssl.SSLContext,
    protocol: type[GatedProtocol] = PeerProtocol,
    gate: ConnectionGate | None = None,
    steps: Sequence[Callable[[], None]] = (),
) -> BoundedServer:
    """A bounded HTTP/1.1 server that serves sockets given to it.

    Args:
        gate: the limits on the sockets that it will serve; None: they are not bounded.
    """
    server = gated_server(application, context, protocol, gate, STOP_S_MAX)
    server.steps += steps
    return server
