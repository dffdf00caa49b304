"""Gets the certificate of the unit's page from the department, and the next one before it ends.

Key and certificate lie in one file, so that they are replaced as one; the authority's certificate follows them there,
as a browser asks for it.
"""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from alpr_edge.domain.errors import AlprEdgeError, UplinkError, retry_after_of
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.certificate_faults import CERTIFICATE_FAULTS
from alpr_edge.domain.protocol.enrolment import PAGE_CERTIFICATE_PATH, Refusal, RenewPayload
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.certificate_client import NoCertificateError, ask, issued_in
from alpr_edge.uplink.tls import context_of, days_left

LOOK_S = 3600.0
NOT_THERE = 404
RETRY = Backoff(first_s=60.0, longest_s=4 * 3600.0)

log = structlog.get_logger(__name__)


class _NotReachedError(UplinkError):
    """The department is not reached, which the link tells of."""


class PageCertificate:
    """Keeps the certificate of the page; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self,
        settings: UplinkSettings,
        file: Path,
        unit_id: str,
        clock: Clock,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._file = file
        self._unit_id = unit_id
        self._clock = clock
        self._draw = draw
        self._failures = 0
        self.failure = ""
        """Why the last try failed; empty when none is due, the department is not reached, or has no name for a page."""

    def step(self) -> float:
        """Get a certificate if it is time; returns the seconds to wait before the next check."""
        now = self._clock.now().utc
        if now is None or not self._is_due(now):
            self._failures, self.failure = 0, ""
            return LOOK_S * (0.5 + self._draw() / 2)
        try:
            until = self._replace()
        except NoCertificateError as refusal:
            # A department without a domain has no name for the page: that is no fault of the unit.
            self.failure = "" if refusal.reason == Refusal.NAME else f"the page has no certificate: {refusal}"
            log.info("uplink.no_page_certificate", reason=str(refusal))
            return LOOK_S
        except _NotReachedError as error:
            self._failures, self.failure = self._failures + 1, ""
            return max(RETRY.wait_s(self._failures, self._draw()), min(retry_after_of(error), RETRY.longest_s))
        except AlprEdgeError as error:
            self._failures += 1
            self.failure = f"the page has no new certificate: {error}"
            log.warning("uplink.page_certificate_failed", reason=str(error))
            return max(RETRY.wait_s(self._failures, self._draw()), min(retry_after_of(error), RETRY.longest_s))
        self._failures, self.failure = 0, ""
        log.info("uplink.page_certificate", until=f"{until:%Y-%m-%d}")
        return LOOK_S

    def _is_due(self, now: datetime) -> bool:
        """Whether there is none, one that ends soon, or one of another authority than the department's."""
        try:
            content = self._file.read_bytes()
            certificate = x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])
            certificate.verify_directly_issued_by(key_pair.load_authority(self._settings))
        except (OSError, UplinkError, *CERTIFICATE_FAULTS):
            return True
        return days_left(certificate, now) < self._settings.renew_before_days

    def _replace(self) -> datetime:
        settings, key = self._settings, ec.generate_private_key(ec.SECP256R1())
        payload = RenewPayload(request=key_pair.request_of(self._unit_id, key))
        try:
            reply = ask(context_of(settings), settings, PAGE_CERTIFICATE_PATH, payload, {UNIT_HEADER: self._unit_id})
        except UplinkError as error:
            raise _NotReachedError(str(error), retry_after_of(error)) from None
        if reply.is_of_department and reply.status == NOT_THERE:
            raise NoCertificateError(f"{settings.url}: an earlier release, which knows no pages", Refusal.NAME)
        authority = key_pair.load_authority(settings)
        certificate = check_page_certificate(issued_in(reply, settings).certificate, key, authority)
        chain = certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
        key_pair.write_whole(self._file, key_pair.pem_of(key) + chain)
        return certificate.not_valid_after_utc


def check_page_certificate(pem: str, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate) -> x509.Certificate:
    """The certificate that the department gave, if it is one of a server for this key."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        certificate.verify_directly_issued_by(authority)
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        certified_key = certificate.public_key()
    except CERTIFICATE_FAULTS:
        raise UplinkError("the department gave no certificate of its own authority; look at its log") from None
    if certified_key != key.public_key() or ExtendedKeyUsageOID.SERVER_AUTH not in purposes:
        raise UplinkError("the department gave a certificate for another key or purpose; look at its log")
    return certificate
