"""Endpoints of pages: each does its work in a thread, once it is sure that the page itself sent the request."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.requests import READ_BYTES_MAX, SMALL_BYTES_MAX, LargeRequestError, form_fields, small_body

Answer = Callable[[Request, bytes], Response]
"""Makes the answer from a request and its body, in a thread."""
Endpoint = Callable[[Request], Awaitable[Response]]
LONG_CHARACTERS_MIN = 500
"""From so many on a field is a text that somebody wrote; no password is as long."""


class LargeFormError(HTTPException):
    """A form that is too large; it says by how much, and has the texts: a browser that goes back keeps none of them."""

    def __init__(self, body: bytes) -> None:
        over, most = len(body) - SMALL_BYTES_MAX, READ_BYTES_MAX - SMALL_BYTES_MAX
        is_whole = over <= most
        by = f"about {-(-over // 100) * 100:,}" if is_whole else f"more than {most:,}"
        fields = form_fields(body) if is_whole else {}
        self.texts = tuple(text for text in fields.values() if len(text) >= LONG_CHARACTERS_MIN)
        copy = "copy them from here, " if self.texts else ""
        super().__init__(
            413,
            f"the texts of this form are too long together, by {by} characters; a line break or a letter with an"
            f" accent counts as six. Nothing was sent: {copy}shorten them, and send them again",
        )


def page_endpoint(answer: Answer, at_once: asyncio.Semaphore) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        body = await form_body(request)
        async with at_once:
            return await run_in_threadpool(answer, request, body)

    return endpoint


async def form_body(request: Request) -> bytes:
    """The body of a form that the page itself sent; empty where the request is no form."""
    if request.method != "POST":
        return b""
    if not is_own_form(request):
        raise HTTPException(403, "this request comes from another site")
    try:
        return await small_body(request)
    except LargeRequestError as error:
        raise LargeFormError(error.body) from None


def large_texts(error: HTTPException) -> tuple[str, ...]:
    """The texts of a form that was refused as too large, for the page that says so; none of any other."""
    return error.texts if isinstance(error, LargeFormError) else ()
