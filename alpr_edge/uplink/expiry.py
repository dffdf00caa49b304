"""Warns of certificates that end soon: past the end nothing is delivered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from alpr_edge.settings import UplinkSettings

SOON = timedelta(days=30)


def expiry_warnings(settings: UplinkSettings, department_until: datetime | None, now: datetime) -> Iterator[str]:
    """A line for each certificate that ends within :data:`SOON` or has ended.

    Args:
        department_until: the end of the department's own certificate, as last seen; None before the first connection.
        now: the present time in UTC.
    """
    again = "enroll this unit again"
    yield from _expiry_lines("this unit's certificate", _until(settings.certificate_file), again, now)
    yield from _expiry_lines("the certificate of the department's authority", _until(settings.ca_file), again, now)
    renew = "renew it there: alpr-edge department renew"
    yield from _expiry_lines("the certificate of the department", department_until, renew, now)


def _expiry_lines(what: str, until: datetime | None, todo: str, now: datetime) -> Iterator[str]:
    if until is None or until - now > SOON:
        return
    if until <= now:
        yield f"{what} has expired on {until.date()}; {todo}"
    else:
        yield f"{what} expires on {until.date()}, in {(until - now).days} days; {todo}"


def _until(path: Path) -> datetime | None:
    """The last moment of a certificate; None when it cannot be read, which the connection itself reports."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
