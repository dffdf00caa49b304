"""A stranger on the car's network who holds connections open: others are answered, and requests that run go on."""

import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from alpr_edge.store.unit_store import open_store
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.web.connections.handshake_log import IN_CAR, HandshakeLog
from alpr_edge.web.connections.reporting_context import reporting_context
from alpr_edge.web.page_server import page_server
from scripts.loopback_ports import free_port
from tests.app.rig import Daemon, daemon
from tests.app.test_console_daemon import PAGE
from tests.console.page_rig import HOST, START_S_MAX, STOP_S_MAX, write_certificate
from tests.console.test_server import APPLICATION, REQUEST
from tests.department.waits import wait_until
from tests.staff import Staff
from tests.units import write_bare_unit

FILES = 256
"""Stands for the files that a service may open."""
LIMITED = ("sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh")
IDLE = 64
STRANGER, OFFICER = HOST, "127.0.0.2"
WAIT_S = 30.0
FEW = ConnectionLimits(connections=3, handshakes=3, address_connections=3, address_handshakes=3, handshake_s=WAIT_S)
POST_HEAD = b"POST /take HTTP/1.1\r\nHost: car\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[Daemon, int, ssl.SSLContext]]:
    """The page of a unit as a program with few files, its port, and what its certificate is checked by."""
    path, certificate, port = write_bare_unit(tmp_path), write_certificate(tmp_path), free_port()
    with path.open("a", encoding="utf-8") as file:
        file.write(PAGE.format(port=port, certificate=certificate))
    with open_store(Staff(path).unit, migrate=True):
        pass
    with daemon("console", "--settings", str(path), inside=LIMITED) as console:
        console.wait_for("event=console.serving")
        yield console, port, ssl.create_default_context(cafile=str(certificate))
        assert console.end(signal.SIGTERM) == 0


def connect(port: int, address: str) -> socket.socket:
    """A connection from one of this computer's addresses."""
    connection = socket.socket()
    connection.settimeout(WAIT_S)
    connection.bind((address, 0))
    with contextlib.suppress(OSError):
        connection.connect((HOST, port))
    return connection


def answer_status(port: int, trust: ssl.SSLContext, address: str) -> int:
    """The status that somebody at an address gets over a new connection."""
    transport = httpx.HTTPTransport(verify=trust, local_address=address, trust_env=False)
    with httpx.Client(transport=transport, timeout=WAIT_S) as client:
        return client.get(f"https://{HOST}:{port}/sign-in").status_code


def test_idle_connections_of_one_address_leave_the_page_to_others(page: tuple[Daemon, int, ssl.SSLContext]) -> None:
    _, port, trust = page
    with ExitStack() as stack:
        held = 0
        for _ in range(IDLE):
            connection = stack.enter_context(connect(port, STRANGER))
            with contextlib.suppress(OSError):
                stack.enter_context(trust.wrap_socket(connection, server_hostname=HOST))
                held += 1
        assert 0 < held < IDLE
        assert answer_status(port, trust, OFFICER) == 200
        assert answer_status(port, trust, OFFICER) == 200


def test_connections_without_a_handshake_use_up_no_descriptors(page: tuple[Daemon, int, ssl.SSLContext]) -> None:
    console, port, trust = page
    with ExitStack() as stack:
        for _ in range(FILES + 40):
            stack.enter_context(connect(port, STRANGER))
        assert answer_status(port, trust, OFFICER) == 200
    console.wait_for("event=console.handshake_failed")
    console.wait_for(f"client={STRANGER}")


@contextmanager
def serving(certificate: Path) -> Iterator[tuple[int, ConnectionGate]]:
    """A server of a page that few connections are open to, with its gate."""
    context, gate, started = reporting_context(), ConnectionGate(FEW, HandshakeLog(events=IN_CAR)), threading.Event()
    context.load_cert_chain(certificate)
    server = page_server(APPLICATION, context, gate)
    server.on_ready = started.set
    with GatedSocket(socket.create_server((HOST, 0)), gate) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert started.wait(START_S_MAX)
        try:
            yield listening.getsockname()[1], gate
        finally:
            server.should_exit = True
            thread.join(STOP_S_MAX)
            assert not thread.is_alive()


def test_where_all_are_taken_the_idle_ones_make_room_and_requests_that_run_go_on(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))
    with serving(certificate) as (port, gate), ExitStack() as stack:

        def stream() -> ssl.SSLSocket:
            made = stack.enter_context(trust.wrap_socket(connect(port, HOST), server_hostname=HOST))
            made.sendall(REQUEST)
            received = b""
            while b"there" not in received:
                received += made.recv(4096)
            return made

        running = stream()
        running.sendall(POST_HEAD)
        assert b"100 Continue" in running.recv(4096), "the page waits for the rest"
        idle, other = stream(), stream()
        officer = stack.enter_context(trust.wrap_socket(connect(port, OFFICER), server_hostname=HOST))
        officer.sendall(REQUEST)
        assert b"200 OK" in officer.recv(4096)
        with contextlib.suppress(OSError):
            # Beneath TLS: OpenSSL would tell the next connection of this thread of the broken one.
            assert socket.socket.recv(idle, 1) == b"", "the one that was idle longest is closed"
        running.sendall(b"abcd")
        assert b"200 OK" in running.recv(4096), "the oldest is answered"
        other.sendall(REQUEST)
        assert b"200 OK" in other.recv(4096)
        assert len(gate) == FEW.connections


def test_a_handshake_that_fails_at_a_page_is_logged_by_its_own_name(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    with capture_logs() as lines, serving(certificate) as (port, _), connect(port, HOST) as connection:
        connection.sendall(REQUEST)
        wait_until(lambda: bool(lines))
    (line,) = [line for line in lines if line["event"].endswith(".handshake_failed")]
    assert (line["event"], line["client"]) == ("console.handshake_failed", HOST)
    assert line["reason"] == "the client speaks HTTP without TLS"
