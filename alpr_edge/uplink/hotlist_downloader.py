"""Downloads hotlists over HTTPS into the folder of incoming feeds; the unit imports them from there.

A list that did not change costs one 304 (ETag, RFC 9110), one that was cut is resumed where it was (Range with
If-Range, so that halves of two lists are never joined), one that is too large or no list at all is refused. When a
download fails, the list in use stays live and grows older, and the download is tried again with growing waits.

One transfer goes on at a time. A large list over a weak link takes hours, so it gives way: at once to a list that the
department names as newer, after :data:`TURN_S` to any other that is due; and goes on where it was. One of a server
that sends no parts would begin anew at each turn, so it gives way to none.
"""

import base64
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx
import structlog

from alpr_edge.domain.errors import AlprEdgeError, UplinkError, retry_after_of
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.network.bounded_transport import Deadline, no_beat
from alpr_edge.settings import ListSource, UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, PartialDownload
from alpr_edge.store.hotlists.sync_state import SyncState
from alpr_edge.uplink import hotlist_responses
from alpr_edge.uplink.department_client import open_client
from alpr_edge.uplink.tls import context_of, explain

FETCH_S_MAX = 3600.0
"""Longest one transfer may take; what arrived of a longer one is kept and resumed."""
TURN_S = 60.0
"""Time after which a transfer gives way to any other list that is due."""
CHUNK_BYTES = 256 * 1024
SIGNATURE_FILE_BYTES_MAX = 4096
CHECK_S = 1.0
"""Time between two checks whether a downloaded list was imported."""
_AT_ONCE = 0.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Due:
    """When a source is due next; on monotonic time, so a wrong clock delays nothing."""

    source: ListSource
    at_s: float
    """:data:`_AT_ONCE`: the department named a newer list."""
    failures: int = 0
    begun_s: float = 0.0
    """When its present transfer began."""


class _GivesWayError(Exception):
    """A transfer was left, for another list; it goes on where it was."""


class HotlistDownloader:
    """Fetches the lists of the sources that come over HTTPS; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(  # noqa: PLR0913 - all of it is handed in once, by name
        self,
        *,
        sources: Sequence[ListSource],
        uplink: UplinkSettings,
        unit_id: str,
        incoming: DownloadSpool,
        database: Database,
        clock: Clock,
        require_room: Callable[[], None],
        draw: Callable[[], float] = random.random,
        turn_s: float = TURN_S,
    ) -> None:
        self._uplink = uplink
        self._unit_id = unit_id
        self._incoming = incoming
        self._database = database
        self._clock = clock
        self._require_room = require_room
        self._draw = draw
        self._turn_s = turn_s
        self._beat: Callable[[], None] = no_beat
        # Called for every piece that arrives, not for every chunk that is stored: a slow server is no reason to
        # restart.
        self._deadline = Deadline(self._call_beat)
        now_s = time.monotonic()
        first_s = uplink.retry_first_s
        remote_sources = [source for source in sources if source.url or source.department]
        self._due = {source.name: _Due(source, now_s + draw() * first_s) for source in remote_sources}
        self._newest: dict[str, int] = {}
        self._transferring: _Due | None = None
        """The source that is downloaded because it was due."""
        self._wake = threading.Event()

    def want(self, serials: Mapping[str, int]) -> None:
        """Make a source due at once when an answer named a newer serial; called by other threads."""
        for name, serial in serials.items():
            due = self._due.get(name)
            if due is not None and due.source.department and serial > self._newest.get(name, 0):
                self._newest[name] = serial
                due.at_s = _AT_ONCE
                self._wake.set()

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the moment when a newer list is named."""
        self._wake.wait(seconds)
        self._wake.clear()

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Download the source that has been due longest, if one is due.

        Returns:
            Seconds until the next one is due.

        Raises:
            StoreError: the database does not answer.
        """
        self._beat = beat
        if not self._due:
            return CHECK_S
        due = min(self._due.values(), key=lambda each: each.at_s)
        wait_s = due.at_s - time.monotonic()
        if wait_s > 0:
            return wait_s
        self._download_due(due)
        return max(0.0, min(each.at_s for each in self._due.values()) - time.monotonic())

    def download(self, source: ListSource) -> bool:
        """Ask for one source now.

        Returns:
            Whether a newer list was fetched and waits to be imported.

        Raises:
            UplinkError: the server cannot be reached, refuses, or sends no list.
            StoreError: the disk is full, or it or the database failed.
        """
        self._require_room()
        state = sync_state.state_of(self._database, source.name)
        draft = self._incoming.draft(source.name)
        try:
            return self._transfer(source, state, draft)
        finally:
            if draft is not None:
                draft.close()

    def _call_beat(self) -> None:
        self._beat()

    def _download_due(self, due: _Due) -> None:
        name = due.source.name
        if self._incoming.waits(name):
            # One list at a time: a change applies to the list before it.
            due.at_s = time.monotonic() + CHECK_S
            return
        newest = self._newest.get(name, 0)
        self._transferring, due.begun_s = due, time.monotonic()
        try:
            is_new = self.download(due.source)
        except _GivesWayError:
            due.at_s = time.monotonic()
            return
        except AlprEdgeError as error:
            due.failures += 1
            sync_state.note(self._database, name, fetch_failure=str(error))
            longest_s = max(due.source.check_interval_s, self._uplink.retry_first_s)
            wait_s = Backoff(self._uplink.retry_first_s, longest_s=longest_s).wait_s(due.failures, self._draw())
            due.at_s = time.monotonic() + max(wait_s, min(retry_after_of(error), longest_s))
            log.warning("hotlist.download_failed", source=name, reason=str(error), failures=due.failures)
            return
        finally:
            self._transferring = None
        due.failures = 0
        is_behind = is_new or self._newest.get(name, 0) > newest
        due.at_s = time.monotonic() + (CHECK_S if is_behind and due.source.department else due.source.check_interval_s)

    def _transfer(self, source: ListSource, state: SyncState, draft: PartialDownload | None) -> bool:
        settings = self._settings_of(source)
        self._deadline.begin(FETCH_S_MAX)
        with open_client(settings, self._unit_id, context_of(settings), self._deadline) as client:
            try:
                with client.stream(
                    "GET",
                    hotlist_responses.address_of(source, settings, state),
                    headers=hotlist_responses.headers_of(state, draft),
                ) as response:
                    return self._handle_response(client, source, response, draft)
            except httpx.InvalidURL:
                raise UplinkError(f"{source.name}: its url is no address; check [[hotlist.source]]") from None
            except httpx.HTTPError as error:
                raise explain(error, settings) from None

    def _handle_response(
        self, client: httpx.Client, source: ListSource, response: httpx.Response, draft: PartialDownload | None
    ) -> bool:
        status, now = response.status_code, self._clock.now().trusted_utc
        if status == 304 or (status == 204 and source.department):
            # Without a trusted time the last confirmation stays as it is.
            confirmation = {} if now is None else {"asked": now}
            sync_state.note(self._database, source.name, fetch_failure="", **confirmation)
            return False
        if status == 416 and draft is not None:
            draft.discard()
        hotlist_responses.check(source, response)
        if status == 200:
            note = hotlist_responses.note_of(source, response)
            if source.signing_key_file is not None:
                note = replace(note, signature=_signature(client, source))
            draft = self._incoming.start(source.name, note)
        elif draft is None or hotlist_responses.start_of(response) != draft.size:
            raise UplinkError(f"{source.name}: the server sent another part than was asked for")
        try:
            self._append_body(source, response, draft)
            draft.finish()
        finally:
            draft.close()
        note = draft.note
        sync_state.note(self._database, source.name, etag=note.etag, modified=note.modified, fetch_failure="")
        log.info("hotlist.downloaded", source=source.name, bytes=draft.size, serial=note.serial, change=note.change)
        return True

    def _append_body(self, source: ListSource, response: httpx.Response, draft: PartialDownload) -> None:
        pieces = bytearray()
        may_resume = bool(draft.note.etag) and hotlist_responses.may_resume(response)
        try:
            for piece in response.iter_raw():
                if draft.size + len(pieces) + len(piece) > source.bytes_max:
                    pieces.clear()
                    draft.discard()
                    raise UplinkError(hotlist_responses.too_large(source))
                pieces += piece
                if may_resume and self._gives_way():
                    raise _GivesWayError
                if len(pieces) >= CHUNK_BYTES:
                    self._append(draft, pieces)
        finally:
            # Also what came before the end of a link that is cut again and again.
            self._append(draft, pieces)

    def _append(self, draft: PartialDownload, pieces: bytearray) -> None:
        if pieces:
            self._require_room()
            draft.append(bytes(pieces))
            pieces.clear()

    def _gives_way(self) -> bool:
        """Whether another list comes before the rest of the one that is downloaded now."""
        if self._transferring is None:
            return False
        now_s = time.monotonic()
        until_s = now_s if now_s - self._transferring.begun_s >= self._turn_s else _AT_ONCE
        others = [due for due in self._due.values() if due is not self._transferring]
        return any(due.at_s <= until_s and not self._incoming.waits(due.source.name) for due in others)

    def _settings_of(self, source: ListSource) -> UplinkSettings:
        """The uplink's settings with the source's own address and certificates in their place."""
        own = {name: getattr(source, name) for name in ("ca_file", "certificate_file", "key_file")}
        address = self._uplink.url if source.department else source.url
        if not address:
            raise UplinkError(f"{source.name}: comes from the department, but uplink.url is empty; set it")
        overrides = {name: path for name, path in own.items() if path is not None}
        return self._uplink.model_copy(update={"url": address, **overrides})


def _signature(client: httpx.Client, source: ListSource) -> str:
    """The list's detached signature in base64; it lies beside it as ``NAME.sig``."""
    with client.stream("GET", hotlist_responses.signature_address(source.url)) as response:
        if response.status_code != 200:
            raise UplinkError(
                f"{source.name}: no signature beside the list, status {response.status_code}; ask its maker"
            )
        parts = []
        for part in response.iter_raw(SIGNATURE_FILE_BYTES_MAX):
            parts.append(part)
            if sum(map(len, parts)) > SIGNATURE_FILE_BYTES_MAX:
                raise UplinkError(f"{source.name}: what lies beside the list as its signature is too large for one")
    return base64.b64encode(b"".join(parts)).decode("ascii")
