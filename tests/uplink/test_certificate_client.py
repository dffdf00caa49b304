"""One request about certificates, against a server on this machine that never stops answering."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import UplinkError
from alpr_edge.uplink.certificate_client import ask
from alpr_edge.uplink.tls import context_of
from tests.uplink.conftest import settings_for

ANSWER_S = 2.0
PACE_S = 0.05


@pytest.fixture(params=[b"X-Slow: ", b"Content-Length: 4000\r\n\r\n"], ids=["head", "body"])
def dripping_url(authority: TlsFiles, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server whose answer begins at once, and goes on by a byte every now and then for 30 s."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with suppress(OSError), tls_context(authority).wrap_socket(accepted, server_side=True) as connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + request.param)
                for _ in range(600):
                    connection.sendall(b"a")
                    time.sleep(PACE_S)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(60)


def test_an_answer_that_drips_is_over_in_time(dripping_url: str, unit_files: Path) -> None:
    settings = settings_for(dripping_url, unit_files, connect_timeout_s=20.0, answer_timeout_s=ANSWER_S)
    began_s = time.monotonic()
    with pytest.raises(UplinkError, match="its answer takes too long, longer than 2 s"):
        ask(context_of(settings), settings, "/v1/certificate")
    assert ANSWER_S * 0.9 < time.monotonic() - began_s < 12 * ANSWER_S
