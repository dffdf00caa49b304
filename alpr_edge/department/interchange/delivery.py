"""Posts bodies to a target, each signed, and says what its answer means.

The signature is that of the Standard Webhooks specification: ``webhook-id`` is the id of the event, the same at every
try; ``webhook-timestamp`` the time of this try in seconds; ``webhook-signature`` is ``v1,`` and the base64 of
HMAC-SHA256 over id, time and body, joined by dots. A receiver refuses a time that is old, and an id that it has.
"""

import base64
import binascii
import hashlib
import hmac
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline

KEY_BYTES_MIN = 32
KEY_PREFIX = b"whsec_"
"""Begins a key in base64, as libraries for Standard Webhooks write it; any other file is the key itself."""
RETRY_AFTER_S_MAX = 3_600.0
_LATER = {408, 425, 429}
_PAUSE = {401, 403, 404, 405, 410}


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """How long a receiver may take."""

    step_s: float = 10.0
    """At each step: to connect, to take what is sent, to answer."""
    total_s: float = 30.0
    """For the exchange as a whole."""


class DeliveryOutcome(StrEnum):
    """What the answer to a post means."""

    TAKEN = "taken"
    LATER = "later"
    """The receiver, or the way there, fails or asks to wait; it may take another event."""
    PAUSE = "pause"
    """It takes nothing of ours: the address, the key or the token is wrong, or it cannot be reached."""
    REFUSED = "refused"
    """It never takes this body."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a post."""

    outcome: DeliveryOutcome
    words: str
    """For people; nothing that the receiver wrote is in it."""
    wait_s: float | None = None
    """How long it asked to be left alone."""


class DeliveryClient:
    """A client for one target; a context manager.

    Args:
        directory: the department's folder, in which no key may lie.
        times: how long the receiver may take.
    """

    def __init__(self, table: ExchangeTable, directory: Path, times: DeliveryTimes | None = None) -> None:
        self._times = times or DeliveryTimes()
        setting = f"exchange.{table.name}"
        self._url = table.url
        self._key = _key_of(read_secret_file(secret_file(table.key, directory, f"{setting}.key")), table)
        self._headers = {"User-Agent": "alpr-edge", "Accept-Encoding": "identity"}
        if table.token:
            token = read_secret_file(secret_file(table.token, directory, f"{setting}.token")).strip()
            if not token.isascii() or not token.decode().isprintable() or not token:
                raise DepartmentError(f"{setting}.token: the file holds no token: one line of ASCII")
            self._headers["Authorization"] = f"Bearer {token.decode()}"
        self._deadline = Deadline()
        transport = BoundedTransport(_tls(table), self._deadline)
        self._client = httpx.Client(
            transport=transport, timeout=self._times.step_s, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def post(self, event_id: str, body: bytes, content_type: str, now: datetime) -> Delivery:
        headers = self._headers | signature_headers(self._key, event_id, body, now) | {"Content-Type": content_type}
        self._deadline.begin(self._times.total_s)
        try:
            # The answer's body is not read: nothing in it counts, and it may be endless.
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                return _delivery(answer.status_code, answer.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            place = httpx.URL(self._url).host
            return Delivery(DeliveryOutcome.PAUSE, f"{place} does not answer ({type(error).__name__})")


def signature_headers(key: bytes, event_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that say who sent a body, and when."""
    seconds = str(int(now.timestamp()))
    signed = hmac.new(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    signature = base64.b64encode(signed).decode()
    return {"webhook-id": event_id, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}


def _delivery(status: int, headers: httpx.Headers) -> Delivery:
    words = f"answered with status {status}"
    if 200 <= status < 300:
        return Delivery(DeliveryOutcome.TAKEN, words)
    if status in _LATER or status >= 500:
        return Delivery(DeliveryOutcome.LATER, words, _retry_after_s(headers))
    if status in _PAUSE or 300 <= status < 400:
        return Delivery(DeliveryOutcome.PAUSE, words)
    return Delivery(DeliveryOutcome.REFUSED, words)


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3), an hour at most; None without a usable one."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_S_MAX)
    try:
        until = parsedate_to_datetime(value)
        wait_s = (until - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


def _key_of(content: bytes, table: ExchangeTable) -> bytes:
    key = content.strip()
    if key.startswith(KEY_PREFIX):
        try:
            key = base64.b64decode(key.removeprefix(KEY_PREFIX), validate=True)
        except binascii.Error:
            raise DepartmentError(f"exchange.{table.name}.key: what follows whsec_ is not base64") from None
    if len(key) < KEY_BYTES_MIN:
        raise DepartmentError(
            f"exchange.{table.name}.key: {KEY_BYTES_MIN} bytes or more are needed; make it: openssl rand -hex 32"
        )
    return key


def _tls(table: ExchangeTable) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=table.ca_file or None)
    except (OSError, ssl.SSLError):
        raise DepartmentError(f"{table.ca_file}: no certificates of authorities (PEM) there") from None
