"""Endpoints of pages: each does its work in a thread, once it is sure that the page itself sent the request."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.requests import small_body

Answer = Callable[[Request, bytes], Response]
"""Makes the answer from a request and its body, in a thread."""
Endpoint = Callable[[Request], Awaitable[Response]]


def page_endpoint(answer: Answer, at_once: asyncio.Semaphore) -> Endpoint:
    """An endpoint of a page.

    Args:
        answer: makes the answer from a request and its body; runs in a thread.
        at_once: bounds how many answers are made at the same time.
    """

    async def endpoint(request: Request) -> Response:
        body = await form_body(request)
        async with at_once:
            return await run_in_threadpool(answer, request, body)

    return endpoint


async def form_body(request: Request) -> bytes:
    """The body of a form that the page itself sent; empty where the request is no form.

    Raises:
        HTTPException: another site sent it, or it is too large or too slow.
    """
    if request.method != "POST":
        return b""
    if not is_own_form(request):
        raise HTTPException(403, "this request comes from another site")
    return await small_body(request)
