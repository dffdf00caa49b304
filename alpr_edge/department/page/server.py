"""Serves the department's page over TLS, bounded in connections and time, until it is told to end."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.provider_sign_in import ProviderAttempt
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.server import listening_at
from alpr_edge.department.http.uvicorn_server import uvicorn_server
from alpr_edge.department.inquiries.cases.waiting_evidence import WaitingEvidence
from alpr_edge.department.inquiries.office import open_office, sign_in_answer
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
from alpr_edge.department.page.lists.feed_upload import FeedUpload
from alpr_edge.department.page.lists.list_pages import ListPages
from alpr_edge.department.page.lists.roster_pages import RosterPages
from alpr_edge.department.page.maps.map_pages import MapPages
from alpr_edge.department.page.maps.site_maps import open_maps
from alpr_edge.department.page.page_parts import FILES, PAGES, PageRoute, Step, answer_of, go
from alpr_edge.department.page.releases.letter_upload import LetterUpload
from alpr_edge.department.page.releases.package_pages import PackagePages
from alpr_edge.department.page.releases.register_pages import NEW_PATH, RegisterPages
from alpr_edge.department.page.releases.step_pages import StepPages
from alpr_edge.department.page.saved.saved_search_pages import SavedSearchPages
from alpr_edge.department.page.search_pages import DepartmentSearchPages
from alpr_edge.department.page.session_answers import answer_in_session
from alpr_edge.department.page.sign_in_pages import DepartmentSignInPages
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.department.page.units.settings_pages import UnitSettingsPages
from alpr_edge.department.page.units.unit_pages import UnitPages
from alpr_edge.department.people.organisations import provisioned_organisation
from alpr_edge.department.people.registry import People
from alpr_edge.department.people.settings import PeopleSettings, load_people_settings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.serving import showing_alone
from alpr_edge.department.settings import PageTable, load_department_file
from alpr_edge.department.single_sign_on.faults import ProviderDownError, SignOnError
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.department.single_sign_on.sign_on import ANSWER_PATH, ProviderAnswer, SingleSignOn
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.durable_files import file_version
from alpr_edge.web.bounded_server import ThreadedStep
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.web.connections.reporting_context import reporting_context
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.maps.street_tiles import STREETS_PATH
from alpr_edge.web.page_application import page_application
from alpr_edge.web.page_endpoints import large_texts, page_endpoint
from alpr_edge.web.page_security import PageHeaders
from alpr_edge.web.page_server import PromptProtocol
from alpr_edge.web.requests import SMALL_BYTES_MAX
from alpr_edge.web.sign_in_endpoints import SignInEndpoints
from alpr_edge.web.threaded_server import ThreadedServer
from alpr_edge.web.visitor import Visitor, give_session, give_sign_on_word, take_sign_on_word

if TYPE_CHECKING:
    from alpr_edge.department.provisioning.scim_endpoint import ScimEndpoint


# Single sign-on at the department's page: to the provider and back, and a code where the provider saw one factor.
#
# The browser comes back by a link of another site, to which the session's cookie would not be sent: so the answer is a
# page of this site, which leads on by itself.

UNREACHED = "the sign-in page of the department's provider does not answer; sign in with password and code"
BEGIN_PATH, CODE_PATH = "/single-sign-on", "/single-sign-on/code"


class SignOnPages:
    """The steps of a single sign-on."""

    def __init__(self, site: DepartmentSite, sign_on: SingleSignOn, pages: DepartmentSignInPages) -> None:
        self._site = site
        self._sign_on = sign_on
        self._pages = pages
        self.steps: tuple[PageRoute, ...] = (
            (BEGIN_PATH, "POST", self.begin),
            (ANSWER_PATH, "GET", self.answer),
            (CODE_PATH, "POST", self.code),
        )

    def begin(self, visitor: Visitor) -> Response:
        """Lead to the provider, once the notice was acknowledged (CJIS AC-8)."""
        if visitor.fields.get("acknowledged") != "yes":
            return self._pages.form(sign_in_answer(SignInResult(SignInOutcome.NOTICE)))
        try:
            begun = self._sign_on.begin()
        except ProviderDownError as error:
            log.error("department.provider_unreached", reason=str(error))
            return self._pages.form(UNREACHED, 503)
        response = PAGES.page("leave_to", address=begun.address, host=self._sign_on.host)
        give_sign_on_word(response, begun.word)
        return response

    def answer(self, visitor: Visitor) -> Response:
        """Take the provider's answer."""
        try:
            answer = self._sign_on.read_answer(visitor.fields, visitor.sign_on_word)
        except SignOnError as error:
            response = self._refusal(visitor, error)
            take_sign_on_word(response)
            return response
        return self._sign_in(visitor, answer)

    def code(self, visitor: Visitor) -> Response:
        """Take the code that a provider which saw one factor is not enough without."""
        try:
            answer = self._sign_on.kept_answer(visitor.sign_on_word)
        except SignOnError as error:
            return self._refusal(visitor, error)
        return self._sign_in(visitor, answer, visitor.fields.get("code", "").strip() or "none")

    def _sign_in(self, visitor: Visitor, answer: ProviderAnswer, code: str = "") -> Response:
        identity = answer.identity
        person_id = self._site.office.identities.person_id(identity.issuer, identity.subject)
        attempt = ProviderAttempt(person_id, identity.is_strong, code)
        # Whoever links a person later needs to know by which subject they came.
        note = "" if person_id else f"subject {identity.subject}"
        result = self._site.sign_ins(visitor).sign_in_with_provider(attempt, is_acknowledged=True, note=note)
        if result.outcome is SignInOutcome.CODE_NEEDED:
            response: Response = PAGES.page("sign_on_code", department=self._site.name, fault="")
            give_sign_on_word(response, self._sign_on.keep(answer))
            return response
        if result.session is None:
            if code:  # the word is good for some minutes, and failures lock the account
                fault = sign_in_answer(result)
                return PAGES.page("sign_on_code", 403, department=self._site.name, fault=fault)
            response = self._pages.form(sign_in_answer(result))
            take_sign_on_word(response)
            return response
        response = PAGES.page("signed_on", department=self._site.name)
        give_session(response, result.token)
        give_sign_on_word(response, self._sign_on.keep_hint(answer))
        return response

    def _refusal(self, visitor: Visitor, error: SignOnError) -> Response:
        """What is told of a sign-on that did not work, once it is on record, unless none was begun at this browser.

        An answer without the word comes of any site's link, and of anybody who sends it over and over.
        """
        if not visitor.sign_on_word:
            return self._pages.form(sign_in_answer(SignInResult(SignInOutcome.PROVIDER)))
        log.warning("department.sign_on_refused", reason=str(error))
        result = self._site.sign_ins(visitor).refuse_provider(str(error))
        is_down = isinstance(error, ProviderDownError)
        return self._pages.form(UNREACHED if is_down else sign_in_answer(result), 503 if is_down else 403)


LOOK_S = 2
"""Seconds after which the page asks for itself again."""


class JobPages:
    """The pages of jobs."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (("/work/{job_id}", "GET", self.show),)

    def show(self, visitor: Visitor) -> Response:
        """How far it is; what asks again by itself keeps no session open, and is led away from a locked one."""
        word = visitor.parameters["job_id"]
        job = self._site.jobs.find(visitor, word)
        if self._site.is_closed(visitor):
            return go("/")
        if job.is_over and not job.fault:
            return go(job.leads_to(word, job.result))
        return self._site.page("working", visitor, job=job, look_s=LOOK_S, here=job.back)


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


HTTPS_PORT = 443
LIMITS = ConnectionLimits(
    connections=128, handshakes=64, address_connections=64, address_handshakes=32, handshake_s=10.0
)
"""A station's people may all come from one address."""

log = structlog.get_logger(__name__)


class ServedCertificate:
    """The certificate of the page, which is loaded anew when its file changes."""

    def __init__(self, directory: Path, table: PageTable) -> None:
        files = TlsFiles(directory)
        self._certificate = Path(table.certificate) if table.certificate else files.certificate
        self._key = Path(table.key) if table.key else files.key
        self.context = reporting_context()
        self._load()

    def reload(self) -> None:
        """Load it where it changed; where it will not do, the one before is served on."""
        if self._versions() != self._loaded:
            try:
                self._load()
                log.info("department.page_certificate_loaded")
            except DepartmentError as error:
                log.error("department.page_certificate_not_loaded", reason=str(error))

    def _load(self) -> None:
        self._loaded = self._versions()
        try:
            # On trial first: a context that a certificate without its key is loaded into loses the key of before.
            for context in (reporting_context(), self.context):
                context.load_cert_chain(self._certificate, self._key)
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "strerror", None) or "not a certificate with its key"
            raise DepartmentError(f"{self._certificate}: {reason}; see [page] in department.toml") from None

    def _versions(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(map(file_version, (self._certificate, self._key)))


class DepartmentPageServer(ThreadedServer):
    """The page of a department's folder; it listens as soon as it is made.

    Args:
        port: 0 takes a free one.

    Raises:
        DepartmentError: there is no department, a setting or the certificate is wrong, the port is taken, or another
            process serves the page.
        StoreError: the database cannot be opened.
    """

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__("page")
        table, people = load_department_file(directory).page, load_people_settings(directory)
        certificate, gate = ServedCertificate(directory, table), ConnectionGate(LIMITS.within_descriptors())
        with ExitStack() as stack:
            stack.enter_context(showing_alone(directory))
            office, maps = stack.enter_context(open_office(directory)), stack.enter_context(open_maps(directory))
            evidence = WaitingEvidence(office.exports)
            office.waiting_packages.tidy()
            evidence.tidy()
            self._socket = GatedSocket(listening_at(host, port), gate)
            stack.callback(self._socket.close)
            self.port: int = self._socket.getsockname()[1]
            sign_on = _sign_on(directory, people, table, self.port)
            scim = _scim(directory, office.accounts.database, people, _origin(people, table, self.port))
            site = DepartmentSite(office, people.name, _passkey_site(people, table, self.port), sign_on, scim, maps)
            summing = ThreadedStep(office.sum_refusals, "sum of refusals")
            stack.callback(summing.finish)
            steps = (certificate.reload, office.uploads.remove_old, evidence.tidy, summing.step, self._report)
            self._feed = HitChanges(office.arrivals.current, "department.hit_feed_failed")
            application = create_department_page(site, self._feed)
            self._server = uvicorn_server(application, certificate.context, PromptProtocol, gate, steps)
            self._server.on_ready = self._begin
            self._server.on_stop = self._feed.stop
            self._resources = stack.pop_all()

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM (from the main thread), then close the database."""
        log.info("department.page_listening", port=self.port)
        super().run()

    def _begin(self) -> None:
        """In the event loop, once the server accepts connections."""
        self._feed.start()
        self._manager.ready(f"people connect to port {self.port}")

    def _report(self) -> None:
        """Tell the service manager that it is alive, unless what looks for hits ended: then it is started again."""
        if self._feed.is_watching:
            self._manager.alive()


def _passkey_site(people: PeopleSettings, table: PageTable, port: int) -> RelyingParty | None:
    """The site that passkeys of the department sign in at; None: it has no domain."""
    if not people.domain:
        return None
    return RelyingParty(people.domain, people.name, (_origin(people, table, port),))


def _origin(people: PeopleSettings, table: PageTable, port: int) -> str:
    """Where browsers reach the page; empty: the settings do not say, and the server has no name."""
    of_port = f"https://{people.domain}" if port == HTTPS_PORT else f"https://{people.domain}:{port}"
    return table.address or (of_port if people.domain else "")


def _scim(directory: Path, database: DepartmentDatabase, people: PeopleSettings, origin: str) -> ScimEndpoint | None:
    """What another system tells of people by; None: the settings name no token."""
    file = load_department_file(directory)
    if not file.provisioning.token:
        return None
    if not origin:
        raise DepartmentError("provisioning: the other system needs the page's own address: set [page] address")
    # Loaded where it is used: a department without such a system does without its libraries.
    from alpr_edge.department.provisioning.scim_endpoint import ScimEndpoint, load_token_sha256  # noqa: PLC0415
    from alpr_edge.department.provisioning.scim_users import ProvisionedPeople, ScimUsers  # noqa: PLC0415

    issuer = file.single_sign_on.issuer if file.provisioning.links_single_sign_on else ""
    organisation = provisioned_organisation(file) or people.name  # compared with nothing where no setting names it
    made_of = ProvisionedPeople(database, People(directory, database), organisation, issuer)
    return ScimEndpoint(ScimUsers(made_of), load_token_sha256(file.provisioning, directory), origin)


def _sign_on(directory: Path, people: PeopleSettings, table: PageTable, port: int) -> SingleSignOn | None:
    """Single sign-on by the settings; None: they name no provider."""
    settings, origin = load_department_file(directory).single_sign_on, _origin(people, table, port)
    if not settings.issuer:
        return None
    if not origin:
        raise DepartmentError("single_sign_on: the provider needs the page's own address: set [page] address")
    return SingleSignOn(settings, ProviderClient(settings, directory), origin)
