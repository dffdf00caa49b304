"""The stream of events that keeps the pages of hits live: it tells that something came, never what.

A page that hears of it asks for itself again, so that what it may show is decided and put on record anew. Only whoever
may see hits has a stream, and it tells of covert hits only whoever is cleared for them, by neither event nor count.
"""

import itertools
import time
from collections.abc import AsyncIterator
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.web.live.event_streams import EventStreams, event_text
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import Visitor

BEAT_S = 1.0
"""A page that hears nothing for three of these says that it is not live."""
SESSION_CHECK_BEATS = 5
RENEWAL_BEATS = 60
"""After so many a page makes itself anew in any case: what is older than a shift leaves it."""
STREAMS_MAX = 48
"""Of the connections of the page: searches and pictures need theirs."""


class HitStream:
    """The streams of all pages of hits that are open."""

    def __init__(self, site: DepartmentSite, feed: HitChanges) -> None:
        self._site = site
        self._feed = feed
        self._streams = EventStreams(STREAMS_MAX)

    async def answer(self, request: Request) -> Response:
        """Begin a stream for whoever may see hits."""
        visitor = Visitor.of(request, b"", COMPONENT)
        sees_covert = await self._sees_covert(visitor)
        if sees_covert is None:
            return Response(status_code=403)
        events = partial(self._events, request, visitor, sees_covert=sees_covert)
        return self._streams.answer(token_digest(visitor.token), events)

    async def _events(self, request: Request, visitor: Visitor, *, sees_covert: bool) -> AsyncIterator[str]:
        count = self._count(sees_covert=sees_covert)
        yield event_text("live", count)
        for beat in itertools.count(1):
            due_s = time.monotonic() + BEAT_S
            heard = await self._wait(count, due_s, sees_covert=sees_covert)
            if self._feed.is_stopped or await request.is_disconnected():
                return
            if heard != count or beat % RENEWAL_BEATS == 0:
                count = heard
                yield event_text("hits", count)
                # So that a page is asked once a beat at most.
                await self._wait(count, due_s, sees_covert=sees_covert)
            if not self._feed.failure:  # else the page hears nothing, and says that it is not live
                yield event_text("beat", count)
            if beat % SESSION_CHECK_BEATS == 0 and await self._sees_covert(visitor) is not sees_covert:
                yield event_text("session", count)
                return

    async def _wait(self, count: int, due_s: float, *, sees_covert: bool) -> int:
        """Wait until the person's count is another, at most until a moment; returns it."""
        while not self._feed.is_stopped and (left_s := due_s - time.monotonic()) > 0:
            version = self._feed.count
            if self._count(sees_covert=sees_covert) != count:
                break
            await self._feed.wait(version, left_s)
        return self._count(sees_covert=sees_covert)

    def _count(self, *, sees_covert: bool) -> int:
        """How often something came of the hits that a person may know of."""
        return self._site.office.arrivals.counts.seen_by(sees_covert=sees_covert)

    async def _sees_covert(self, visitor: Visitor) -> bool | None:
        """Whether a visitor may be told of covert hits; None: of no hits at all."""
        return await run_in_threadpool(self._watch, visitor)

    def _watch(self, visitor: Visitor) -> bool | None:
        if self._site.is_closed(visitor):
            return None
        try:
            return self._site.office.hits.watch(self._site.authoriser(visitor))
        except (AccessError, StoreError):
            return None
