"""Gets the certificate by which the department vouches for the key that signs evidence packages, and the next in time.

The key itself is derived from that of the access log, which the uplink does not have. Who has it leaves a certificate
request beside the data: it holds the public key, and proves that the private one was there. What the department answers
lies beside its authority's certificate, where exports find it.
"""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.domain.errors import AlprEdgeError, UplinkError, retry_after_of
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.enrolment import (
    EVIDENCE_VOUCHER_PATH,
    RenewPayload,
)
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.certificate_client import ask
from alpr_edge.uplink.documents.held_voucher import held_voucher, parse_voucher, voucher_file
from alpr_edge.uplink.documents.voucher_request import read_request
from alpr_edge.uplink.tls import context_of, days_left

LOOK_S = 3600.0
SOON_S = 60.0
"""Time to the next look while nobody has left a request yet."""
RETRY = Backoff(first_s=60.0, longest_s=4 * 3600.0)

log = structlog.get_logger(__name__)


class EvidenceVoucher:
    """Keeps the voucher of the evidence key; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self,
        settings: UplinkSettings,
        request_file: Path,
        unit_id: str,
        clock: Clock,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._request_file = request_file
        self._unit_id = unit_id
        self._clock = clock
        self._draw = draw
        self._failures = 0

    def step(self) -> float:
        """Get a voucher if it is time; returns the seconds to wait before the next check."""
        now, request = self._clock.now().utc, read_request(self._request_file)
        if request is None:
            return SOON_S
        if now is None or not self._is_due(now, request):
            return LOOK_S * (0.5 + self._draw() / 2)
        try:
            until = self._replace(request)
        except AlprEdgeError as error:
            self._failures += 1
            log.info("uplink.evidence_key_not_vouched", reason=str(error))
            return max(RETRY.wait_s(self._failures, self._draw()), min(retry_after_of(error), RETRY.longest_s))
        self._failures = 0
        log.info("uplink.evidence_key_vouched", until=f"{until:%Y-%m-%d}")
        return LOOK_S

    def _is_due(self, now: datetime, request: x509.CertificateSigningRequest) -> bool:
        """Whether there is none, one that ends soon, or one of another key or authority."""
        held = held_voucher(self._settings)
        if held is None:
            return True
        certificate = x509.load_pem_x509_certificate(held.certificate)
        is_of_key = certificate.public_key() == request.public_key()
        return not is_of_key or days_left(certificate, now) < self._settings.renew_before_days

    def _replace(self, request: x509.CertificateSigningRequest) -> datetime:
        settings = self._settings
        payload = RenewPayload(request=request.public_bytes(Encoding.PEM).decode("ascii"))
        reply = ask(context_of(settings), settings, EVIDENCE_VOUCHER_PATH, payload, {UNIT_HEADER: self._unit_id})
        if not reply.is_of_department or reply.status != 200:
            raise UplinkError(f"{settings.url}: vouches for no key of evidence (status {reply.status})")
        certificate = _certificate_of(reply.body, request, key_pair.load_authority(settings))
        key_pair.write_whole(voucher_file(settings), reply.body)
        return certificate.not_valid_after_utc


def _certificate_of(
    body: bytes, request: x509.CertificateSigningRequest, authority: x509.Certificate
) -> x509.Certificate:
    """The certificate of an answer, if it is of this key, and by this authority as that of the witness is."""
    certificate = x509.load_pem_x509_certificate(parse_voucher(body, authority).certificate)
    if certificate.public_key() != request.public_key():
        raise UplinkError("the department vouched for another key; look at its log")
    return certificate
