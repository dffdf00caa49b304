"""A server of uvicorn that does periodic work in its event loop."""

import socket
import time
from collections.abc import Callable

import uvicorn

STEP_S = 10.0
"""Time between two calls of the periodic work of a server."""


class BoundedServer(uvicorn.Server):
    """A server that does periodic work in its event loop; the time of the last round shows that it is alive.

    Args:
        config: the configuration of the server.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.on_ready: Callable[[], None] | None = None
        """Called once, when the server accepts connections."""
        self.steps: list[Callable[[], None]] = []
        """Called every :data:`STEP_S` by the thread of the event loop; none may take long."""
        self.alive_s = time.monotonic()
        """When the event loop last went round, on monotonic time."""
        self._next_step_s = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections."""
        await super().startup(sockets)
        if self.on_ready is not None:
            self.on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Do the work that is due; returns whether to stop."""
        self.alive_s = time.monotonic()
        if self.alive_s >= self._next_step_s:
            self._next_step_s = self.alive_s + STEP_S
            for step in self.steps:
                step()
        return await super().on_tick(counter)
