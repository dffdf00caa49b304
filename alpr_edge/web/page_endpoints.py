"""Endpoints of pages: each does its work in a thread, once it is sure that the page itself sent the request."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.web.page_security import is_own_form
from alpr_edge.web.requests import small_body

Endpoint = Callable[[Request], Awaitable[Response]]


def page_endpoint(answer: Callable[[Request, bytes], Response], at_once: asyncio.Semaphore) -> Endpoint:
    """An endpoint of a page.

    Args:
        answer: makes the answer from a request and its body; runs in a thread.
        at_once: bounds how many answers are made at the same time.
    """

    async def endpoint(request: Request) -> Response:
        body = b""
        if request.method == "POST":
            if not is_own_form(request):
                raise HTTPException(403, "this request comes from another site")
            body = await small_body(request)
        async with at_once:
            return await run_in_threadpool(answer, request, body)

    return endpoint
