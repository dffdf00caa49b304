"""A TLS context that reports why a handshake failed."""

import ssl
from collections.abc import Callable

from alpr_edge.runtime.network.server_tls import require_modern_tls

_REASONS = {
    "ALERT_CERTIFICATE_EXPIRED": "the client says that the certificate of this server has ended, or has a wrong clock",
    "ALERT_UNKNOWN_CA": "the client does not know the authority of this server",
    "ALERT_BAD_CERTIFICATE": "the client does not accept the certificate of this server",
    "ALERT_CERTIFICATE_UNKNOWN": "the client does not accept the certificate of this server",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the client has no certificate",
    "HTTP_REQUEST": "the client speaks HTTP without TLS",
    "WRONG_VERSION_NUMBER": "the client does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the client speaks no TLS of version 1.2 or later",
}
"""What failed, by the end of OpenSSL's reason."""


class ReportingObject(ssl.SSLObject):
    """One side of a TLS connection that reports a failed handshake to its context."""

    def do_handshake(self) -> None:
        """Go on with the handshake."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            context = self.context
            if isinstance(context, ReportingContext) and context.on_failure is not None:
                context.on_failure(failure_reason(error))
            raise


class ReportingContext(ssl.SSLContext):
    """A TLS context that calls :attr:`on_failure` with the reason why a handshake failed."""

    sslobject_class = ReportingObject
    on_failure: Callable[[str], None] | None = None


def failure_reason(error: ssl.SSLError) -> str:
    """Why a handshake failed, in words for the log of the server."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the client is not accepted: {error.verify_message}"
    reason = error.reason or "unknown"
    for end, words in _REASONS.items():
        if reason.endswith(end):
            return words
    return reason.replace("_", " ").lower()


def reporting_context() -> ReportingContext:
    """A TLS context of 1.2 or later that has no certificate yet."""
    context = ReportingContext(ssl.PROTOCOL_TLS_SERVER)
    require_modern_tls(context)
    return context
