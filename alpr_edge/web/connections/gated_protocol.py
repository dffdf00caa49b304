"""HTTP/1.1 over connections that a gate counts."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from alpr_edge.web.connections.gate import ConnectionGate


class GatedProtocol(H11Protocol):
    """HTTP/1.1 over a connection whose gate is told when the handshake is over."""

    gate: ClassVar[ConnectionGate | None] = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Note that the handshake is over."""
        super().connection_made(transport)
        if self.gate is not None:
            self.gate.finish_handshake(transport, self.is_idle)

    def is_idle(self) -> bool:
        """Whether no request is answered at present."""
        return self.cycle is None or self.cycle.response_complete
