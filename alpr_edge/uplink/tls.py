"""The unit's side of mutual TLS, and what its failures mean to a person.

A failure has two sides. When this unit does not trust what it reached, the link is down (a captive portal, a
wrong clock, a renewed authority). When the department, whose certificate was checked first, does not take this
unit's certificate, the unit is unauthorised: no amount of trying helps, so everything pauses.
"""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from alpr_edge.domain.errors import UnauthorisedError, UplinkError
from alpr_edge.settings import UplinkSettings

_REFUSED_ALERTS = {
    "CERTIFICATE_EXPIRED": "has expired",
    "CERTIFICATE_REVOKED": "is revoked",
    "CERTIFICATE_REQUIRED": "was not presented",
    "CERTIFICATE_UNKNOWN": "is not accepted",
    "BAD_CERTIFICATE": "is not accepted",
    "UNSUPPORTED_CERTIFICATE": "is not of a kind it takes",
    "UNKNOWN_CA": "is of an authority it does not know",
    "ACCESS_DENIED": "is not accepted",
}
"""TLS alerts (RFC 8446, 6.2) about the certificate that was sent, as OpenSSL spells them at the end of a reason."""


def context_of(settings: UplinkSettings) -> ssl.SSLContext:
    """TLS 1.2 or later, the department's authority as the only trusted one, this unit's certificate.

    Raises:
        UplinkError: a file is missing or not usable; it is read again on the next attempt.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UplinkError(
            f"{settings.ca_file}: no usable department authority: {_why(error)}; enrol this unit"
        ) from None
    try:
        context.load_cert_chain(settings.certificate_file, settings.key_file, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        files = f"{settings.certificate_file}, {settings.key_file}"
        raise UplinkError(f"{files}: no usable unit certificate: {_why(error)}; enrol this unit") from None
    return context


def explained(error: BaseException, settings: UplinkSettings) -> UplinkError:
    """What a failed connection means; never quotes what was sent.

    Args:
        error: what the HTTP library raised, with the TLS library's error among its causes.
        settings: where it went and with which certificate.
    """
    url = settings.url
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message.rstrip(".")
            return UplinkError(
                f"{url}: its certificate is not trusted ({reason}); check [uplink] ca_file and this machine's clock"
            )
        if isinstance(cause, ssl.SSLError):
            return _refusal(cause, settings)
    return UplinkError(f"{url}: cannot be reached ({type(error).__name__}){_lapsed(settings)}")


def _refusal(error: ssl.SSLError, settings: UplinkSettings) -> UplinkError:
    url, reason = settings.url, error.reason or "unknown"
    for alert, meaning in _REFUSED_ALERTS.items():
        if "ALERT" in reason and reason.endswith(alert):
            return UnauthorisedError(f"{url}: this unit's certificate {meaning}; enrol this unit again")
    return UplinkError(f"{url}: no TLS connection ({reason.replace('_', ' ').lower()}){_lapsed(settings)}")


def _lapsed(settings: UplinkSettings) -> str:
    """A hint where this unit's certificate does not hold now: some servers hang up without a TLS alert."""
    try:
        certificate = x509.load_pem_x509_certificate(settings.certificate_file.read_bytes())
    except (OSError, ValueError):
        return ""
    if certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        return ""
    since, until = certificate.not_valid_before_utc.date(), certificate.not_valid_after_utc.date()
    return f"; by this machine's clock this unit's certificate, {since} to {until}, is not valid: enrol this unit again"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, at most ten deep."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _no_password() -> str:
    """Answer OpenSSL's question for a passphrase, which would otherwise wait at a terminal for ever."""
    raise ValueError("the key is locked by a passphrase")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "not a PEM certificate or key, or the two do not belong together"
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
