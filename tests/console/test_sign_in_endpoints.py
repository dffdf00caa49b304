"""Endpoints that anybody may try: who waits for whom, and what an address is told that was refused often."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alpr_edge.web.connections.gate import ConnectionGate, GatedSocket
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_server import LIMITS, page_server
from alpr_edge.web.requests import host_of
from alpr_edge.web.sign_in_endpoints import LINE_TRIES_MAX, SignInEndpoints
from tests.console.page_rig import HOST, SAME_SITE, START_S_MAX, STOP_S_MAX, write_certificate
from tests.department.waits import wait_until

STRANGER, OFFICER = HOST, "127.0.0.2"
AT_ONCE = 2
WAIT_S = 30.0
OFTEN_S = 17.2
TRY = (
    b"POST /sign-in?status=200 HTTP/1.1\r\nHost: car\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 7\r\n\r\nwait=no"
)


@dataclass
class Site:
    """A server whose strangers are worked on until the test lets them go."""

    certificate: Path
    port: int = 0
    working: list[str] = field(default_factory=list)
    """The addresses of tries in the order in which they were begun to be worked on."""
    released: threading.Event = field(default_factory=threading.Event)
    refused_s: dict[str, float] = field(default_factory=dict)

    def answer(self, request: Request, body: bytes) -> Response:
        address = host_of(request)
        self.working.append(address)
        if body != b"wait=no":
            assert self.released.wait(WAIT_S)
        return PlainTextResponse("", int(request.query_params["status"]))

    def client(self, address: str) -> httpx.Client:
        """Somebody at one of this computer's addresses."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        transport = httpx.HTTPTransport(verify=trust, local_address=address, trust_env=False)
        origin = f"https://{HOST}:{self.port}"
        return httpx.Client(transport=transport, base_url=origin, headers=SAME_SITE, timeout=WAIT_S)

    def post(self, address: str, status: int, path: str = "/sign-in", body: str = "wait=no") -> httpx.Response:
        with self.client(address) as client:
            return client.post(f"{path}?status={status}", content=body)

    def post_and_hang_up(self, address: str) -> None:
        trust = ssl.create_default_context(cafile=str(self.certificate))
        with (
            contextlib.suppress(OSError),
            socket.create_connection((HOST, self.port), WAIT_S, (address, 0)) as plain,
            trust.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            connection.sendall(TRY)


def refuse(request: Request, error: Exception) -> Response:
    del request
    return PlainTextResponse(str(error), getattr(error, "status_code", 500))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site, gate, started = Site(write_certificate(tmp_path)), ConnectionGate(LIMITS), threading.Event()
    sign_ins = SignInEndpoints(AT_ONCE, lambda address: site.refused_s.get(address, 0.0))
    routes = [
        Route("/sign-in", sign_ins.endpoint(site.answer), methods=["POST"]),
        Route("/confirm", sign_ins.endpoint(site.answer, is_for_anybody=False), methods=["POST"]),
    ]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site.certificate)
    application = page_application(routes, [], refuse, refuse)
    server = page_server(application, context, gate)
    server.on_ready = started.set
    with GatedSocket(socket.create_server((HOST, 0)), gate) as listening:
        site.port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert started.wait(START_S_MAX)
        yield site
        site.released.set()
        server.should_exit = True
        thread.join(STOP_S_MAX)
        assert not thread.is_alive()


def test_one_address_holds_one_place_however_often_it_tries(site: Site) -> None:
    with ThreadPoolExecutor(AT_ONCE + 2) as clients:
        tries: list[Future[httpx.Response]] = [
            clients.submit(site.post, STRANGER, 200, body="wait=yes") for _ in range(AT_ONCE + 2)
        ]
        wait_until(lambda: bool(site.working))
        assert site.post(OFFICER, 200).status_code == 200
        assert site.working == [STRANGER, OFFICER]
        assert not any(each.done() for each in tries)
        site.released.set()
        assert [each.result().status_code for each in tries] == [200] * (AT_ONCE + 2)
    assert site.working == [STRANGER, OFFICER, *[STRANGER] * (AT_ONCE + 1)]


def test_tries_whose_clients_hang_up_keep_no_place_of_the_page(site: Site) -> None:
    with ThreadPoolExecutor(1) as clients:
        held = clients.submit(site.post, STRANGER, 200, body="wait=yes")
        wait_until(lambda: bool(site.working))
        for _ in range(2 * LIMITS.connections):
            site.post_and_hang_up(STRANGER)
        assert site.post(STRANGER, 200).status_code == 429, "its line is full"
        with site.client(OFFICER) as officer:
            assert officer.get("/none").status_code == 404
        assert site.post(OFFICER, 200).status_code == 200
        site.released.set()
        assert held.result().status_code == 200
    wait_until(lambda: site.post(STRANGER, 200).status_code == 200)
    assert LIMITS.address_connections > LINE_TRIES_MAX
    assert site.working == [STRANGER, OFFICER, STRANGER], "nothing of those who hung up is worked on"


def test_an_address_that_was_refused_often_is_told_so_and_a_right_word_still_counts(site: Site) -> None:
    assert site.post(STRANGER, 403).status_code == 403
    site.refused_s[STRANGER] = OFTEN_S
    refused = site.post(STRANGER, 403)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "18")
    assert [site.post(STRANGER, status).status_code for status in (204, 303, 422, 503)] == [204, 303, 422, 503]
    assert [site.post(STRANGER, 403, "/confirm").status_code, site.post(OFFICER, 403).status_code] == [403, 403]


def test_those_who_wait_to_be_told_that_they_were_refused_hold_nobody_up(site: Site) -> None:
    addresses, worked_when_told = [f"127.0.0.{number}" for number in range(1, 3 * AT_ONCE + 1)], list[int]()
    together = threading.Barrier(len(addresses))

    def try_wrongly(address: str) -> None:
        with site.client(address) as client:
            assert client.post("/sign-in?status=200", content="wait=no").status_code == 200
            together.wait(WAIT_S)
            assert client.post("/sign-in?status=403", content="wait=no").status_code == 403
            worked_when_told.append(len(site.working))

    with ThreadPoolExecutor(len(addresses)) as clients:
        list(clients.map(try_wrongly, addresses))
    assert worked_when_told[0] == 2 * len(addresses), "all were worked on before the first was told"


def test_a_form_of_another_site_is_no_try(site: Site) -> None:
    with site.client(STRANGER) as client:
        assert client.post("/sign-in?status=200", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert site.working == []
