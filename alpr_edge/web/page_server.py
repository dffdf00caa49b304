"""Serves the page over TLS in this process, bounded in connections and time."""

import asyncio
import ssl

from starlette.types import ASGIApp

from alpr_edge.web.bounded_server import BoundedServer
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits
from alpr_edge.web.connections.gated_protocol import GatedProtocol
from alpr_edge.web.connections.gated_server import gated_server

CONNECTIONS_MAX, ADDRESS_CONNECTIONS_MAX = 64, 24
"""A browser opens six; the few who use a page in a car share one workstation, or a few addresses."""
LIMITS = ConnectionLimits(
    connections=CONNECTIONS_MAX,
    handshakes=32,
    address_connections=ADDRESS_CONNECTIONS_MAX,
    address_handshakes=16,
    handshake_s=10.0,
)
"""Of the page in a car: whoever else is on its network takes the places of one address at most."""
STOP_S_MAX = 2


class PromptProtocol(GatedProtocol):
    """HTTP/1.1 for browsers: a connection on which no request comes soon, or not the whole of its head, is closed.

    uvicorn itself waits for ever for the first request, and a browser's spare connections would use up all there are.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Take what came; while no request is whole, wait on, but no longer than at first."""
        due = None if self.timeout_keep_alive_task is None else self.timeout_keep_alive_task.when()
        super().data_received(data)
        is_between = self.cycle is None or self.cycle.response_complete
        if is_between and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self._await_request(due)

    def _await_request(self, due: float | None = None) -> None:
        """Close the connection at a time of the event loop; None: after the time that idle ones have."""
        due = self.loop.time() + self.timeout_keep_alive if due is None else due
        self.timeout_keep_alive_task = self.loop.call_at(due, self.timeout_keep_alive_handler)


def page_server(application: ASGIApp, context: ssl.SSLContext, gate: ConnectionGate) -> BoundedServer:
    """A server of the page for sockets that are given to it."""
    return gated_server(application, context, PromptProtocol, gate, STOP_S_MAX)
