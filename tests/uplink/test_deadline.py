"""A server that is slow without ever being silent: no read and no write is late, and still the exchange ends."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline

PACE_S = 0.05
SILENCE_S = 5.0
"""Longest wait for a single read or write: never reached here."""


@contextmanager
def slow(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def accept() -> None:
            connection, _ = listener.accept()
            with suppress(OSError), connection:
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(30)


def drip(connection: socket.socket) -> None:
    connection.recv(65_536)
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 2000:
        connection.sendall(bytes([byte]))
        time.sleep(PACE_S)


def sip(connection: socket.socket) -> None:
    for _ in range(40):  # longer than the client has
        connection.recv(1024)
        time.sleep(PACE_S)


def took_s(url: str, deadline: Deadline, late: type[Exception], content: bytes = b"") -> float:
    began_s = time.monotonic()
    with (
        httpx.Client(transport=BoundedTransport(ssl.create_default_context(), deadline), timeout=SILENCE_S) as client,
        pytest.raises(late),
    ):
        client.post(url, content=content)
    return time.monotonic() - began_s


@pytest.mark.parametrize("limits", [(0.5, 60.0), (60.0, 0.5)])
def test_an_answer_that_drips_is_over_when_either_limit_is(limits: tuple[float, float]) -> None:
    deadline = Deadline()
    with slow(drip) as url:
        deadline.begin(*limits)
        assert 0.4 < took_s(url, deadline, httpx.ReadTimeout) < SILENCE_S


def test_a_request_that_is_sipped_is_over_in_time() -> None:
    deadline = Deadline()
    with slow(sip) as url:
        deadline.begin(0.5)
        assert 0.4 < took_s(url, deadline, httpx.WriteTimeout, bytes(8_000_000)) < SILENCE_S


def test_no_connection_is_made_when_the_time_is_over() -> None:
    deadline = Deadline()
    deadline.begin(0.0)
    assert took_s("http://127.0.0.1:9/", deadline, httpx.ConnectTimeout) < SILENCE_S


def test_a_deadline_begun_anew_holds_no_grudge() -> None:
    deadline = Deadline()
    with slow(lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        deadline.begin(0.0)
        took_s(url, deadline, httpx.ConnectTimeout)
        deadline.begin(10.0, 10.0)
        transport = BoundedTransport(ssl.create_default_context(), deadline)
        with httpx.Client(transport=transport) as client:
            assert client.get(url).status_code == 204


class StoppedError(Exception):
    """The unit stops."""


def test_whoever_shows_life_may_end_the_exchange() -> None:
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats > 10:
            raise StoppedError

    deadline = Deadline(beat)
    with slow(drip) as url:
        deadline.begin(60.0)
        assert took_s(url, deadline, StoppedError) < SILENCE_S
