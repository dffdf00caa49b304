"""The server of the page: connections that send nothing are closed, no header is believed, and faults tell nothing."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from alpr_edge.web.bounded_server import BoundedServer, server_config
from alpr_edge.web.page_security import HEADERS, PageHeaders, answer_fault
from alpr_edge.web.page_server import PromptProtocol
from alpr_edge.web.requests import host_of
from tests.console.page_rig import HOST, START_S_MAX, STOP_S_MAX, write_certificate

WAIT_S_MAX = 30.0
REQUEST = b"GET / HTTP/1.1\r\nHost: car\r\n\r\n"


async def answer(request: Request) -> PlainTextResponse:
    del request
    return PlainTextResponse("there")


async def whose(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"from {host_of(request)} by {request.url.scheme}.")


async def take(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"taken: {(await request.body()).decode()}.")


async def fail(request: Request) -> PlainTextResponse:
    raise ValueError(f"{request.query_params['plate']}: nothing of this is told")


APPLICATION = Starlette(
    routes=[Route("/", answer), Route("/whose", whose), Route("/fail", fail), Route("/take", take, methods=["POST"])],
    middleware=[Middleware(PageHeaders)],
    exception_handlers={Exception: answer_fault},
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Certificate and port of a server that waits for one second."""
    certificate, started = write_certificate(tmp_path_factory.mktemp("server")), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    config = server_config(APPLICATION, context, PromptProtocol, 4, 1)
    config.timeout_keep_alive = 1
    server = BoundedServer(config)
    server.on_ready = started.set
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert started.wait(START_S_MAX)
        yield certificate, listening.getsockname()[1]
        server.should_exit = True
        thread.join(STOP_S_MAX)
        assert not thread.is_alive()


def connect(address: tuple[Path, int]) -> ssl.SSLSocket:
    certificate, port = address
    context = ssl.create_default_context(cafile=str(certificate))
    return context.wrap_socket(socket.create_connection((HOST, port), WAIT_S_MAX), server_hostname=HOST)


def read_to_the_end(stream: ssl.SSLSocket) -> bytes:
    received = b""
    while part := stream.recv(4096):
        received += part
    return received


@pytest.mark.parametrize("sent", [b"", REQUEST[:20]], ids=["nothing", "half a head"])
def test_a_connection_without_a_request_is_closed(address: tuple[Path, int], sent: bytes) -> None:
    with closing(connect(address)) as stream:
        stream.sendall(sent)
        assert read_to_the_end(stream) == b""


def test_a_head_that_comes_in_drops_is_not_waited_for(address: tuple[Path, int]) -> None:
    with closing(connect(address)) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n")
        stream.settimeout(0.2)
        until_s, received = time.monotonic() + WAIT_S_MAX, None
        while received is None and time.monotonic() < until_s:
            stream.sendall(b"X: y\r\n")
            with suppress(TimeoutError):
                received = stream.recv(4096)
        assert received == b"", "closed"


def test_requests_are_answered_one_after_the_other(address: tuple[Path, int]) -> None:
    with closing(connect(address)) as stream:
        for _ in range(2):
            stream.sendall(REQUEST)
            received = b""
            while b"there" not in received:
                received += stream.recv(4096)
        assert read_to_the_end(stream) == b""


def ask(address: tuple[Path, int], sent: bytes) -> bytes:
    """All that the server answers until it closes the connection."""
    with closing(connect(address)) as stream:
        stream.sendall(sent)
        return read_to_the_end(stream)


def test_what_proxies_say_of_a_client_is_not_believed(address: tuple[Path, int]) -> None:
    forged = b"X-Forwarded-For: 198.51.100.9\r\nX-Real-IP: 198.51.100.9\r\nX-Forwarded-Proto: http\r\n"
    answered = ask(address, b"GET /whose HTTP/1.1\r\nHost: car\r\nForwarded: for=198.51.100.9\r\n" + forged + b"\r\n")
    assert f"from {HOST} by https.".encode() in answered


def test_where_a_body_ends_is_told_one_way(address: tuple[Path, int]) -> None:
    head = b"POST /take HTTP/1.1\r\nHost: car\r\n"
    both = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    answered = ask(address, head + both + REQUEST)
    assert b"taken: ab." in answered
    assert answered.endswith(b"there"), "what follows the last chunk is a request of its own"
    for lengths in (b"Content-Length: 4\r\nContent-Length: 5", b"Content-Length: 4, 5", b"Transfer-Encoding: identity"):
        refused = ask(address, head + lengths + b"\r\n\r\nabcde")
        assert refused.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501")), lengths
        assert refused.count(b"HTTP/1.1") == 1, lengths


def test_a_fault_tells_nothing_of_itself_under_the_headers_of_every_page(
    address: tuple[Path, int], caplog: pytest.LogCaptureFixture
) -> None:
    answered = ask(address, b"GET /fail?plate=7ABC123 HTTP/1.1\r\nHost: car\r\n\r\n").decode()
    assert answered.startswith("HTTP/1.1 500")
    head = answered.partition("\r\n\r\n")[0].lower()
    assert [name for name, value in HEADERS.items() if f"{name}: {value}".lower() not in head] == []
    assert "a request failed: ValueError at test_server.py:" in caplog.text
    assert "7ABC123" not in answered + caplog.text
