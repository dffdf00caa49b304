"""The site that the page is: its name by its certificate, which passkeys of the department's domain sign in at."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from alpr_edge.access.relying_party import RelyingParty

HTTPS_PORT = 443


def site_of(certificate_file: Path, port: int) -> RelyingParty | None:
    """The site of a certificate; None where it names no host below a domain, so that no passkey can sign in."""
    certificate = load_page_certificate(certificate_file)
    if certificate is None:
        return None
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return None
    hosts = [name for name in names.get_values_for_type(x509.DNSName) if "." in name and "*" not in name]
    if not hosts:
        return None
    host, domain = hosts[0], hosts[0].partition(".")[2]
    origin = f"https://{host}" if port == HTTPS_PORT else f"https://{host}:{port}"
    return RelyingParty(domain, domain, (origin,))


def certificate_end(certificate_file: Path) -> datetime | None:
    """When the certificate of the page ends, in UTC; None where there is none."""
    certificate = load_page_certificate(certificate_file)
    return None if certificate is None else certificate.not_valid_after_utc


def load_page_certificate(certificate_file: Path) -> x509.Certificate | None:
    """The certificate of the page out of the file that its key lies in as well; None where it cannot be read."""
    try:
        content = certificate_file.read_bytes()
        return x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])
    except (OSError, ValueError):
        return None
