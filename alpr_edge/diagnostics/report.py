"""The fitness report: one page that shows what was checked, and with which a later change of it can be proved.

Certified is everything above a line of its own, :data:`SEAL`. Below it are its SHA-256 and, where the unit has its key,
an ECDSA signature (P-256, SHA-256) over the same bytes, with the certificate that verifies it. By hand::

    sed '/^<!-- seal -->$/,$d' FILE | sha256sum
"""

import base64
import re
from html import escape
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from alpr_edge import __version__
from alpr_edge.diagnostics.runner import Report
from alpr_edge.domain.diagnostics.checks import Check, Grade
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import digest
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.key_pair import certificate_held, loaded_from

SEAL = "<!-- seal -->"
FILE_BYTES_MAX = 1_000_000
VERDICTS = {
    Grade.GREEN: "fit",
    Grade.SKIPPED: "fit as far as was looked",
    Grade.AMBER: "fit, with remarks",
    Grade.RED: "not fit",
}
_STYLE = """
@page { size: A4; margin: 14mm }
body { font: 8pt/1.25 system-ui, sans-serif; color: #111; max-width: 182mm; margin: 0 auto }
h1 { font-size: 15pt; margin: 0 0 1mm } h2 { font-size: 9pt; margin: 2mm 0 0.5mm } p { margin: 1mm 0 }
.verdict { font-size: 12pt; font-weight: 700; padding: 1mm 3mm; border: 0.6mm solid; display: inline-block }
table { border-collapse: collapse; width: 100% } caption { text-align: left; font-weight: 700; padding: 2mm 0 1mm }
th, td { text-align: left; vertical-align: top; padding: 0.4mm 1.5mm; border-bottom: 0.2mm solid #bbb;
  overflow-wrap: anywhere }
tr { break-inside: avoid } .grade { font-weight: 700; white-space: nowrap }
.green { color: #0a5c1f } .amber { color: #7a4a00 } .red { color: #a40000 } .skipped { color: #444 }
code { font: 7pt/1.25 ui-monospace, monospace; overflow-wrap: anywhere }
th, td:first-child { white-space: nowrap } .lines { margin: 0; padding: 0; list-style: none }
.lines li { display: inline-block; margin-right: 4mm }
dl { display: grid; grid-template-columns: 34mm 1fr; margin: 2mm 0 }
dt { color: #444 } dd { margin: 0 }
"""
_MARKS = {Grade.GREEN: "●", Grade.AMBER: "▲", Grade.RED: "■", Grade.SKIPPED: "○"}
"""Marks of the grades, for readers who do not see colours, or print without them."""


def page(report: Report, uplink: UplinkSettings) -> str:
    """The fitness report as one HTML page that needs no other file."""
    certified = _certified(report)
    return certified + SEAL + "\n" + _sealed(certified.encode(), uplink) + "</body></html>\n"


def verify(path: Path, authority: Path | None) -> str:
    """Verify that a fitness report was not changed; returns what that rests on, as one line.

    Args:
        path: the file of the page.
        authority: the certificate of the department's authority, which must have issued the unit's; None: not checked.

    Raises:
        StoreError: the page was changed, or is no fitness report.
    """
    try:
        content = path.read_bytes()[:FILE_BYTES_MAX].decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"{path}: cannot be read as a certificate of fitness") from None
    certified, seal, below = content.partition(f"{SEAL}\n")
    told = re.search(r'id="sha256">([0-9a-f]{64})<', below)
    if not seal or told is None:
        raise StoreError(f"{path}: is no certificate of fitness")
    if told.group(1) != digest(certified.encode()):
        raise StoreError(f"{path}: was changed since it was made")
    signature = re.search(r'id="signature">([A-Za-z0-9+/=]+)<', below)
    signer = re.search(r'id="signer" hidden>(-----BEGIN [^<]+-----END CERTIFICATE-----)', below)
    if signature is None or signer is None:
        return "unchanged by its SHA-256; not signed, so anybody could have made it"
    return _signed_by(path, certified.encode(), base64.b64decode(signature.group(1)), signer.group(1), authority)


def _signed_by(path: Path, certified: bytes, signature: bytes, signer: str, authority: Path | None) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(signer.encode("ascii"))
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise StoreError(f"{path}: is signed with a key of another kind")
        key.verify(signature, certified, ec.ECDSA(SHA256()))
        if authority is not None:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except (InvalidSignature, ValueError, TypeError):
        raise StoreError(f"{path}: its signature is not that of a unit of this department") from None
    except OSError as error:
        raise StoreError(f"{authority}: cannot be read: {error.strerror}; name the authority's certificate") from None
    name = certificate.subject.rfc4514_string()
    vouched = "of this department" if authority is not None else "whose authority was not looked at"
    return f"unchanged, signed by {name}, certificate {certificate.serial_number:X} {vouched}"


def _certified(report: Report) -> str:
    made = "unknown" if report.made.utc is None else rfc3339(report.made.utc)
    state = "working, judged by what it says and has read" if report.running else "not working, its devices were opened"
    skipped = ", ".join(report.skipped) or "nothing"
    facts = (
        ("Unit", report.unit_id),
        ("Made", f"{made}, by {report.made.utc_source.value}"),
        ("Software", f"alpr-edge {__version__}"),
        ("The unit was", state),
        ("Not looked at", skipped),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    checks = "\n".join(_row(check) for check in report.checks)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Certificate of fitness, {escape(report.unit_id)}</title><style>{_STYLE}</style></head><body>
<h1>Certificate of fitness</h1>
<p class="verdict {report.grade.value}">{_MARKS[report.grade]} {VERDICTS[report.grade]}</p>
<dl>{rows}</dl>
<table><caption>Checks</caption><thead><tr><th scope="col">Check</th><th scope="col">Verdict</th>
<th scope="col">Measured</th><th scope="col">Limit, what to do</th></tr></thead><tbody>
{checks}
</tbody></table>
{_details(report.checks)}
"""


def _row(check: Check) -> str:
    more = "<br>".join(escape(part) for part in (check.limit, check.todo) if part)
    grade = f'<td class="grade {check.grade.value}">{_MARKS[check.grade]} {check.grade.value}</td>'
    return f"<tr><td>{escape(check.name)}</td>{grade}<td>{escape(check.said)}</td><td>{more}</td></tr>"


def _details(checks: tuple[Check, ...]) -> str:
    parts = []
    for check in checks:
        if check.details:
            lines = "".join(f"<li><code>{escape(line)}</code></li>" for line in check.details)
            parts.append(f'<h2>{escape(check.name)}</h2><ul class="lines">{lines}</ul>')
    return "\n".join(parts)


def _sealed(certified: bytes, uplink: UplinkSettings) -> str:
    lines = [f'<h2>Seal</h2><p>SHA-256 <code id="sha256">{digest(certified)}</code></p>']
    signed = _signature(certified, uplink)
    if signed is None:
        lines.append("<p>Not signed: this unit has no certificate of its own yet.</p>")
    else:
        signature, pem, name = signed
        lines.append(f'<p>Signed by {escape(name)}: <code id="signature">{signature}</code></p>')
        lines.append(f'<pre id="signer" hidden>{pem}</pre>')
    return "\n".join(lines) + "\n"


def _signature(content: bytes, uplink: UplinkSettings) -> tuple[str, str, str] | None:
    """Signature (base64), certificate (PEM) and its subject; None where the unit has no usable key."""
    certificate = certificate_held(uplink)
    try:
        key = load_pem_private_key(loaded_from(uplink)[1].read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    if key.public_key() != certificate.public_key():
        return None
    signature = base64.b64encode(key.sign(content, ec.ECDSA(SHA256()))).decode("ascii")
    pem = certificate.public_bytes(Encoding.PEM).decode("ascii").strip()
    return signature, pem, certificate.subject.rfc4514_string()
