"""HTTPS connections that end in time, whatever the server does.

The limits of an HTTP library hold for one read or one write: a server that gives a byte a second is never late for
them, and a link that takes a byte a second is never stuck. So each connection here also knows when the exchange as a
whole has to be over, and passes the time that is left of it to each read and write. A read or write that waits for
long is taken in parts, between which whoever waits for the exchange shows life, or ends it.
"""

import math
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import httpcore
import httpx

from alpr_edge.runtime.network.name_lookup import LOOKUP_S_MAX, NoAnswerError, addresses_of
from alpr_edge.runtime.stages import BEAT_S

T = TypeVar("T")

PIECE_BYTES = 16 * 1024
"""Bytes handed over in one write: a TLS record, which is sent within its time limit or not at all."""


def no_beat() -> None:
    """Do nothing at a sign of life."""


class StoppedError(Exception):
    """What a beat raises to end an exchange, since the process stops."""


class Deadline:
    """The time limit of one exchange, on monotonic time; set anew for each, and kept by its connection.

    Args:
        beat: a function that is called at each piece that goes out or comes in, and every :data:`BEAT_S` while none
            does; may raise to end the exchange.
    """

    def __init__(self, beat: Callable[[], None] = no_beat) -> None:
        self._beat = beat
        self._end_s = math.inf
        self._answer_s = math.inf
        self._answer_end_s: float | None = None

    def begin(self, total_s: float, answer_s: float = math.inf) -> None:
        """Start the clock of an exchange."""
        self._end_s = time.monotonic() + total_s
        self._answer_s = answer_s
        self._answer_end_s = None

    def write_limit_s(self, timeout_s: float | None, late: type[Exception]) -> float | None:
        """The time limit of a write, or of opening a connection.

        Args:
            timeout_s: the library's own limit; None: it has none.
        """
        self._answer_end_s = None
        return self._left_s(timeout_s, self._end_s, late)

    def read_limit_s(self, timeout_s: float | None) -> float | None:
        """The time limit of a read.

        Args:
            timeout_s: the library's own limit; None: it has none.

        Raises:
            httpcore.ReadTimeout: no time is left.
        """
        if self._answer_end_s is None:
            self._answer_end_s = time.monotonic() + self._answer_s
        return self._left_s(timeout_s, min(self._end_s, self._answer_end_s), httpcore.ReadTimeout)

    def _left_s(self, timeout_s: float | None, end_s: float, late: type[Exception]) -> float | None:
        self._beat()
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            raise late("the time for the exchange is over")
        library_s = math.inf if timeout_s is None else timeout_s
        return None if left_s == library_s == math.inf else min(left_s, library_s)


class BoundedTransport(httpx.HTTPTransport):
    """HTTP/1.1 over connections that keep a deadline; for one thread, which has at most two requests open."""

    def __init__(self, context: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx has no option for the network below it; its connection pool has.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=2, keepalive_expiry=5.0, network_backend=_Network(deadline)
        )


class _Network(httpcore.NetworkBackend):
    """Opens TCP connections that obey a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection to the first address of the host that takes it."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._addresses(host, port, timeout):
            limit_s = self._deadline.write_limit_s(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._system.connect_tcp(address, port, limit_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int, timeout_s: float | None) -> list[str]:
        def beat() -> None:
            self._deadline.write_limit_s(timeout_s, httpcore.ConnectTimeout)

        limit_s = self._deadline.write_limit_s(timeout_s, httpcore.ConnectTimeout)
        try:
            return addresses_of(host, port, LOOKUP_S_MAX if limit_s is None else min(limit_s, LOOKUP_S_MAX), beat)
        except NoAnswerError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    def sleep(self, seconds: float) -> None:
        """Wait between two tries of the library; none are configured."""
        self._system.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that obeys a deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read_part = partial(self._stream.read, max_bytes)
        return _in_parts(read_part, self._deadline.read_limit_s, timeout, httpcore.ReadTimeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        def limit_s(library_s: float | None) -> float | None:
            return self._deadline.write_limit_s(library_s, httpcore.WriteTimeout)

        rest = memoryview(buffer)
        while rest:
            send_part = partial(self._send, rest[:PIECE_BYTES])
            rest = rest[_in_parts(send_part, limit_s, timeout, httpcore.WriteTimeout) :]

    def _send(self, piece: memoryview, limit_s: float) -> int:
        """Send some of a piece, and say how much: the library does not, when the time is over in the middle."""
        connection: socket.socket = self._stream.get_extra_info("socket")
        try:
            connection.settimeout(limit_s)
            return connection.send(piece)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit_s = self._deadline.write_limit_s(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit_s), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        return self._stream.get_extra_info(info)


def _in_parts(
    take_part: Callable[[float], T],
    limit_s: Callable[[float | None], float | None],
    timeout_s: float | None,
    late: type[Exception],
) -> T:
    """Wait for the other side in parts of at most :data:`BEAT_S`.

    Args:
        take_part: waits so many seconds; nothing is lost when they are over.
        limit_s: gives the deadline's limit within the library's own, beats, and raises once the deadline is over.
        timeout_s: the library's own limit; None: it has none.
    """
    end_s = math.inf if timeout_s is None else time.monotonic() + timeout_s
    while True:
        left_s = limit_s(None if timeout_s is None else max(0.001, end_s - time.monotonic()))
        try:
            return take_part(BEAT_S if left_s is None else min(left_s, BEAT_S))
        except late:
            if left_s is not None and left_s <= BEAT_S:
                raise
