"""Connections to the page that send nothing, or never the whole of a request, are closed."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from alpr_edge.web.bounded_server import BoundedServer, server_config
from alpr_edge.web.page_server import PromptProtocol
from tests.console.page_rig import HOST, START_S_MAX, STOP_S_MAX, write_certificate

WAIT_S_MAX = 30.0
REQUEST = b"GET / HTTP/1.1\r\nHost: car\r\n\r\n"


async def answer(request: Request) -> PlainTextResponse:
    del request
    return PlainTextResponse("there")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Certificate and port of a server that waits for one second."""
    certificate, started = write_certificate(tmp_path_factory.mktemp("server")), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    config = server_config(Starlette(routes=[Route("/", answer)]), context, PromptProtocol, 4, 1)
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
