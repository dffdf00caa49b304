"""Sends one request about certificates to a department and reads one whole answer, bounded in bytes and time."""

import ssl
from collections.abc import Mapping
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from alpr_edge.domain.errors import UnauthorisedError, UplinkError
from alpr_edge.domain.protocol.enrolment import IssuedPayload, Refusal, RefusedPayload
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, PROTOCOL_VERSION
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_responses import Reply, printable, retry_after_s
from alpr_edge.uplink.tls import explain

ANSWER_BYTES_MAX = 65_536
_PASSING = {Refusal.TRIES, Refusal.AUTHORITY}
"""Refusals that may not be repeated when the same request is sent later."""

PayloadT = TypeVar("PayloadT", bound=BaseModel)


class NoCertificateError(UnauthorisedError):
    """The department gives this unit no certificate.

    Args:
        retry_after_s: the seconds after which to try again, where that helps.
    """

    def __init__(self, message: str, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(message, retry_after_s)
        self.reason = reason

    @property
    def final(self) -> bool:
        """Whether another try with the same key is useless."""
        return self.reason not in _PASSING


def ask(
    context: ssl.SSLContext,
    settings: UplinkSettings,
    path: str,
    payload: BaseModel | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """GET a path, or POST a payload to it.

    Args:
        payload: the payload, sent as JSON; None: GET.
    """
    about = {PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Accept-Encoding": "identity", **(headers or {})}
    body = None if payload is None else payload.model_dump_json().encode()
    timeout = httpx.Timeout(settings.answer_timeout_s, connect=settings.connect_timeout_s)
    deadline = Deadline()
    deadline.begin(settings.connect_timeout_s + 2 * settings.answer_timeout_s, settings.answer_timeout_s)
    transport = BoundedTransport(context, deadline)
    try:
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=timeout, headers=about) as client,
            client.stream("GET" if body is None else "POST", settings.url.rstrip("/") + path, content=body) as answer,
        ):
            return Reply(answer.status_code, answer.headers, _whole(answer, settings))
    except httpx.InvalidURL:
        raise UplinkError(f"{settings.url}: not an address; it looks like https://department.example:8443") from None
    except httpx.HTTPError as error:
        raise explain(error, settings) from None


def issued_in(reply: Reply, settings: UplinkSettings) -> IssuedPayload:
    """The certificate that an answer gives, and what comes with it."""
    if not reply.is_of_department:
        raise UplinkError(f"{settings.url}: what answers there (status {reply.status}) is no department; check the URL")
    if reply.status == 200:
        return _read(IssuedPayload, reply, settings)
    refusal = _read(RefusedPayload, reply, settings)
    wait_s = retry_after_s(reply.headers)
    detail = printable(refusal.detail) or f"status {reply.status}"
    if not refusal.reason and reply.status not in {401, 403}:
        raise UplinkError(f"{settings.url}: no certificate: {detail}", wait_s)
    raise NoCertificateError(f"{settings.url}: {detail}", refusal.reason, wait_s)


def _whole(answer: httpx.Response, settings: UplinkSettings) -> bytes:
    body = b""
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise UplinkError(f"{settings.url}: its answer is longer than {ANSWER_BYTES_MAX} bytes")
    return body


def _read(kind: type[PayloadT], reply: Reply, settings: UplinkSettings) -> PayloadT:
    try:
        return kind.model_validate_json(reply.body)
    except ValidationError:
        raise UplinkError(f"{settings.url}: answered (status {reply.status}), but not as a department does") from None
