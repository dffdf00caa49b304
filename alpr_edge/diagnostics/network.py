"""Checks the way to the department: both certificates, and whether an empty delivery is accepted."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, amber, certificate, green, red
from alpr_edge.domain.errors import DepartmentCertificateError, UnauthorisedError, UplinkError
from alpr_edge.domain.protocol.sealing import SealedError, media_key_in
from alpr_edge.settings import EvidenceSettings, UplinkSettings, time_stamp_faults
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.key_pair import certificate_held
from alpr_edge.uplink.tls import context_of, days_left

CONNECT_S_MAX = 5.0
ANSWER_S_MAX = 10.0
_UNSET = amber("department", "no uplink.url is set: nothing is sent", "enrol this unit and set uplink.url")


def check_certificates(context: CheckContext) -> list[Check]:
    """Check that certificate and key belong together and stay valid for a while, the authority's certificate too."""
    uplink, stamps = context.settings.uplink, _time_stamps(context.settings.evidence)
    if not uplink.url:
        return [amber("certificates", "none needed: no uplink.url is set", _UNSET.todo), *stamps]
    try:
        context_of(uplink)
    except UplinkError as error:
        return [red("certificates", str(error)), *stamps]
    now, own, authority = datetime.now(UTC), certificate_held(uplink), _load_certificate(uplink.ca_file)
    again = "alpr-edge uplink renews it while it reaches the department; else enrol this unit again"
    certificates = (("unit certificate", own, again), ("authority certificate", authority, "enrol this unit again"))
    return [
        *(_check_certificate(what, held_certificate, todo, now) for what, held_certificate, todo in certificates),
        *_media_key(uplink),
        *stamps,
    ]


def check_department(context: CheckContext) -> list[Check]:
    """Connect to the department and deliver an empty batch."""
    uplink = context.settings.uplink
    if not uplink.url:
        return [_UNSET]
    short = {
        "connect_timeout_s": min(uplink.connect_timeout_s, CONNECT_S_MAX),
        "answer_timeout_s": min(uplink.answer_timeout_s, ANSWER_S_MAX),
        "delivery_timeout_s": min(uplink.delivery_timeout_s, CONNECT_S_MAX + ANSWER_S_MAX),
    }
    department = HttpsDepartment(uplink.model_copy(update=short), context.settings.unit.id)
    try:
        department.ping()
    except UnauthorisedError as error:
        return [red("department", str(error), "ask the department: alpr-edge department unit list")]
    except DepartmentCertificateError as error:
        return [red("department", str(error), "reads wait on board meanwhile; tell the department")]
    except UplinkError as error:
        return [red("department", str(error), "reads wait on board meanwhile; check modem and network")]
    finally:
        department.close()
    until = department.department_until
    ends = [] if until is None else [_department_end(until)]
    return [green("department", f"{uplink.url} accepts this unit"), *ends]


def _time_stamps(evidence: EvidenceSettings) -> list[Check]:
    """Check that time stamps on evidence can be checked as they come; no check where they are not in use."""
    if not evidence.time_stamp_url:
        return []
    faults = time_stamp_faults(evidence)
    todo = "packages of evidence have no time stamp meanwhile; see: alpr-edge settings check"
    return [amber("time stamps", fault, todo) for fault in faults] or [green("time stamps", evidence.time_stamp_url)]


def _media_key(uplink: UplinkSettings) -> list[Check]:
    """Check for the department's key for portable media, which is needed on few days; no check when it is there."""
    try:
        media_key_in(uplink.media_key_file.read_bytes())
    except (OSError, SealedError):
        todo = "it comes with the next certificate, or print it there: alpr-edge department key"
        return [amber("media key", "no key of the department: alpr-edge outbox offload cannot seal anything", todo)]
    return []


def _department_end(until: datetime) -> Check:
    days = (until - datetime.now(UTC)).total_seconds() / 86_400
    return certificate("department certificate", days, "renew it there: alpr-edge department renew")


def _check_certificate(what: str, held_certificate: x509.Certificate | None, todo: str, now: datetime) -> Check:
    if held_certificate is None:
        return red(what, "cannot be read", todo)
    if held_certificate.not_valid_before_utc > now:
        return red(
            what, f"is valid from {held_certificate.not_valid_before_utc.date()} on", "check this computer's clock"
        )
    return certificate(what, days_left(held_certificate, now), todo)


def _load_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
