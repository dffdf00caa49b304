"""What a page takes of a request: who sent it, a small body, the fields of a form."""

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

SMALL_BYTES_MAX = 16_384
"""Largest body of a request that carries no item."""
READ_BYTES_MAX = 16 * SMALL_BYTES_MAX
"""Of a larger one, what is read all the same: a browser that is cut off while it sends shows no answer."""
SMALL_RECEIVE_S_MAX = 20.0
FIELDS_MAX = 16


def bounded_receive(request: Request, bytes_max: int, name: str) -> Receive:
    """The request's receive channel, cut off past so many bytes; a declared length of more is refused at once.

    Args:
        bytes_max: the most that its body may have.
    """
    too_much = HTTPException(413, f"{name} holds {bytes_max} bytes at most")
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > bytes_max:
        raise too_much
    byte_count = 0

    async def receive() -> Message:
        nonlocal byte_count
        message = await request.receive()
        byte_count += len(message.get("body", b""))
        if byte_count > bytes_max:
            raise too_much
        return message

    return receive


class LargeRequestError(HTTPException):
    """A request that carries no item and is larger than those are."""

    def __init__(self, body: bytes) -> None:
        super().__init__(413, f"a request holds {SMALL_BYTES_MAX} bytes at most")
        self.body = body


async def small_body(request: Request) -> bytes:
    """The whole body of a request that carries no item, bounded in bytes and time."""
    body = b""
    try:
        async with asyncio.timeout(SMALL_RECEIVE_S_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > READ_BYTES_MAX:
                    break
    except TimeoutError:
        raise HTTPException(408, "the request took too long to arrive") from None
    except ClientDisconnect:
        raise HTTPException(400, "the client hung up") from None
    if len(body) > SMALL_BYTES_MAX:
        raise LargeRequestError(body)
    return body


def host_of(request: Request) -> str:
    """The address at the other end of the connection; no header is believed about it."""
    return request.client.host if request.client else ""


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form, at most :data:`FIELDS_MAX`; none where the body is no form, or has a field twice.

    Which of two was meant is not guessed: one part of a program might go by the first, another by the last.
    """
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
