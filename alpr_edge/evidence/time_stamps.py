"""Time stamps of a time-stamping authority over the tag manifest (RFC 3161), with the extra ``time-stamp``.

A stamp says that the package existed at that time, by the clock of somebody who has no part in the case. The authority
learns a digest and nothing else. ``openssl ts -verify`` checks one as well.
"""

import hashlib
import time
from datetime import datetime

import httpx
from cryptography import x509

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline

ANSWER_BYTES_MAX = 64 * 1024
STEP_S_MAX, ANSWER_S_MAX = 10.0, 20.0
"""Longest waits: to connect and for each part of an answer, and for a whole answer."""
_SHA512_NAME = "2.16.840.1.101.3.4.2.3"


class HttpTimeStamper:
    """Asks a time-stamping authority over HTTP.

    Args:
        authorities: certificates (PEM) of which one has to vouch for its stamps; empty: whoever made them.
    """

    def __init__(self, url: str, authorities: bytes = b"") -> None:
        self._url = url
        self._authorities = authorities

    def stamp(self, content: bytes) -> bytes:
        """The response over a content, DER.

        Raises:
            EvidenceError: there is no link, no answer in :data:`ANSWER_S_MAX`, it refused, its stamp is by another
                authority, or the library is not installed.
        """
        try:
            from rfc3161_client import TimestampRequestBuilder  # noqa: PLC0415 - an extra
        except ImportError:
            raise EvidenceError('install what asks for them: pip install "alpr-edge[time-stamp]"') from None
        request = TimestampRequestBuilder().data(content).build().as_bytes()
        headers = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}
        deadline = Deadline()
        deadline.begin(ANSWER_S_MAX)
        transport = BoundedTransport(httpx.create_ssl_context(trust_env=False), deadline)
        try:
            with (
                httpx.Client(transport=transport, timeout=STEP_S_MAX, trust_env=False) as client,
                client.stream("POST", self._url, content=request, headers=headers) as answer,
            ):
                body = self._body(answer)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise EvidenceError(f"{self._url}: does not answer at present") from None
        if answer.status_code != 200:
            raise EvidenceError(f"{self._url}: gives none (status {answer.status_code})")
        try:
            stamped_at(body, content, self._authorities)
        except EvidenceError as error:
            raise EvidenceError(f"{self._url}: what it gave does not hold: {error}") from None
        return body

    def _body(self, answer: httpx.Response) -> bytes:
        body, limit_s = b"", time.monotonic() + ANSWER_S_MAX
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                raise EvidenceError(f"{self._url}: its answer is longer than a time stamp")
            if time.monotonic() > limit_s:
                raise EvidenceError(f"{self._url}: its answer takes longer than {ANSWER_S_MAX:g} s")
        return body


def stamped_at(response: bytes, content: bytes, authorities: bytes = b"") -> datetime:
    """When a content was stamped.

    Args:
        authorities: certificates (PEM) of authorities that are trusted; empty: the signature is not checked.

    Raises:
        EvidenceError: it is none, is over other content, or the library is not installed; with authorities, also that
            none of them vouches for it.
    """
    try:
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response  # noqa: PLC0415 - an extra
    except ImportError:
        raise EvidenceError('it cannot be checked here: pip install "alpr-edge[time-stamp]"') from None
    try:
        stamp = decode_timestamp_response(response)
        imprint, at = stamp.tst_info.message_imprint, stamp.tst_info.gen_time
        name = imprint.hash_algorithm.dotted_string
        roots = x509.load_pem_x509_certificates(authorities) if authorities else []
    except ValueError:
        raise EvidenceError("it is no time stamp, or the authorities are no certificates") from None
    if name != _SHA512_NAME or imprint.message != hashlib.sha512(content).digest():
        raise EvidenceError("it is over other content")
    if roots:
        try:
            VerifierBuilder(roots=roots).build().verify_message(stamp, content)
        except (VerificationError, ValueError):
            raise EvidenceError("none of the authorities that you named made it") from None
    return at
