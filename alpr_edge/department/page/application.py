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

from alpr_edge.department.page.accounts.account_pages import PASSWORD_PATH, AccountPages
from alpr_edge.department.page.accounts.factor_pages import CONFIRM_BY_PASSKEY_PATH, CONFIRM_PATH, FactorPages
from alpr_edge.department.page.audits.audit_pages import AuditPages
from alpr_edge.department.page.audits.audit_steps import AuditStepPages
from alpr_edge.department.page.audits.incident_pages import IncidentPages
from alpr_edge.department.page.cases.evidence_pages import EvidencePages
from alpr_edge.department.page.cases.hold_pages import DepartmentHoldPages
from alpr_edge.department.page.hits.history_pages import HistoryPages
from alpr_edge.department.page.hits.hit_pages import HitPages
from alpr_edge.department.page.hits.hit_stream import HitStream
from alpr_edge.department.page.job_pages import JobPages
from alpr_edge.department.page.lists.feed_upload import FeedUpload
from alpr_edge.department.page.lists.list_pages import ListPages
from alpr_edge.department.page.lists.roster_pages import RosterPages
from alpr_edge.department.page.maps.map_pages import MapPages
from alpr_edge.department.page.page_parts import FILES, PAGES, Step, answer_of
from alpr_edge.department.page.releases.letter_upload import LetterUpload
from alpr_edge.department.page.releases.package_pages import PackagePages
from alpr_edge.department.page.releases.register_pages import NEW_PATH, RegisterPages
from alpr_edge.department.page.releases.step_pages import StepPages
from alpr_edge.department.page.saved.saved_search_pages import SavedSearchPages
from alpr_edge.department.page.search_pages import DepartmentSearchPages
from alpr_edge.department.page.session_answers import answer_in_session
from alpr_edge.department.page.sign_in_pages import DepartmentSignInPages
from alpr_edge.department.page.sign_on_pages import BEGIN_PATH, CODE_PATH, SignOnPages
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.department.page.units.settings_pages import UnitSettingsPages
from alpr_edge.department.page.units.unit_pages import UnitPages
from alpr_edge.department.single_sign_on.sign_on import ANSWER_PATH
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.maps.street_tiles import STREETS_PATH
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_endpoints import large_texts, page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.requests import SMALL_BYTES_MAX
from alpr_edge.web.sign_in_endpoints import SignInEndpoints
from alpr_edge.web.visitor import Visitor

AT_ONCE_MAX = 8
"""Requests that are worked on at the same time."""
_CONFIRMED_BY = (CONFIRM_PATH, CONFIRM_BY_PASSKEY_PATH, PASSWORD_PATH)
SIGN_INS = {
    ("POST", path) for path in ("/sign-in", "/reopen", "/passkey", "/passkey/reopen", CODE_PATH, *_CONFIRMED_BY)
}
SIGN_INS_AT_ONCE_MAX = 2
"""Of these, most of which anybody can send: one takes 64 MiB and up to a second; other addresses wait for it."""
STREETS_AT_ONCE_MAX = 4
"""Parts of the file of streets at the same time: a map asks for many, and no page waits behind them."""

log = structlog.get_logger(__name__)


def create_department_page(site: DepartmentSite, feed: HitChanges) -> Starlette:
    """The ASGI application of the page."""
    at_once, refused_s = asyncio.Semaphore(AT_ONCE_MAX), site.office.page_log.wait_s
    sign_ins = SignInEndpoints(SIGN_INS_AT_ONCE_MAX, refused_s)
    sign_ons = SignInEndpoints(SIGN_INS_AT_ONCE_MAX, refused_s)  # a slow provider keeps nobody from the other ways

    def route(path: str, method: str, step: Step, *, is_for_anybody: bool = False) -> Route:
        answer = partial(_answer, None if is_for_anybody else site, step)
        if path in {BEGIN_PATH, ANSWER_PATH}:
            return Route(path, sign_ons.endpoint(answer), methods=[method])
        if (method, path) in SIGN_INS:
            endpoint = sign_ins.endpoint(answer, is_for_anybody=path not in _CONFIRMED_BY)
            return Route(path, endpoint, methods=[method])
        return Route(path, page_endpoint(answer, at_once), methods=[method])

    sign_in_pages, list_pages, register = DepartmentSignInPages(site), ListPages(site), RegisterPages(site)
    map_pages = MapPages(site)
    pages = (
        *(DepartmentSearchPages(site), HitPages(site), HistoryPages(site), UnitPages(site)),
        *(UnitSettingsPages(site), list_pages, RosterPages(site), register, StepPages(site), PackagePages(site)),
        *(AccountPages(site), FactorPages(site, sign_in_pages.passkeys)),
        *(SavedSearchPages(site), DepartmentHoldPages(site), EvidencePages(site)),
        *(AuditPages(site), AuditStepPages(site), IncidentPages(site), JobPages(site), map_pages),
    )
    ways_in = list(sign_in_pages.steps)
    if site.sign_on is not None:
        ways_in += SignOnPages(site, site.sign_on, sign_in_pages).steps
    routes = [route(*each, is_for_anybody=True) for each in ways_in]
    routes += [route(*step) for each in pages for step in each.steps]
    routes += [Route("/live", HitStream(site, feed).answer, methods=["GET"])]
    streets = page_endpoint(partial(_answer_streets, site, map_pages), asyncio.Semaphore(STREETS_AT_ONCE_MAX))
    routes.append(Route(STREETS_PATH, streets, methods=["GET"]))
    routes.append(Route(NEW_PATH, LetterUpload(site, register.enter).answer, methods=["POST"]))
    routes += [FeedUpload(site, list_pages).route, FILES.route, *([site.scim.route] if site.scim is not None else [])]
    return page_application(routes, [Middleware(PageHeaders, policy_sources=FILES.policy_sources)], _refuse, _fail)


def _answer(site: DepartmentSite | None, step: Step, request: Request, body: bytes) -> Response:
    """What a step answers; without a site it is one that nobody has to be signed in for."""
    # A provider's answer comes as the query of an address, which holds nothing else anywhere here.
    query = request.scope["query_string"] if request.scope["path"] == ANSWER_PATH else b""
    visitor = Visitor.of(request, body or query[:SMALL_BYTES_MAX], COMPONENT)
    if site is None:
        return answer_of(step, visitor)
    return answer_in_session(site, step, visitor, is_form=request.method == "POST")


def _answer_streets(site: DepartmentSite, pages: MapPages, request: Request, body: bytes) -> Response:
    """It alone asks for a part of a file, which the header says."""
    return _answer(site, lambda visitor: pages.streets(visitor, request), request, body)


def _refuse(request: Request, error: Exception) -> Response:
    """A request that is none of this page's."""
    assert isinstance(error, HTTPException)
    log.warning("department.page_request_refused", status=error.status_code)
    message = "there is no such page" if error.status_code == 404 else error.detail
    values = {"message": message, "is_form": request.method == "POST", "texts": large_texts(error)}
    return PAGES.page("refused", error.status_code, **values)


def _fail(request: Request, error: Exception) -> Response:
    """A disk that is full, a log that takes nothing: nothing is shown."""
    del request
    log.error("department.page_request_failed", reason=str(error))
    return PAGES.page("refused", 503, message="the department cannot do this at present; nothing was shown")
