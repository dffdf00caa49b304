"""Serves the department's page over TLS, bounded in connections and time, until it is told to end."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.server import listening_at
from alpr_edge.department.http.uvicorn_server import uvicorn_server
from alpr_edge.department.inquiries.cases.waiting_evidence import WaitingEvidence
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.application import create_department_page
from alpr_edge.department.page.maps.site_maps import open_maps
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.people.organisations import provisioned_organisation
from alpr_edge.department.people.registry import People
from alpr_edge.department.people.settings import PeopleSettings, load_people_settings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.serving import showing_alone
from alpr_edge.department.settings import PageTable, load_department_file
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.department.single_sign_on.sign_on import SingleSignOn
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.durable_files import file_version
from alpr_edge.web.bounded_server import ThreadedStep
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits, GatedSocket
from alpr_edge.web.connections.reporting_context import reporting_context
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.page_server import PromptProtocol
from alpr_edge.web.threaded_server import ThreadedServer

if TYPE_CHECKING:
    from alpr_edge.department.provisioning.scim_endpoint import ScimEndpoint

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
