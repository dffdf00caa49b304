"""Connections that end in their handshake are logged with the client's address and the reason."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.web.connections.handshake_log import LINES_MAX, WINDOW_S, HandshakeLog
from tests.department.enrolment import enrol_unit
from tests.department.waits import wait_until


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", ["127.0.0.1"])


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs() as log_lines:
        yield log_lines


def failures(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["client"], line["reason"]) for line in lines if line["event"] == "department.handshake_failed"]


def connect(port: int, context: ssl.SSLContext) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        try:
            with context.wrap_socket(connection, server_hostname="127.0.0.1") as stream:
                stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                stream.recv(1)
        except OSError:
            return


def test_who_does_not_pass_the_handshake_is_named_with_the_reason(
    files: TlsFiles, lines: list[Any], tmp_path: Path
) -> None:
    stranger = initialise(tmp_path / "stranger", ["127.0.0.1"])
    unit = enrol_unit(stranger.directory, "unit-1", tmp_path / "tls")
    without = ssl.create_default_context(cafile=files.authority)
    foreign = ssl.create_default_context(cafile=files.authority)
    foreign.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    distrustful = ssl.create_default_context(cafile=stranger.authority)
    distrustful.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    with DepartmentServer(files.directory) as server:
        for context, reason in (
            (without, "the client has no certificate"),
            (foreign, "the certificate of the client is not accepted: "),
            (distrustful, "the client does not know the authority of this server"),
        ):
            before = len(failures(lines))
            connect(server.port, context)
            wait_until(lambda before=before: len(failures(lines)) > before)  # type: ignore[misc]
            client, text = failures(lines)[-1]
            assert client == "127.0.0.1"
            assert text.startswith(reason)


def test_a_client_without_tls_and_one_that_hangs_up_are_named(files: TlsFiles, lines: list[Any]) -> None:
    with DepartmentServer(files.directory) as server:
        with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: len(failures(lines)) == 1)
        socket.create_connection(("127.0.0.1", server.port), 30).close()
        wait_until(lambda: len(failures(lines)) == 2)
    assert [reason for _, reason in failures(lines)] == ["the client speaks HTTP without TLS", "the client hung up"]


def test_a_unit_that_delivers_is_no_failure(files: TlsFiles, lines: list[Any], tmp_path: Path) -> None:
    unit = enrol_unit(files.directory, "unit-1", tmp_path / "tls")
    context = ssl.create_default_context(cafile=files.authority)
    context.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    with DepartmentServer(files.directory) as server:
        connect(server.port, context)
    assert failures(lines) == []


def test_many_failures_are_counted_and_not_written_each(lines: list[Any]) -> None:
    now_s = [100.0]
    log = HandshakeLog(lambda: now_s[0])
    for _ in range(LINES_MAX + 7):
        log.write("192.0.2.1", "no reason")
    assert len(lines) == LINES_MAX
    now_s[0] += WINDOW_S
    log.write("192.0.2.1", "no reason")
    assert [line.get("count") for line in lines[LINES_MAX:]] == [7, None]
