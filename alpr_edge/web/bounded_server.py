"""A server of uvicorn that does periodic work in its event loop."""

import asyncio
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE_S = 30
TICK_S = 1.0
STEP_S = 10.0
"""Time between two calls of the periodic work of a server."""


class FaultFilter(logging.Filter):
    """Has uvicorn's log tell what kind of fault ended a request and where, in one line.

    The text of an unexpected fault and of those before it may hold a plate, which no log may.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the text of a fault out of what is logged."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__, limit=-1)
            place = "".join(f" at {Path(frame.filename).name}:{frame.lineno}" for frame in frames)
            record.msg, record.args = f"a request failed: {type(error).__name__}{place}", ()
            record.exc_info = record.exc_text = None
        return True


_FAULTS = FaultFilter()


def server_config(
    application: ASGIApp,
    context: ssl.SSLContext,
    protocol: type[asyncio.Protocol],
    connections_max: int | None,
    stop_s: int,
) -> uvicorn.Config:
    """What every server has in common: HTTP/1.1 over TLS, without a log of requests and without headers of its own.

    Args:
        connections_max: most connections; None: whoever gives it sockets bounds them.
        stop_s: how long answers may take that are being made when it stops.
    """
    config = uvicorn.Config(
        application,
        http=protocol,
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=connections_max,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=stop_s,
    )
    config.load()
    logging.getLogger("uvicorn.error").addFilter(_FAULTS)
    config.ssl = context
    return config


class ThreadedStep:
    """Periodic work of a server that may wait for a lock or a disk, in a thread of its own.

    Args:
        work: what is done; it runs once at a time.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._name = name
        self._thread: threading.Thread | None = None

    def step(self) -> None:
        """Begin the work, unless it still runs: the server's event loop must not wait."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait until work that runs has ended."""
        if self._thread is not None:
            self._thread.join()


class BoundedServer(uvicorn.Server):
    """A server that does periodic work in its event loop; the time of the last round shows that it is alive."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exit = asyncio.Event()
        self._is_exiting = False
        super().__init__(config)
        self.on_ready: Callable[[], None] | None = None
        """Called once, when the server accepts connections."""
        self.on_stop: Callable[[], None] | None = None
        """Called once, when it begins to stop: what answers without end, such as streams of events, ends then."""
        self.steps: list[Callable[[], None]] = []
        """Called every :data:`STEP_S` in the event loop; what may take long is a :class:`ThreadedStep`."""
        self.alive_s = time.monotonic()
        """When the event loop last went round, on monotonic time."""
        self._next_step_s = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections.

        Those accepted take TCP_NODELAY over (tcp(7)). asyncio itself sets it on sockets that name their protocol alone,
        which ours do not: without it the body of an answer waits 40 ms until the other end has acknowledged its head.
        """
        for listening in sockets or ():
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await super().startup(sockets)
        if self.on_ready is not None:
            self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let running requests end, those first that would not end by themselves."""
        for server in self.servers:
            server.close()  # a page whose stream ends connects again at once
        if self.on_stop is not None:
            self.on_stop()
        await super().shutdown(sockets)

    @property
    def should_exit(self) -> bool:
        """Whether the server is to end; any thread and handlers of signals set it."""
        return self._is_exiting

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._is_exiting = value
        if value and self._loop is not None:
            with suppress(RuntimeError):  # the server has ended, and its loop is closed
                self._loop.call_soon_threadsafe(self._exit.set)

    async def main_loop(self) -> None:
        """Tick once a second until the server is to end; uvicorn's own loop wakes the processor ten times as often."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._exit.wait()

    async def on_tick(self, counter: int) -> bool:
        """Do the work that is due; returns whether to stop."""
        self.alive_s = time.monotonic()
        if self.alive_s >= self._next_step_s:
            self._next_step_s = self.alive_s + STEP_S
            for step in self.steps:
                step()
        return await super().on_tick(counter)
