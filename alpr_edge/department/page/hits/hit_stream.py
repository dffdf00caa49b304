"""The stream of events that keeps the pages of hits live: it tells that something came, never what.

A page that hears of it asks for itself again, so that what it may show is decided and put on record anew.
"""

import itertools
import time
from collections.abc import AsyncIterator
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.domain.sessions.session import SessionState, token_digest
from alpr_edge.web.live.event_streams import EventStreams, event_text
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import Visitor

LOOK_S = 1.0
"""Time between two looks at the database, however many pages are open."""
BEAT_S = 1.0
"""A page that hears nothing for three of these says that it is not live."""
SESSION_CHECK_BEATS = 5
RENEWAL_BEATS = 60
"""After so many a page makes itself anew in any case: what is older than a shift leaves it."""
STREAMS_MAX = 48
"""Of the connections of the page: searches and pictures need theirs."""


class HitStream:
    """The streams of all pages of hits that are open.

    Args:
        site: the open department.
        feed: what wakes them.
    """

    def __init__(self, site: DepartmentSite, feed: HitChanges) -> None:
        self._site = site
        self._feed = feed
        self._streams = EventStreams(STREAMS_MAX)

    async def answer(self, request: Request) -> Response:
        """Begin a stream for whoever is signed in."""
        visitor = Visitor.of(request, b"", COMPONENT)
        if not await self._is_open(visitor):
            return Response(status_code=403)
        return self._streams.answer(token_digest(visitor.token), partial(self._events, request, visitor))

    async def _events(self, request: Request, visitor: Visitor) -> AsyncIterator[str]:
        count = self._feed.count
        yield event_text("live", count)
        for beat in itertools.count(1):
            due_s = time.monotonic() + BEAT_S
            heard = await self._feed.wait(count, BEAT_S)
            if self._feed.is_stopped or await request.is_disconnected():
                return
            if heard != count or beat % RENEWAL_BEATS == 0:
                count = heard
                yield event_text("hits", count)
                await self._feed.wait(count, due_s - time.monotonic())  # so that a page is asked once a beat at most
            if not self._feed.failure:  # else the page hears nothing, and says that it is not live
                yield event_text("beat", count)
            if beat % SESSION_CHECK_BEATS == 0 and not await self._is_open(visitor):
                yield event_text("session", count)
                return

    async def _is_open(self, visitor: Visitor) -> bool:
        return await run_in_threadpool(self._site.sign_ins(visitor).state) is SessionState.OPEN
