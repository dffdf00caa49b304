"""Renews the unit's certificate before it ends, without a person.

The department gives a new certificate to the holder of the old one, so the unit asks for it over the same mutual TLS as
for everything else, with a new key. The old certificate is valid until its end: a renewal that fails is tried again,
and there are weeks for that.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.domain.errors import AlprEdgeError, retry_after_of
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.enrolment import RENEW_PATH, RenewPayload
from alpr_edge.domain.protocol.items import UNIT_HEADER
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.certificate_client import NoCertificateError, ask, issued_in
from alpr_edge.uplink.tls import context_of, days_left

LOOK_S = 3600.0
"""Time between two checks of the days left."""
RETRY = Backoff(first_s=60.0, longest_s=4 * 3600.0)

log = structlog.get_logger(__name__)


class Renewer:
    """Renews the unit's certificate; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet that was enrolled on one day.
    """

    def __init__(
        self, settings: UplinkSettings, unit_id: str, clock: Clock, draw: Callable[[], float] = random.random
    ) -> None:
        self._settings = settings
        self._unit_id = unit_id
        self._clock = clock
        self._draw = draw
        self._failures = 0
        self.failure = ""
        """Why the last try to renew failed; empty when none is due."""

    @property
    def days_left(self) -> float | None:
        """Days until the certificate in use ends; None without a usable one or a set clock."""
        certificate, now = key_pair.certificate_held(self._settings), self._clock.now().utc
        return None if certificate is None or now is None else days_left(certificate, now)

    def step(self) -> float:
        """Renew if it is time; returns the seconds to wait before the next check."""
        left = self.days_left
        if left is None or not 0 < left < self._settings.renew_before_days:
            # A certificate that has ended cannot be renewed either; the link reports that it is not accepted.
            self._failures, self.failure = 0, ""
            return LOOK_S * (0.5 + self._draw() / 2)
        try:
            self.renew()
        except AlprEdgeError as error:
            self._failures += 1
            self.failure = f"the certificate is not renewed: {error}"
            wait_s = max(RETRY.wait_s(self._failures, self._draw()), min(retry_after_of(error), RETRY.longest_s))
            log.warning("uplink.renewal_failed", reason=str(error), days_left=round(left, 1), wait_s=round(wait_s))
            return wait_s
        self._failures, self.failure = 0, ""
        return LOOK_S

    def renew(self) -> datetime:
        """Get the certificate that follows the one held, now; returns when it ends.

        Raises:
            UplinkError: the department cannot be reached, or refuses.
            StoreError: the files cannot be written.
        """
        settings = self._settings
        with key_pair.pair_lock(settings):
            key_pair.settle_pair(settings)
            key_file = settings.key_file.with_name(settings.key_file.name + ".renewing")
            key = key_pair.waiting_key(key_file)
            payload = RenewPayload(request=key_pair.request_of(self._unit_id, key))
            try:
                reply = ask(context_of(settings), settings, RENEW_PATH, payload, {UNIT_HEADER: self._unit_id})
                answer = issued_in(reply, settings)
            except NoCertificateError as refusal:
                if refusal.final:
                    key_pair.remove(key_file)
                raise
            certificate = key_pair.check_certificate(
                answer.certificate, self._unit_id, key, key_pair.load_authority(settings)
            )
            key_pair.replace_pair(settings, certificate.public_bytes(Encoding.PEM), key_pair.pem_of(key))
            key_pair.remove(key_file)
            key_pair.write_media_key(settings, answer.media_key)
        log.info("uplink.certificate_renewed", until=str(certificate.not_valid_after_utc.astimezone(UTC).date()))
        return certificate.not_valid_after_utc
