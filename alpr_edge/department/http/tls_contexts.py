"""The TLS contexts of the department's listeners, which report why a handshake failed."""

import ssl

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.web.connections.reporting_context import ReportingContext, reporting_context


def tls_context(files: TlsFiles) -> ReportingContext:
    """A TLS context of 1.2 or later; a client without a certificate of the authority does not pass the handshake."""
    context = enrolment_context(files)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cafile=files.authority)
    except (OSError, ssl.SSLError):
        raise _unusable(files) from None
    return context


def enrolment_context(files: TlsFiles) -> ReportingContext:
    """A TLS context of 1.2 or later for units that have no certificate yet."""
    context = reporting_context()
    load_server_certificate(context, files)
    return context


def load_server_certificate(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Load the server's certificate and key into a context; connections made from then on use them."""
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError):
        raise _unusable(files) from None


def _unusable(files: TlsFiles) -> DepartmentError:
    hint = "run: alpr-edge department init"
    return DepartmentError(f"{files.directory}: no usable server.pem, server.key and ca.pem; {hint}")
