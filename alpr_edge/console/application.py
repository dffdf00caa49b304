"""The application of the page: its routes, its protection, and what a fault looks like."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import chain
from operator import attrgetter

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.console.canvass.routes import canvass_routes
from alpr_edge.console.evidence.export_pages import ExportPages
from alpr_edge.console.health_strip import HealthStrip
from alpr_edge.console.lookups.hold_pages import HoldPages
from alpr_edge.console.lookups.routes import lookup_routes
from alpr_edge.console.lookups.search_pages import SearchPages
from alpr_edge.console.page_parts import FILES, PAGES, Step
from alpr_edge.console.pages.correction_pages import CorrectionPages
from alpr_edge.console.pages.health_pages import HealthPages
from alpr_edge.console.pages.mute_pages import MutePages
from alpr_edge.console.pages.sign_in_pages import SignInPages
from alpr_edge.console.pages.speed_pages import SpeedPages
from alpr_edge.console.pages.watch_pages import WatchPages
from alpr_edge.console.reports.report_pages import ReportPages
from alpr_edge.console.surroundings import PageSurroundings, Surroundings
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import AccessError, CanvassError, DispositionError, HoldError, SearchError
from alpr_edge.domain.sessions.session import SessionState, token_digest
from alpr_edge.web.live.event_streams import EventStreams, event_text
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.maps.street_tiles import STREETS_PATH
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_endpoints import large_texts, page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.passkey_steps import PasskeySteps
from alpr_edge.web.sign_in_endpoints import SignInEndpoints
from alpr_edge.web.visitor import Visitor

# The stream of events that keeps a page live (server-sent events, HTML 9.2): it tells that hits changed, never what.
#
# Besides it tells whether the car moves, which makes the page another one, and whether it is day. A page that hears of
# a change asks for itself again, so that what it may show is decided and put on record anew.

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


AT_ONCE_MAX = 8
"""Requests that are worked on at the same time."""
SIGN_INS = {("POST", path) for path in ("/sign-in", "/reopen", "/passkey", "/passkey/reopen")}
NO_SITE = "passkeys need a certificate for a name below the department's domain"
SIGN_INS_AT_ONCE_MAX = 1
"""Of these, which anybody can send: one takes 64 MiB and up to a second, and those of other addresses wait."""

log = structlog.get_logger(__name__)


def create_console_app(
    unit: ConsoleUnit, feed: HitChanges, site: Callable[[], RelyingParty | None] = lambda: None
) -> Starlette:
    """The ASGI application of the page.

    Args:
        site: gives the site that passkeys sign in at; None: there is none.
    """
    passkeys = PasskeySteps(unit.sign_ins, site, NO_SITE, attrgetter("answer"))
    watch, health = WatchPages(unit, site), HealthPages(unit)
    corrections = CorrectionPages(unit, watch.with_fault)
    sign_in = SignInPages(unit, site, watch.glance_page, feed.tell_of_sessions)
    holds = HoldPages(unit, watch.with_fault)
    pages = (sign_in, passkeys, watch, SpeedPages(unit), corrections, holds, MutePages(unit), health, ReportPages(unit))
    page_routes = [*chain.from_iterable(each.steps for each in pages), *lookup_routes(unit), *canvass_routes(unit)]
    page_routes += ExportPages(unit).routes
    at_once, sign_ins = asyncio.Semaphore(AT_ONCE_MAX), SignInEndpoints(SIGN_INS_AT_ONCE_MAX, unit.page_log.wait_s)

    def route(path: str, method: str, step: Step) -> Route:
        answer = partial(_answer, unit, health.strip, step)
        is_try = (method, path) in SIGN_INS
        return Route(path, sign_ins.endpoint(answer) if is_try else page_endpoint(answer, at_once), methods=[method])

    search = SearchPages(unit)

    def answer_streets(request: Request, body: bytes) -> Response:
        return _answer(unit, health.strip, lambda visitor: search.streets(visitor, request), request, body)

    streets = Route(STREETS_PATH, page_endpoint(answer_streets, at_once), methods=["GET"])
    live = Route("/live", LiveStream(unit, feed, health.strip).answer, methods=["GET"])
    return page_application(
        [*(route(*each) for each in page_routes), streets, live, FILES.route],
        [
            Middleware(PageHeaders, policy_sources=FILES.policy_sources),
            Middleware(PageSurroundings, unit=unit, feed=feed),
        ],
        _refuse,
        _fail,
    )


def _answer(unit: ConsoleUnit, strip: HealthStrip, step: Step, request: Request, body: bytes) -> Response:
    visitor = Visitor.of(request, body)
    strip.attach(visitor)
    try:
        return step(visitor)
    except AccessError as error:
        state = unit.sign_ins(visitor).state()
        ways = {
            "may_lock": state is SessionState.OPEN,
            "may_sign_out": state in {SessionState.OPEN, SessionState.GLANCE},
        }
        return PAGES.page("refused", 403, message=str(error), **ways)
    except (CanvassError, DispositionError, HoldError, SearchError) as error:
        return PAGES.page("refused", 404, message=str(error))


def _refuse(request: Request, error: Exception) -> Response:
    """A request that is none of this page's."""
    assert isinstance(error, HTTPException)
    log.warning("console.request_refused", status=error.status_code)
    message = "there is no such page" if error.status_code == 404 else error.detail
    values = {"message": message, "is_form": request.method == "POST", "texts": large_texts(error)}
    return PAGES.page("refused", error.status_code, **values)


def _fail(request: Request, error: Exception) -> Response:
    """A disk that is full, a log that takes nothing: nothing is shown."""
    del request
    log.error("console.request_failed", reason=str(error))
    return PAGES.page("refused", 503, message="the unit cannot do this at present; nothing was shown or changed")
