"""HTTP connections that end in time, whatever the server does.

The limits of the HTTP library hold for one read or one write: a server that gives a byte a second is never late for
them. So each connection knows when the exchange as a whole has to be over, on monotonic time.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any, NoReturn

import httpcore
import httpx

PIECE_BYTES = 16 * 1024
"""Bytes handed over in one write: a TLS record, which is sent within its time limit or not at all."""


class TimedNetwork(httpcore.NetworkBackend):
    """Opens connections that obey the end that was set last."""

    def __init__(self) -> None:
        self._system = httpcore.SyncBackend()
        self._end_s = 0.0

    def begin(self, total_s: float) -> None:
        """Give an exchange so many seconds from now."""
        self._end_s = time.monotonic() + total_s

    def limit_s(self, timeout_s: float | None, late: type[Exception]) -> float:
        """How long one read or write may take; raises ``late`` where no time is left."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise late("the time for the exchange is over")
        return left_s if timeout_s is None else min(left_s, timeout_s)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection."""
        limit_s = self.limit_s(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._system.connect_tcp(host, port, limit_s, local_address, socket_options), self)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> NoReturn:
        """Refuse: receivers are reached over TCP."""
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        """Wait between two tries of the library; none are configured."""
        self._system.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection that obeys the end of its network."""

    def __init__(self, stream: httpcore.NetworkStream, network: TimedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.limit_s(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE_BYTES):
            limit_s = self._network.limit_s(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + PIECE_BYTES], limit_s)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit_s = self._network.limit_s(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, limit_s), self._network)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        return self._stream.get_extra_info(info)


class TimedTransport(httpx.HTTPTransport):
    """HTTP/1.1 over one connection of a timed network.

    Args:
        context: the TLS context.
        network: the network, whose end each exchange sets.
    """

    def __init__(self, context: ssl.SSLContext, network: TimedNetwork) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx has no option for the network below it; its connection pool has.
        self._pool = httpcore.ConnectionPool(ssl_context=context, max_connections=1, network_backend=network)
