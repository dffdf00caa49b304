"""Requests and answers of HTTP/1.1 as bytes: taken apart, changed, and put to an application without a socket."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from tests.fuzz.mutators import BYTES_MAX, Mutator, change_bytes, change_lines

_END = b"\r\n\r\n"
_CHANGE_HEAD = change_lines(b": ", b"; ", b", ", b"=", b"/", b" ", b"?", b"&")
PIECE_BYTES = 4096
Answered = tuple[int, bytes, list[tuple[str, str]]]
"""Status, body and headers of an answer."""


class NotHttpError(Exception):
    """What the server's own parser of HTTP refuses before the application hears of it."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A message: its first line, the headers, the body."""

    first: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def content(self) -> bytes:
        """Its bytes; the length of the body is stated as it is."""
        stated = [pair for pair in self.headers if pair[0].lower() != b"content-length"]
        lines = [self.first, *(b": ".join(pair) for pair in stated), b"Content-Length: %d" % len(self.body)]
        return b"\r\n".join(lines) + _END + self.body


def message_of(content: bytes) -> HttpMessage:
    """The message of some bytes. Raises NotHttpError."""
    head, mark, body = content.partition(_END)
    first, *lines = head.split(b"\r\n")
    pairs = [line.partition(b":") for line in lines]
    if not mark or any(not name or not colon or not _is_token(name) for name, colon, _ in pairs):
        raise NotHttpError("no head")
    values = [(name, value.strip(b" \t")) for name, _, value in pairs]
    if any(set(value) & {0, 10, 13} for _, value in values):
        raise NotHttpError("a header of more than a line")
    return HttpMessage(first, tuple(values), body)


def change_message(change_body: Mutator) -> Mutator:
    """A mutator of messages: their body most often, their head, sometimes any byte."""

    def change(draw: Random, content: bytes) -> bytes:
        what = draw.random()
        try:
            message = message_of(content)
        except NotHttpError:
            return change_bytes(draw, content)
        if what < 0.1:
            return change_bytes(draw, content)
        if what < 0.4 or not message.body:
            head, _, body = content.partition(_END)
            return (_CHANGE_HEAD(draw, head.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n") + _END + body)[:BYTES_MAX]
        return replace(message, body=change_body(draw, message.body)).content[:BYTES_MAX]

    return change


class AsgiServer:
    """Puts requests to an application as a server does that has parsed them.

    Args:
        app: the application.
        state: what the server says of the connection.
        loop: where the application runs.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any], loop: asyncio.Runner) -> None:
        self._app = app
        self._state = state
        self._loop = loop

    def answer(self, content: bytes) -> str:
        """The status of the answer to a request, and what it asks for. Raises as the application, and NotHttpError."""
        return f"{self.exchange(content)[0]} {content[:40].partition(b'?')[0].decode('latin-1')}"

    def exchange(self, content: bytes) -> Answered:
        """The answer to a request. Raises as :meth:`answer`."""
        message = message_of(content)
        method, _, rest = message.first.partition(b" ")
        target, _, version = rest.rpartition(b" ")
        if not _is_token(method) or not target.startswith(b"/") or not target.isascii() or version != b"HTTP/1.1":
            raise NotHttpError("no request line")
        raw_path, _, query = target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "https",
            "method": method.decode("ascii"),
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in message.headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8443),
            "state": dict(self._state),
        }
        return self._loop.run(self._respond(scope, message.body))

    async def _respond(self, scope: dict[str, Any], body: bytes) -> Answered:
        sent: list[Message] = []
        pieces = [body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES)] or [b""]
        waiting = iter(pieces)
        left = len(pieces)

        async def receive() -> Message:
            nonlocal left
            piece = next(waiting, None)
            if piece is None:
                return {"type": "http.disconnect"}
            left -= 1
            return {"type": "http.request", "body": piece, "more_body": left > 0}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        (start,) = (each for each in sent if each["type"] == "http.response.start")
        assert start["status"] < 500, f"answers {start['status']}"
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        return start["status"], b"".join(each.get("body", b"") for each in sent), headers


@contextmanager
def serving(app: ASGIApp, state: dict[str, Any] | None = None) -> Iterator[AsgiServer]:
    """A server of an application."""
    with asyncio.Runner() as loop:
        yield AsgiServer(app, state or {}, loop)


def _is_token(name: bytes) -> bool:
    """Whether a name is one of RFC 9110, 5.6.2."""
    return bool(name) and all(byte in b"!#$%&'*+-.^_`|~" or (chr(byte).isalnum() and byte < 128) for byte in name)
