"""A server that is slow without ever being silent: no read and no write is late, and still the exchange ends."""

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline, StoppedError
from alpr_edge.runtime.stages import BEAT_S
from alpr_edge.uplink.tls import context_of
from tests.uplink.conftest import settings_for

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


@pytest.mark.parametrize("content", [b"", bytes(8_000_000)], ids=["answers nothing", "reads nothing"])
def test_an_exchange_ends_also_while_the_other_side_does_nothing(content: bytes) -> None:
    stop, beats = threading.Event(), 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if stop.is_set():
            raise StoppedError

    def hold(_: socket.socket) -> None:
        time.sleep(BEAT_S / 2)
        stop.set()
        time.sleep(SILENCE_S)

    deadline = Deadline(beat)
    with slow(hold) as url:
        deadline.begin(60.0)
        assert took_s(url, deadline, StoppedError, content) < SILENCE_S
    assert beats > 1


def test_of_what_waits_for_the_other_side_for_several_beats_nothing_is_lost_or_sent_twice(
    authority: TlsFiles, unit_files: Path
) -> None:
    content, context = os.urandom(6_000_000), tls_context(authority)

    def read_late(raw: socket.socket) -> None:
        with context.wrap_socket(raw, server_side=True) as connection:
            received = bytearray()
            time.sleep(2.5 * BEAT_S)
            while not received.endswith(content[-100:]):
                received += connection.recv(65_536)
            time.sleep(2.5 * BEAT_S)
            body = received.partition(b"\r\n\r\n")[2]
            digest = hashlib.sha256(body).hexdigest().encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + digest)

    beats = list[float]()
    deadline = Deadline(lambda: beats.append(time.monotonic()))
    with slow(read_late) as url:
        deadline.begin(60.0)
        address = url.replace("http:", "https:")
        transport = BoundedTransport(context_of(settings_for(address, unit_files)), deadline)
        with httpx.Client(transport=transport, timeout=30.0) as client:
            answer = client.post(address, content=content)
    assert answer.text == hashlib.sha256(content).hexdigest()
    assert max(after - before for before, after in pairwise(beats)) < 2 * BEAT_S
