"""The uplink beside a server that never ends its answer: a request is given up in time, and the heartbeat goes on."""

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles, initialise
from tests.app.rig import daemon
from tests.app.test_certificate_daemon import PATIENCE, UNIT, fill_outbox, health_with
from tests.department.enrolment import enrol_unit
from tests.units import write_unit

pytestmark = pytest.mark.review(7)

HASTY = "connect_timeout_s = 1\nanswer_timeout_s = 1"


@contextlib.contextmanager
def trickling(files: TlsFiles) -> Iterator[int]:
    """A server whose answers have a header that goes on for ever, a byte at a time; gives its port."""
    context, done = tls_context(files), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as peer:
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not done.wait(0.2):
                peer.sendall(b"a")

    def serve() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

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


def test_a_renewal_whose_answer_never_ends_is_given_up_and_told_and_the_heartbeat_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = initialise(tmp_path / "department", ["127.0.0.1"])
    enrol_unit(authority.directory, UNIT, tmp_path / "tls", days=10)
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(5.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with trickling(authority) as port, manager:
        settings = write_unit(tmp_path, UNIT, f"https://127.0.0.1:{port}", uplink=f"{PATIENCE}\n{HASTY}")
        fill_outbox(tmp_path, 0)
        with daemon("uplink", "--settings", str(settings)) as uplink:
            health_with(tmp_path, lambda health: health["troubles"] == [])
            health_with(tmp_path, lambda told: any("takes too long" in each for each in told["warnings"]))
            assert beats(manager, 3.0)
            assert health_with(tmp_path, lambda _: True)["troubles"] == []
            assert uplink.end(signal.SIGTERM) == 0


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
