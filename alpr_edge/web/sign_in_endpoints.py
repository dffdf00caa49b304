"""Endpoints that anybody may try to sign in at: one try of an address at a time, and few of all addresses.

A try computes Argon2 over 64 MiB, and whoever tries without end would have others wait for that. So each address has a
line of its own, and one try of each line is worked on. Who is refused is told at whole steps of time
(:mod:`~alpr_edge.access.authorisation.answer_times`), which only their own line waits for: tries of an address that
overlapped would tell it how long each took.

A line holds :data:`LINE_TRIES_MAX` tries, and whoever comes then gets 429 at once: the server counts a try as a request
until it is answered, also where its client hung up, and answers nobody once it has too many. A try whose client hung up
is not worked on when its turn comes.

An address that was refused often gets 429 for each further refusal, whatever it is for. What is typed there is checked
nevertheless, where the line has a place: people of a station may have one address, and refusals of a stranger among
them must keep nobody from signing in. That helps nobody to guess: guesses lock the account that they are made at, and
an address has two tries a second at most.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.access.authorisation.answer_times import seconds_to_answer_step
from alpr_edge.runtime.network.rate_limit import subscriber_network
from alpr_edge.web.page_endpoints import Answer, Endpoint, form_body
from alpr_edge.web.requests import host_of

LINE_TRIES_MAX = 16
"""Most tries of one address that are worked on or wait; far fewer than the connections of a page."""


@dataclass(slots=True)
class _Line:
    """The tries of one address."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    tries: int = 0


class SignInEndpoints:
    """Makes endpoints that share their lines.

    Args:
        refused_s: seconds for which an address was refused too often; 0: it was not.
    """

    def __init__(self, at_once: int, refused_s: Callable[[str], float]) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._refused_s = refused_s
        self._lines: dict[str, _Line] = {}

    def endpoint(self, answer: Answer, *, is_for_anybody: bool = True) -> Endpoint:
        """An endpoint.

        Args:
            is_for_anybody: whether it is tried without a session, so that 429 is answered as above.
        """

        async def endpoint(request: Request) -> Response:
            body, address = await form_body(request), host_of(request)
            async with self._turn(subscriber_network(address)):
                begun_s = time.monotonic()
                async with self._at_once:
                    if await request.is_disconnected():
                        raise HTTPException(HTTPStatus.BAD_REQUEST, "the client hung up")
                    response = await run_in_threadpool(answer, request, body)
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    await asyncio.sleep(seconds_to_answer_step(begun_s))
            return self._answer_within_bound(response, address) if is_for_anybody else response

        return endpoint

    @asynccontextmanager
    async def _turn(self, network: str) -> AsyncIterator[None]:
        """Wait for the turn of a try.

        Raises:
            HTTPException: too many tries of the address wait already.
        """
        line = self._lines.setdefault(network, _Line())
        if line.tries >= LINE_TRIES_MAX:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many sign-ins from this address wait; try again")
        line.tries += 1
        try:
            async with line.turn:
                yield
        finally:
            line.tries -= 1
            if line.tries == 0:
                del self._lines[network]

    def _answer_within_bound(self, response: Response, address: str) -> Response:
        refused_s = self._refused_s(address) if response.status_code == HTTPStatus.FORBIDDEN else 0.0
        if refused_s > 0:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response.headers["Retry-After"] = str(math.ceil(refused_s))
        return response
