"""The requests to a server that holds a list, and what the head of its answer says."""

import re
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.items import (
    LIST_ACCEPTED_HEADER,
    LIST_CHANGE_HEADER,
    LIST_SERIAL_HEADER,
    LISTS_PATH,
    PROTOCOL_HEADER,
    AcceptedSize,
    ListChange,
)
from alpr_edge.settings import ListSource, UplinkSettings
from alpr_edge.store.hotlists.download_spool import FeedNote, PartialDownload
from alpr_edge.store.hotlists.sync_state import SyncState
from alpr_edge.uplink.delivery_responses import retry_after_s

_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)")
_SERIAL = re.compile(r"\d{1,12}")


def address_of(source: ListSource, settings: UplinkSettings, state: SyncState) -> str:
    """URL of a list; the department's names the serial after which the next list is wanted."""
    if not source.department:
        return source.url
    return settings.url.rstrip("/") + LISTS_PATH + source.name + "?" + urlencode({"after": state.serial})


def signature_address(url: str) -> str:
    """URL of a list's signature: its path with ``.sig`` behind it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path + ".sig"))


def headers_of(state: SyncState, draft: PartialDownload | None) -> dict[str, str]:
    """Headers that ask for the rest of a draft, or for a list other than the one fetched last."""
    if draft is not None and draft.size and draft.note.etag:
        return {"Range": f"bytes={draft.size}-", "If-Range": draft.note.etag}
    marks = {"If-None-Match": state.etag, "If-Modified-Since": state.modified}
    return {name: value for name, value in marks.items() if value}


def check(source: ListSource, response: httpx.Response) -> None:
    """Raise UplinkError unless a list follows, of a size that is allowed."""
    status = response.status_code
    if source.department and PROTOCOL_HEADER not in response.headers:
        raise UplinkError(f"{source.name}: the answer (status {status}) is not the department's; check [uplink] url")
    if status in {401, 403}:
        raise UplinkError(f"{source.name}: the server does not accept this unit (status {status}); enroll it there")
    if status == 404:
        raise UplinkError(f"{source.name}: the server has no such list (status 404); check its name and url")
    if status not in {200, 206}:
        raise UplinkError(f"{source.name}: no list, status {status}", retry_after_s(response.headers))
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise UplinkError(f"{source.name}: a web page came instead of a list; is a login page in between?")
    if int(response.headers.get("Content-Length", "0") or 0) > source.bytes_max:
        raise UplinkError(too_large(source))


def too_large(source: ListSource) -> str:
    """The message about a list beyond the limit."""
    return f"{source.name}: over {source.bytes_max} bytes; if that is right, raise bytes_max of the source"


def note_of(source: ListSource, response: httpx.Response) -> FeedNote:
    """The facts that the headers give about the list that follows."""
    headers = response.headers
    etag = headers.get("ETag", "")
    last_modified = headers.get("Last-Modified", "")
    # A weak mark vouches for no byte: such a list is fetched from its start again.
    etag = "" if etag.startswith("W/") else etag
    if not source.department:
        return FeedNote(etag=etag, modified=last_modified)
    serial, change = headers.get(LIST_SERIAL_HEADER, ""), headers.get(LIST_CHANGE_HEADER, "")
    if not _SERIAL.fullmatch(serial) or change not in set(ListChange):
        raise UplinkError(f"{source.name}: the department does not say which list this is; update its software")
    # Which list is newer its serial says: marks of its files would hide the next step of a chain.
    accepted = {word.strip() for word in headers.get(LIST_ACCEPTED_HEADER, "").split(",")}
    return FeedNote(
        ListChange(change),
        int(serial),
        etag,
        accept_shrink=AcceptedSize.SHRINK in accepted,
        accept_growth=AcceptedSize.GROWTH in accepted,
    )


def may_resume(response: httpx.Response) -> bool:
    """Whether the rest of a list can be asked for later: its server sends parts of it."""
    takes_ranges = response.headers.get("Accept-Ranges", "").strip().lower() == "bytes"
    return response.status_code == 206 or takes_ranges


def start_of(response: httpx.Response) -> int | None:
    """At which byte a part begins."""
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(match.group(1)) if match else None
