"""The application of the department's page: its routes, its protection, and what a fault looks like."""

import asyncio
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.department.page.cases.hold_pages import DepartmentHoldPages
from alpr_edge.department.page.cases.package_pages import PackagePages
from alpr_edge.department.page.hits.history_pages import HistoryPages
from alpr_edge.department.page.hits.hit_pages import HitPages
from alpr_edge.department.page.hits.hit_stream import HitStream
from alpr_edge.department.page.page_parts import FILES, PAGES, Step
from alpr_edge.department.page.saved.saved_search_pages import SavedSearchPages
from alpr_edge.department.page.search_pages import DepartmentSearchPages
from alpr_edge.department.page.sign_in_pages import DepartmentSignInPages
from alpr_edge.department.page.sign_on_pages import BEGIN_PATH, CODE_PATH, SignOnPages
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.department.page.units.unit_pages import UnitPages
from alpr_edge.department.single_sign_on.sign_on import ANSWER_PATH
from alpr_edge.domain.errors import AccessError, AlprEdgeError, SearchError
from alpr_edge.web.live.hit_feed import HitFeed
from alpr_edge.web.page_endpoints import page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.requests import SMALL_BYTES_MAX
from alpr_edge.web.visitor import Visitor

AT_ONCE_MAX = 8
"""Requests that are worked on at the same time."""
SIGN_INS = {("POST", path) for path in ("/sign-in", "/reopen", "/passkey", "/passkey/reopen", CODE_PATH)}
SIGN_INS_AT_ONCE_MAX = 2
"""Of these, which anybody can send: one takes 64 MiB and up to a second, and others wait, but no page behind them."""

log = structlog.get_logger(__name__)


def create_department_page(site: DepartmentSite, feed: HitFeed) -> Starlette:
    """The ASGI application of the page.

    Args:
        site: the open department.
        feed: tells of hits that came or changed.
    """
    at_once, sign_ins_at_once = asyncio.Semaphore(AT_ONCE_MAX), asyncio.Semaphore(SIGN_INS_AT_ONCE_MAX)
    provider_at_once = asyncio.Semaphore(SIGN_INS_AT_ONCE_MAX)  # a slow provider keeps nobody from the other ways

    def route(path: str, method: str, step: Step) -> Route:
        bound = sign_ins_at_once if (method, path) in SIGN_INS else at_once
        bound = provider_at_once if path in {BEGIN_PATH, ANSWER_PATH} else bound
        return Route(path, page_endpoint(partial(_answer, step), bound), methods=[method])

    sign_in_pages = DepartmentSignInPages(site)
    kinds = (
        DepartmentSearchPages,
        SavedSearchPages,
        HitPages,
        HistoryPages,
        DepartmentHoldPages,
        PackagePages,
        UnitPages,
    )
    steps = [*sign_in_pages.steps, *(step for kind in kinds for step in kind(site).steps)]
    if site.sign_on is not None:
        steps += SignOnPages(site, site.sign_on, sign_in_pages).steps
    routes = [*(route(*each) for each in steps), Route("/live", HitStream(site, feed).answer, methods=["GET"])]
    routes += [FILES.route, *([site.scim.route] if site.scim is not None else [])]
    return Starlette(
        routes=routes,
        middleware=[Middleware(PageHeaders, policy_sources=FILES.policy_sources)],
        exception_handlers={HTTPException: _refuse, AlprEdgeError: _fail},
    )


def _answer(step: Step, request: Request, body: bytes) -> Response:
    try:
        # A provider's answer comes as the query of an address, which holds nothing else anywhere here.
        query = request.scope["query_string"] if request.scope["path"] == ANSWER_PATH else b""
        return step(Visitor.of(request, body or query[:SMALL_BYTES_MAX], COMPONENT))
    except AccessError as error:
        return PAGES.page("refused", 403, message=str(error))
    except SearchError as error:
        return PAGES.page("refused", 404, message=str(error))


def _refuse(request: Request, error: Exception) -> Response:
    """A request that is none of this page's."""
    del request
    assert isinstance(error, HTTPException)
    log.warning("department.page_request_refused", status=error.status_code)
    message = "there is no such page" if error.status_code == 404 else error.detail
    return PAGES.page("refused", error.status_code, message=message)


def _fail(request: Request, error: Exception) -> Response:
    """A disk that is full, a log that takes nothing: nothing is shown."""
    del request
    log.error("department.page_request_failed", reason=str(error))
    return PAGES.page("refused", 503, message="the department cannot do this at present; nothing was shown")
