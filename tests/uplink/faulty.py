"""A department that misbehaves: the real application and storage behind a real TLS server, with faults in between."""

import asyncio
import contextlib
import json
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alpr_edge.department.http.uvicorn_server import PeerProtocol, uvicorn_server

MARKER = (b"alpr-edge-protocol", b"1")


class Fault(StrEnum):
    NONE = "none"
    STATUS_500 = "500 from something in between"
    STATUS_500_MARKED = "500 by the department itself"
    STATUS_503 = "503"
    STATUS_429 = "429 with Retry-After"
    STATUS_401 = "401"
    STATUS_404 = "404"
    REDIRECT = "302 to a login page"
    HANG = "stores, then never answers"
    HANG_BEFORE = "never answers and stores nothing"
    CUT = "stores, then cuts the answer midway"
    CLOSE = "stores, then closes without an answer"
    CLOSE_BEFORE = "closes without an answer and stores nothing"
    WRONG_DIGEST = "stores, then answers with other digests"
    REPEAT = "gives every answer twice"
    CONTRADICT = "gives every answer twice, differently"
    FORGET = "leaves out every other answer"
    PORTAL = "a login page with status 200"
    OVERSIZE = "an answer without end"
    GARBLED = "half of the answer's JSON with a right length"
    DRIP = "an answer that trickles in"
    PROXY_413_ALWAYS = "413 by a proxy, whatever the size"
    BATCH_400 = "400 for more than one item, by the department"
    PROXY_413 = "413 for more than two items, by a proxy"
    PROXY_400 = "400 by a proxy"


FAULTS = tuple(fault for fault in Fault if fault not in {Fault.NONE, Fault.PROXY_413_ALWAYS})
"""Those that pass: an item refused alone is set aside for good."""


class TransportProtocol(PeerProtocol):
    """Lets the application cut its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connection_end = asyncio.Event()
        self.app_state = {**self.app_state, "transport": transport, "lost": self._connection_end}

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection_end.set()
        super().connection_lost(exc)


class FaultyDepartment:
    """Serves ``application`` with one fault a request, taken from ``schedule``; without faults once it is over."""

    def __init__(self, application: ASGIApp, context: ssl.SSLContext, schedule: Iterator[Fault]) -> None:
        self._application = application
        self._schedule = schedule
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn_server(self._serve, context, TransportProtocol)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.requests = 0
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()
        assert not self._thread.is_alive()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        fault = next(self._schedule, Fault.NONE)
        if fault is Fault.NONE:
            await self._application(scope, receive, send)
        elif fault in _INSTEAD:
            await _drain(receive)
            status, headers, body = _INSTEAD[fault]
            await _respond(send, status, headers, body)
        else:
            await self._around(fault, scope, receive, send)

    async def _around(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault in {Fault.HANG_BEFORE, Fault.CLOSE_BEFORE, Fault.BATCH_400, Fault.PROXY_413}:
            body = await _drain(receive)
            receive = _replay_body(body)
            items = body.count(b"\r\nContent-Disposition")
            if fault is Fault.BATCH_400 and items > 1:
                return await _respond(send, 400, [MARKER], b'{"detail": "no"}')
            if fault is Fault.PROXY_413 and items > 2:
                return await _respond(send, 413, [], b"<html>too large</html>")
        if fault is Fault.HANG_BEFORE:
            return await _hang(scope)
        if fault is Fault.CLOSE_BEFORE:
            return _cut(scope)
        capture = _Captured()
        await self._application(scope, receive, capture.send)
        return await self._spoil(fault, capture, scope, send)

    async def _spoil(self, fault: Fault, capture: "_Captured", scope: Scope, send: Send) -> None:
        if fault is Fault.HANG:
            await _hang(scope)
        elif fault is Fault.CLOSE:
            _cut(scope)
        elif fault is Fault.DRIP:
            await _trickle(scope, send)
        elif fault is Fault.CUT:
            headers = [*capture.headers, (b"content-length", str(len(capture.body)).encode())]
            await send({"type": "http.response.start", "status": capture.status, "headers": headers})
            await send({"type": "http.response.body", "body": capture.body[:-10], "more_body": True})
            _cut(scope, flush=True)
        else:
            await _respond(send, capture.status, capture.headers, _spoil_body(fault, capture.body))


class _Captured:
    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
        else:
            self.body += message.get("body", b"")


_HTML = [(b"content-type", b"text/html")]
_INSTEAD: dict[Fault, tuple[int, list[tuple[bytes, bytes]], bytes]] = {
    Fault.STATUS_500: (500, _HTML, b"<html>oops</html>"),
    Fault.STATUS_500_MARKED: (500, [MARKER], b"{}"),
    Fault.STATUS_503: (503, [MARKER], b"{}"),
    Fault.STATUS_429: (429, [MARKER, (b"retry-after", b"7")], b"{}"),
    Fault.STATUS_401: (401, [MARKER], b"{}"),
    Fault.STATUS_404: (404, [], b"not here"),
    Fault.REDIRECT: (302, [(b"location", b"https://127.0.0.1:1/login")], b""),
    Fault.PORTAL: (200, _HTML, b"<html><form>Accept the terms</form></html>"),
    Fault.OVERSIZE: (200, [MARKER], b" " * (3 * 1024 * 1024)),
    Fault.PROXY_413_ALWAYS: (413, _HTML, b"<html>too large</html>"),
    Fault.PROXY_400: (400, _HTML, b"<html>No required SSL certificate was sent</html>"),
}


def _spoil_body(fault: Fault, body: bytes) -> bytes:
    if fault is Fault.GARBLED:
        return body[: len(body) // 2]
    answers = json.loads(body)["answers"]
    if fault is Fault.WRONG_DIGEST:
        answers = [{**answer, "sha256": "0" * 64} for answer in answers]
    elif fault is Fault.REPEAT:
        answers = answers + answers
    elif fault is Fault.CONTRADICT:
        answers = answers + [{**answer, "sha256": "f" * 64} for answer in answers]
    elif fault is Fault.FORGET:
        answers = answers[::2]
    return json.dumps({"answers": answers, "lists": {"doj-svs": 12}}).encode()


async def _hang(scope: Scope) -> None:
    """Until the client gives up."""
    await scope["state"]["lost"].wait()


async def _trickle(scope: Scope, send: Send) -> None:
    """A byte now and then, always in time for the next, until the client gives up."""
    await send({"type": "http.response.start", "status": 200, "headers": [MARKER]})
    connection_end: asyncio.Event = scope["state"]["lost"]
    while not connection_end.is_set():
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection_end.wait(), 0.05)


async def _drain(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _replay_body(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _cut(scope: Scope, *, flush: bool = False) -> None:
    transport: asyncio.Transport = scope["state"]["transport"]
    if flush:
        transport.close()
    else:
        transport.abort()


def draw_faults(seed: int, faulty: float, requests: int) -> Iterator[Fault]:
    """A schedule: each request of the first ``requests`` has a fault with probability ``faulty``."""
    draw = random.Random(seed)
    for _ in range(requests):
        yield draw.choice(FAULTS) if draw.random() < faulty else Fault.NONE
