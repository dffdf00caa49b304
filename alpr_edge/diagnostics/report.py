"""The certificate of fitness: one page that shows what was checked, and that shows whether it was changed since.

Sealed is everything above the line :data:`SEAL`. Below it are its SHA-256 and, where the unit has its key, an ECDSA
signature (P-256, SHA-256) over the same bytes, with the certificate that verifies it. By hand::

    sed '/^<!-- seal -->$/,$d' FILE | sha256sum
"""

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from alpr_edge import __version__
from alpr_edge.diagnostics.runner import Report
from alpr_edge.domain.diagnostics.checks import Check, Grade
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.items import digest
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.key_pair import certificate_held, pair_files
from alpr_edge.web.printed_pages import printed_page_templates

SEAL = "<!-- seal -->"
FILE_BYTES_MAX = 1_000_000
VERDICTS = {
    Grade.GREEN: "fit",
    Grade.SKIPPED: "fit, as far as checked",
    Grade.AMBER: "fit, with remarks",
    Grade.RED: "not fit",
}
_NOT_A_UNITS = "its signature is not that of a unit of this department"
_MARKS = {Grade.GREEN: "●", Grade.AMBER: "▲", Grade.RED: "■", Grade.SKIPPED: "○"}
"""Marks of the grades, for readers who do not see colours, or print without them."""


@dataclass(frozen=True, slots=True)
class _Signature:
    """The unit's signature over the sealed part."""

    value: str
    """Base64."""
    certificate: str
    """The certificate that verifies it, PEM."""
    signer: str
    """The certificate's subject."""


def page(report: Report, uplink: UplinkSettings) -> str:
    """The certificate of fitness as one HTML page that needs no other file."""
    content = _content(report)
    seal = _render("seal", sha256=digest(content.encode()), signature=_signature(content.encode(), uplink))
    return content + SEAL + "\n" + seal


def _render(template: str, **values: object) -> str:
    """Fill a page's template; whatever a value holds is shown as text."""
    environment = printed_page_templates(Path(__file__).parent / "templates")
    return environment.get_template(f"{template}.html.jinja").render(values)


def verify(path: Path, authority: Path | None) -> str:
    """Verify that a certificate of fitness was not changed; returns what that rests on, as one line.

    Args:
        authority: the certificate of the department's authority, which must have issued the unit's; None: not checked.

    Raises:
        StoreError: the page was changed, or is no certificate of fitness.
    """
    content = _text(path)
    sealed_part, seal, below = content.partition(f"{SEAL}\n")
    digest_match = re.search(r'id="sha256">([0-9a-f]{64})<', below)
    if not seal or digest_match is None:
        raise StoreError(f"{path}: is no certificate of fitness")
    if digest_match.group(1) != digest(sealed_part.encode()):
        raise StoreError(f"{path}: was changed since it was made")
    signature = re.search(r'id="signature">([A-Za-z0-9+/=]+)<', below)
    signer = re.search(r'id="signer" hidden>(-----BEGIN [^<]+-----END CERTIFICATE-----)', below)
    if signature is None or signer is None:
        return "unchanged by its SHA-256; not signed, so anybody could have made it"
    try:
        signature_bytes = base64.b64decode(signature.group(1), validate=True)
    except ValueError:
        raise StoreError(f"{path}: {_NOT_A_UNITS}") from None
    return _signed_by(path, sealed_part.encode(), signature_bytes, signer.group(1), authority)


def _text(path: Path) -> str:
    """A page's text; a longer file is none, and no more than :data:`FILE_BYTES_MAX` of it is read."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise StoreError(f"{path}: longer than {FILE_BYTES_MAX} bytes; is it a certificate of fitness?")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"{path}: cannot be read as a certificate of fitness") from None


def _signed_by(path: Path, content: bytes, signature: bytes, signer: str, authority: Path | None) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(signer.encode("ascii"))
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise StoreError(f"{path}: is signed with a key of another kind")
        key.verify(signature, content, ec.ECDSA(SHA256()))
        if authority is not None:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except CERTIFICATE_FAULTS:
        raise StoreError(f"{path}: {_NOT_A_UNITS}") from None
    except OSError as error:
        raise StoreError(f"{authority}: cannot be read: {error.strerror}; name the authority's certificate") from None
    name = certificate.subject.rfc4514_string()
    issuer_text = "of this department" if authority is not None else "whose authority was not looked at"
    return f"unchanged, signed by {name}, certificate {certificate.serial_number:X} {issuer_text}"


def _content(report: Report) -> str:
    """The sealed part of the page."""
    time_text = "unknown" if report.examined_at.utc is None else rfc3339(report.examined_at.utc)
    facts = (
        ("Unit", report.unit_id),
        ("Made", f"{time_text}, by {report.examined_at.utc_source.value}"),
        ("Software", f"alpr-edge {__version__}"),
        ("alpr-edge run", "was running: judged by its health and its reads" if report.running else "was not running"),
        ("Not looked at", ", ".join(report.left_out) or "nothing"),
    )
    return _render(
        "report",
        unit_id=report.unit_id,
        grade=report.grade,
        verdict=VERDICTS[report.grade],
        facts=facts,
        mark=_MARKS[report.grade],
        checks=[_row(check) for check in report.checks],
    )


def _row(check: Check) -> dict[str, object]:
    """The cells of a check."""
    return {
        "name": check.name,
        "grade": check.grade,
        "mark": _MARKS[check.grade],
        "measured": check.finding,
        "advice": [part for part in (check.limit, check.todo) if part],
        "details": check.details,
    }


def _signature(content: bytes, uplink: UplinkSettings) -> _Signature | None:
    """Sign the sealed part; None where the unit has no usable key."""
    certificate = certificate_held(uplink)
    try:
        key = load_pem_private_key(pair_files(uplink)[1].read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    if key.public_key() != certificate.public_key():
        return None
    signature = base64.b64encode(key.sign(content, ec.ECDSA(SHA256()))).decode("ascii")
    pem = certificate.public_bytes(Encoding.PEM).decode("ascii").strip()
    return _Signature(signature, pem, certificate.subject.rfc4514_string())


def report_values(report: Report) -> dict[str, Any]:
    """A report for JSON."""
    return {
        "unit": report.unit_id,
        "made": None if report.examined_at.utc is None else rfc3339(report.examined_at.utc),
        "made_source": report.examined_at.utc_source.value,
        "running": report.running,
        "verdict": report.grade.value,
        "skipped": list(report.left_out),
        "checks": [_check_values(check) for check in report.checks],
    }


def _check_values(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "verdict": check.grade.value,
        "said": check.finding,
        "value": check.value,
        "unit": check.unit,
        "limit": check.limit,
        "todo": check.todo,
        "details": list(check.details),
    }
