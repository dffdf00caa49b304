"""Asks the department for one of its documents, unless it is the one that the unit has (ETag, RFC 9110)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER
from alpr_edge.domain.protocol.newest_lists import NEWEST_LISTS_HEADER, parse_newest_lists
from alpr_edge.runtime.network.bounded_transport import Deadline
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_responses import retry_after_s
from alpr_edge.uplink.department_client import open_client
from alpr_edge.uplink.tls import context_of, explain


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """What is asked for, and its bounds."""

    path: str
    name: str
    """What it is, for messages, such as ``roster``."""
    bytes_max: int
    seconds_max: float
    """Longest one transfer may take."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the unit says beside."""


@dataclass(frozen=True, slots=True, eq=False)
class DocumentAnswer:
    """What the department answered."""

    etag: str
    content: bytes | None
    """None: nothing changed, or the department has no such document."""


def fetch_document(
    uplink: UplinkSettings,
    unit_id: str,
    request: DocumentRequest,
    etag: str,
    beat: Callable[[], None],
    want_lists: Callable[[Mapping[str, int]], None] = lambda _: None,
) -> DocumentAnswer:
    """Ask for a document other than that of an ETag.

    Args:
        etag: the ETag of the one that the unit has; empty: it has none.
        want_lists: is told the newest serial of each list that is meant for this unit, by a refusal as well; an answer
            may name none.
    """
    deadline = Deadline(beat)
    deadline.begin(request.seconds_max)
    headers = {**request.headers, **({"If-None-Match": etag} if etag else {})}
    with open_client(uplink, unit_id, context_of(uplink), deadline) as client:
        try:
            with client.stream("GET", uplink.url.rstrip("/") + request.path, headers=headers) as response:
                _require_department(uplink.url, response)
                want_lists(parse_newest_lists(response.headers.get(NEWEST_LISTS_HEADER, "")))
                content = _content(uplink.url, request, response)
                return DocumentAnswer(response.headers.get("ETag", ""), content)
        except httpx.InvalidURL:
            raise UplinkError(f"{uplink.url}: not an address; check [uplink] url") from None
        except httpx.HTTPError as error:
            raise explain(error, uplink) from None


def _require_department(url: str, response: httpx.Response) -> None:
    if PROTOCOL_HEADER not in response.headers:
        status = response.status_code
        raise UplinkError(f"{url}: the answer (status {status}) is not the department's; check [uplink] url")


def _content(url: str, request: DocumentRequest, response: httpx.Response) -> bytes | None:
    """The body of an answer, bounded; None where nothing changed, or the department has no such document."""
    status = response.status_code
    if status in {304, 404}:
        return None
    if status != 200:
        raise UplinkError(f"{url}: no {request.name}, status {status}", retry_after_s(response.headers))
    parts, size = [], 0
    for part in response.iter_raw():
        size += len(part)
        if size > request.bytes_max:
            raise UplinkError(f"{url}: its {request.name} is longer than {request.bytes_max} bytes")
        parts.append(part)
    return b"".join(parts)
