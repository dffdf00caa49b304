"""Checks the page for officers, where it is in use: its service, its certificate, and whether its port answers."""

import http.client
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.console.page_site import load_page_certificate
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, amber, certificate, green, red
from alpr_edge.services.unit_health.daemons import CONSOLE, PAGE_LINK, fresh_health, is_page_due
from alpr_edge.settings import ConsoleSettings, Settings

ANSWER_S_MAX = 5.0
PATH = "/sign-in"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses that stand for all, and where to ask instead
_JOURNAL = "journalctl -u alpr-edge-console -n 50"
_RENEW = "alpr-edge uplink renews it while it reaches the department"
_GET = "the uplink gets it from a department with a domain; without a department it is made by hand (config/README.md)"


def check_page(context: CheckContext, page_link: Path = PAGE_LINK) -> list[Check]:
    """Check the page; that it is not in use is as it should be."""
    settings = context.settings
    if not is_page_due(settings, page_link):
        if page_link.is_symlink():
            return [amber("page", f"has no certificate: {settings.console.certificate_file} is not there", _GET)]
        return [green("page", "not in use on this unit")]
    times = check_time_zone(datetime.now(UTC).astimezone())
    return [_check_service(settings), _check_certificate(settings.console), _check_port(settings.console), times]


def _check_service(settings: Settings) -> Check:
    health = fresh_health(settings.unit.runtime_directory, CONSOLE)
    if health is None or not health.ready:
        return red("page service", "does not run", _JOURNAL)
    if health.troubles:
        return red("page service", health.troubles[0], _JOURNAL)
    return green("page service", "runs, and shows hits live")


def check_time_zone(local: datetime) -> Check:
    """Check that times on the page are those of a clock on the wall, and not UTC."""
    if local.tzname() != "UTC":
        return green("page times", f"in this computer's time zone: {local:%Z}, now {local:%H:%M}")
    found = f"officers read and type UTC, now {local:%H:%M}: no time zone is set"
    return amber("page times", found, "sudo timedatectl set-timezone America/Los_Angeles, then restart the daemons")


def _check_certificate(console: ConsoleSettings) -> Check:
    held = load_page_certificate(console.certificate_file)
    if held is None:
        return red("page certificate", f"{console.certificate_file}: cannot be read", _GET)
    days = (held.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86_400
    return certificate("page certificate", days, _RENEW)


def _check_port(console: ConsoleSettings) -> Check:
    """Ask for the form to sign in, from whoever has the certificate that lies on this unit."""
    where = f"{console.address} port {console.port}"
    try:
        status, peer = _ask(console)
    except (OSError, http.client.HTTPException) as error:
        return red("page port", f"{where} does not answer: {error}", _JOURNAL)
    held = load_page_certificate(console.certificate_file)
    if held is None or held.public_bytes(Encoding.DER) != peer:
        return amber("page port", f"{where} serves another certificate than the one here", "restart alpr-edge-console")
    if status != http.HTTPStatus.OK:
        return red("page port", f"{where} answers {status}", _JOURNAL)
    return green("page port", f"{where} answers")


def _ask(console: ConsoleSettings) -> tuple[int, bytes]:
    """The status of an answer, and the certificate that it came with (DER)."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # it is compared with the one that is held
    address = _ANY.get(console.address, console.address), console.port
    with (
        socket.create_connection(address, ANSWER_S_MAX) as plain,
        trust.wrap_socket(plain, server_hostname=None) as secured,
    ):
        peer = secured.getpeercert(binary_form=True) or b""
        connection = http.client.HTTPConnection(*address, timeout=ANSWER_S_MAX)
        connection.sock = secured
        connection.request("GET", PATH)
        return connection.getresponse().status, peer
