"""The uplink beside a server that never ends its answer: a request is given up in time, and the heartbeat goes on."""

import contextlib
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles, initialise
from tests.app.rig import WAIT_S, daemon
from tests.app.test_certificate_daemon import PATIENCE, UNIT, fill_outbox, health_with
from tests.department.enrolment import enrol_unit
from tests.units import write_unit

pytestmark = pytest.mark.review(7)

HASTY = "connect_timeout_s = 1\nanswer_timeout_s = 1"
ANSWER_S = 150
PATIENT = f"answer_timeout_s = {ANSWER_S}\ndelivery_timeout_s = {ANSWER_S}"


Answer = Callable[[ssl.SSLSocket, threading.Event], None]
"""Serves one connection, until the event is set."""


@contextlib.contextmanager
def serving(files: TlsFiles, answer: Answer) -> Iterator[int]:
    """A server of connections that never end; gives its port."""
    context, done = tls_context(files), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def hear(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as peer:
            answer(peer, done)

    def serve() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                threading.Thread(target=hear, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)


def trickle(peer: ssl.SSLSocket, done: threading.Event) -> None:
    """Answer with a header that goes on for ever, a byte at a time."""
    peer.recv(65536)
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not done.wait(0.2):
        peer.sendall(b"a")


def test_a_renewal_whose_answer_never_ends_is_given_up_and_told_and_the_heartbeat_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = initialise(tmp_path / "department", ["127.0.0.1"])
    enrol_unit(authority.directory, UNIT, tmp_path / "tls", days=10)
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(5.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with serving(authority, trickle) as port, manager:
        settings = write_unit(tmp_path, UNIT, f"https://127.0.0.1:{port}", uplink=f"{PATIENCE}\n{HASTY}")
        fill_outbox(tmp_path, 0)
        with daemon("uplink", "--settings", str(settings)) as uplink:
            health_with(tmp_path, lambda health: health["troubles"] == [])
            health_with(tmp_path, lambda told: any("takes too long" in each for each in told["warnings"]))
            assert beats(manager, 3.0)
            assert health_with(tmp_path, lambda _: True)["troubles"] == []
            assert uplink.end(signal.SIGTERM) == 0


def test_an_uplink_that_is_stopped_in_the_middle_of_a_delivery_ends_soon_and_in_order(tmp_path: Path) -> None:
    authority, delivered = initialise(tmp_path / "department", ["127.0.0.1"]), threading.Event()
    enrol_unit(authority.directory, UNIT, tmp_path / "tls", days=400)

    def say_nothing(peer: ssl.SSLSocket, done: threading.Event) -> None:
        if b"POST /v1/items" in peer.recv(65536):
            delivered.set()
        done.wait(2 * WAIT_S)

    with serving(authority, say_nothing) as port:
        settings = write_unit(tmp_path, UNIT, f"https://127.0.0.1:{port}", uplink=f"{PATIENCE}\n{PATIENT}")
        fill_outbox(tmp_path, 2)
        with daemon("uplink", "--settings", str(settings)) as uplink:
            assert delivered.wait(WAIT_S)
            began_s = time.monotonic()
            assert uplink.end(signal.SIGTERM) == 0
            assert time.monotonic() - began_s < ANSWER_S / 2
            assert uplink.count("event=uplink.stopped") == 1


def beats(manager: socket.socket, seconds: float) -> int:
    """Heartbeats that come from now on; what was sent before is passed over."""
    manager.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        for _ in range(10_000):
            manager.recv(4096)
    until_s, count = time.monotonic() + seconds, 0
    manager.settimeout(0.2)
    while time.monotonic() < until_s:
        with contextlib.suppress(TimeoutError):
            count += b"WATCHDOG=1" in manager.recv(4096)
    return count
