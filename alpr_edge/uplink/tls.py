"""The unit's side of mutual TLS, and what its failures mean to a person.

A failure has two sides. When this unit does not trust what it reached, the link is down (a captive portal, a
wrong clock, a renewed authority). When the department, whose certificate was checked first, does not take this
unit's certificate, the unit is unauthorised: no amount of trying helps, so everything pauses.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography import x509

from alpr_edge.domain.errors import DepartmentCertificateError, UnauthorisedError, UplinkError
from alpr_edge.runtime.durable_files import file_version
from alpr_edge.settings import UplinkSettings
from alpr_edge.settings.base import without_secrets
from alpr_edge.uplink.key_pair import certificate_held, next_file, pair_files

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
_OTHER_AUTHORITY = "it is of an authority this unit does not know; is a login page in between? check [uplink] ca_file"
_OTHER_NAME = "it is for another name than [uplink] url has; add that there: alpr-edge department renew --name"
_CERTIFICATE_HAS_ENDED = 10
"""OpenSSL's verification error for a certificate that has ended (x509_vfy.h)."""
_TRUST_REMEDIES = {
    9: "by this machine's clock the certificate of the department is not valid yet; check this machine's clock",
    18: _OTHER_AUTHORITY,
    19: _OTHER_AUTHORITY,
    20: _OTHER_AUTHORITY,
    21: _OTHER_AUTHORITY,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""What to do about a department's certificate, by OpenSSL's verification error (x509_vfy.h)."""
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
_UNEXPECTED_EOF = "UNEXPECTED_EOF_WHILE_READING"
"""OpenSSL's reason when a connection ends without TLS's closing message, and sometimes when it is reset."""
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_NETWORK_FAULTS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name is not known here; is there a network, and does its DNS work?"),
    (ConnectionRefusedError, "nothing listens there"),
)

Mark = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of each certificate file; zeros for one that is missing."""


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
            f"{settings.ca_file}: no usable department authority: {_fault_of(error)}; enroll this unit"
        ) from None
    try:
        context.load_cert_chain(*pair_files(settings), password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        files = f"{settings.certificate_file}, {settings.key_file}"
        raise UplinkError(f"{files}: no usable unit certificate: {_fault_of(error)}; enroll this unit") from None
    return context


def mark_of(settings: UplinkSettings) -> Mark:
    """Inode, size and time of change of each certificate file: they change when one is replaced."""
    files = (settings.ca_file, settings.certificate_file, settings.key_file, next_file(settings))
    return tuple(file_version(path) for path in files)


def days_left(certificate: x509.Certificate, now: datetime) -> float:
    """Days until a certificate ends; negative when it has.

    Args:
        now: the present time in UTC.
    """
    return (certificate.not_valid_after_utc - now) / timedelta(days=1)


def peer_until(stream: Any) -> datetime | None:  # noqa: ANN401 - the HTTP library's network stream
    """When the certificate of the other end of a connection ends, in UTC; None without TLS."""
    tls = stream.get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def explain(error: BaseException, settings: UplinkSettings) -> UplinkError:
    """What a failed connection means; never quotes what was sent."""
    url = without_secrets(settings.url)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            if cause.verify_code == _CERTIFICATE_HAS_ENDED:
                return _department_ended(url)
            reason = cause.verify_message.rstrip(".")
            hint = _TRUST_REMEDIES.get(cause.verify_code, "check [uplink] ca_file and this machine's clock")
            return UplinkError(f"{url}: its certificate is not trusted ({reason}); {hint}")
        if isinstance(cause, ssl.SSLError) and not _is_connection_end(cause):
            return _tls_error(cause, settings)
    kind = type(error).__name__
    return UplinkError(
        f"{url}: cannot be reached ({kind}): {_network_fault(error, settings)}{_validity_hint(settings)}"
    )


def _department_ended(url: str) -> DepartmentCertificateError:
    return DepartmentCertificateError(
        f"{url}: the certificate of the department has ended, by this unit's clock ({datetime.now(UTC):%Y-%m-%d}): it "
        "has to be renewed there (alpr-edge department renew); modem and network work. If the date is wrong, set this "
        "unit's clock"
    )


def _tls_error(error: ssl.SSLError, settings: UplinkSettings) -> UplinkError:
    url, reason = without_secrets(settings.url), error.reason or "unknown"
    for alert, meaning in _REFUSED_ALERTS.items():
        if "ALERT" in reason and reason.endswith(alert):
            return UnauthorisedError(f"{url}: this unit's certificate {meaning}; enroll this unit again")
    if reason in _NOT_TLS:
        return UplinkError(f"{url}: what answers there does not speak TLS; is a login page in between?")
    return UplinkError(f"{url}: no TLS connection ({reason.replace('_', ' ').lower()}){_validity_hint(settings)}")


def _is_connection_end(error: ssl.SSLError) -> bool:
    """Whether the connection below TLS ended, in contrast to a failure of TLS itself.

    A reset in the middle of a body is reported as any of these, depending on the versions of Python and OpenSSL and on
    what had been sent by then.
    """
    ends = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(error, ends) or error.reason == _UNEXPECTED_EOF


def _network_fault(error: BaseException, settings: UplinkSettings) -> str:
    """Why no answer came, in words for whoever looks at the car."""
    for kind, meaning in _NETWORK_FAULTS:
        if any(isinstance(cause, kind) for cause in _causes(error)):
            return meaning
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {settings.connect_timeout_s:g} s"
    if isinstance(error, httpx.ReadTimeout):
        return f"its answer takes too long, longer than {settings.answer_timeout_s:g} s"
    if isinstance(error, httpx.WriteTimeout):
        return "the link does not carry a delivery in time; smaller ones are tried"
    if any(isinstance(cause, OSError) and cause.errno in _UNREACHABLE for cause in _causes(error)):
        return "no network leads there"
    return "the connection was cut"


def _validity_hint(settings: UplinkSettings) -> str:
    """A hint where this unit's certificate is not valid now: some servers hang up without a TLS alert."""
    certificate = certificate_held(settings)
    if certificate is None:
        return ""
    if certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        return ""
    since, until = certificate.not_valid_before_utc.date(), certificate.not_valid_after_utc.date()
    return (
        f"; by this machine's clock this unit's certificate, {since} to {until}, is not valid: enroll this unit again"
    )


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


def _fault_of(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "not a PEM certificate or key, or the two do not belong together"
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
