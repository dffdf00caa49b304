"""The stream of events that keeps a page live (server-sent events, HTML 9.2): it tells that hits changed, never what.

Besides it tells whether the car moves, which makes the page another one, and whether it is day. A page that hears of a
change asks for itself again, so that what it may show is decided and put on record anew.
"""

import itertools
import time
from collections.abc import AsyncIterator
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alpr_edge.console.health_strip import HealthStrip
from alpr_edge.console.surroundings import Surroundings
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.sessions.session import SessionState, token_digest
from alpr_edge.web.live.event_streams import EventStreams, event_text
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import Visitor

BEAT_S = 1.0
"""A page that hears nothing for three of these says that it is not live."""
SESSION_CHECK_BEATS = 5
"""How often the session is looked at where nobody told that one was locked or ended, as when it was idle for long."""
READS_BEATS = 3
"""Beats between two looks for new reads: a page that follows them puts each batch on record."""
STREAMS_MAX = 16


class LiveStream:
    """The streams of all pages that are open."""

    def __init__(self, unit: ConsoleUnit, feed: HitChanges, strip: HealthStrip) -> None:
        self._unit = unit
        self._feed = feed
        self._strip = strip
        self._streams = EventStreams(STREAMS_MAX)

    async def answer(self, request: Request) -> Response:
        """Begin a stream for whoever is signed in."""
        visitor = Visitor.of(request, b"")
        if await self._state(visitor) is None:
            return Response(status_code=403)
        return self._streams.answer(token_digest(visitor.token), partial(self._events, request, visitor))

    async def _events(self, request: Request, visitor: Visitor) -> AsyncIterator[str]:
        count, state = self._feed.count, await self._state(visitor)
        versions: dict[str, object] = {}
        yield event_text("live", count)
        if state is not SessionState.OPEN:
            yield event_text("locked", count)
        told: dict[str, str] = {}
        sessions = self._feed.sessions_count
        for beat in itertools.count(1):
            for name, word in await run_in_threadpool(self._changes, visitor, told):
                yield event_text(name, count, word)
            async for heard in self._counts(count, sessions):
                yield event_text("hits", heard)
                count = heard
            if self._feed.is_stopped or state is None or await request.is_disconnected():
                return
            if not self._feed.failure:  # else the page hears nothing, and says that it is not live
                yield event_text("beat", count)
            for name in await run_in_threadpool(self._renew, versions, beat):
                yield event_text(name, count)
            if beat % SESSION_CHECK_BEATS == 0 or self._feed.sessions_count != sessions:
                sessions = self._feed.sessions_count
                before, state = state, await self._state(visitor)
                if state != before:
                    yield event_text("session", count)

    async def _counts(self, count: int, sessions: int) -> AsyncIterator[int]:
        """The counts heard within a beat, each at once: every open page asks for itself then, and needs the unit.

        The beat ends early where a session was locked or ended, for each stream to look at its own.
        """
        due_s = time.monotonic() + BEAT_S
        while (heard := await self._feed.wait(count, due_s - time.monotonic())) != count and not self._feed.is_stopped:
            count = heard
            yield count
            if self._feed.sessions_count != sessions:
                return

    def _renew(self, versions: dict[str, object], beat: int) -> list[str]:
        """Return which of health and reads changed; ``versions`` has what they were, and is brought up to date."""
        current: dict[str, object] = {"health": self._strip.version()}
        if beat % READS_BEATS == 0:
            counts = self._unit.store.reads.counts()
            current["reads"] = counts.reads, counts.open_reads  # new reads, and passes that ended
        changed = [name for name, version in current.items() if versions.get(name) != version]
        versions.update(current)
        return changed

    def _changes(self, visitor: Visitor, told: dict[str, str]) -> list[tuple[str, str]]:
        """What the page does not know yet of the car around it; ``told`` is what it knows, and grows."""
        around = Surroundings(self._unit, visitor, self._feed.count)
        changes = [
            (name, word)
            for name, word in (("pace", around.pace()), ("theme", around.theme()))
            if told.get(name) != word
        ]
        told.update(changes)
        return changes

    async def _state(self, visitor: Visitor) -> SessionState | None:
        """The state of a session that a page may be live with; None where there is none."""
        state = await run_in_threadpool(self._unit.sign_ins(visitor).state)
        return state if state in {SessionState.OPEN, SessionState.GLANCE} else None
