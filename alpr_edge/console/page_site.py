"""The site that the page is: its name by its certificate, which passkeys of the department's domain sign in at."""

from pathlib import Path

from cryptography import x509

from alpr_edge.access.passkeys import RelyingParty

HTTPS_PORT = 443


def site_of(certificate_file: Path, port: int) -> RelyingParty | None:
    """The site of a certificate; None where it names no host below a domain, so that no passkey can sign in.

    Args:
        certificate_file: key and certificate of the page.
        port: where it is served.
    """
    try:
        content = certificate_file.read_bytes()
        certificate = x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    hosts = [name for name in names.get_values_for_type(x509.DNSName) if "." in name and "*" not in name]
    if not hosts:
        return None
    host, domain = hosts[0], hosts[0].partition(".")[2]
    origin = f"https://{host}" if port == HTTPS_PORT else f"https://{host}:{port}"
    return RelyingParty(domain, domain, (origin,))
