"""Fetches the department's holds on this unit's reads, and hands them to the daemon that places and releases them.

The department is asked at the start and every so many seconds (``uplink.roster_check_s``). Holds that did not change
cost one 304 (ETag, RFC 9110). They come over the connection that both sides prove themselves on, so no signature is
asked for beside it; what is of another unit, too large or unreadable is not handed on, and what is held stays held.
"""

import random
import threading
import time
from collections.abc import Callable

import structlog
from pydantic import ValidationError

from alpr_edge.domain.errors import UplinkError, retry_after_of
from alpr_edge.domain.protocol.holds import HOLDS_BYTES_MAX, HOLDS_PATH, HOLDS_SPOOL_NAME, DepartmentHoldsPayload
from alpr_edge.domain.retry import Backoff
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.uplink.bounded_transport import no_beat
from alpr_edge.uplink.documents.document_request import DocumentRequest, fetch_document

REQUEST = DocumentRequest(HOLDS_PATH, "list of holds", HOLDS_BYTES_MAX, seconds_max=300.0)
WAITING_S = 1.0
"""Time between two looks whether the holds before were taken in."""

log = structlog.get_logger(__name__)


class HoldDownloader:
    """Fetches the department's holds; one thread steps it.

    Args:
        uplink: the department's address, certificates and time limits.
        unit_id: the id of this unit.
        incoming: the spool that they are handed over in.
        database: the database in which each fetch is recorded.
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self,
        uplink: UplinkSettings,
        unit_id: str,
        incoming: DownloadSpool,
        database: Database,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._uplink = uplink
        self._unit_id = unit_id
        self._incoming = incoming
        self._database = database
        self._draw = draw
        self._backoff = Backoff(uplink.retry_first_s, longest_s=max(uplink.roster_check_s, uplink.retry_first_s))
        self._beat: Callable[[], None] = no_beat
        self._due_s = time.monotonic()
        self._failures = 0
        self._wake = threading.Event()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        self._wake.wait(seconds)

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Ask the department if it is time; returns the seconds until it is.

        Args:
            beat: a function that is called while a transfer goes on.

        Raises:
            StoreError: the database does not answer.
        """
        self._beat = beat
        wait_s = self._due_s - time.monotonic()
        if wait_s > 0:
            return wait_s
        if self._incoming.waits(HOLDS_SPOOL_NAME):
            return WAITING_S
        wait_s = self._uplink.roster_check_s * (0.75 + self._draw() / 4)
        try:
            self._fetch()
            self._failures = 0
        except UplinkError as error:
            self._failures += 1
            wait_s = max(self._backoff.wait_s(self._failures, self._draw()), min(retry_after_of(error), wait_s))
            log.info("holds.not_fetched", reason=str(error), failures=self._failures)
        self._due_s = time.monotonic() + wait_s
        return wait_s

    def _call_beat(self) -> None:
        self._beat()

    def _fetch(self) -> None:
        """Ask once, and hand over what comes."""
        have = sync_state.state_of(self._database, HOLDS_SPOOL_NAME).etag
        etag, content = fetch_document(self._uplink, self._unit_id, REQUEST, have, self._call_beat)
        if content is None:
            return
        try:
            payload = DepartmentHoldsPayload.model_validate_json(content)
        except ValidationError:
            raise UplinkError(f"{self._uplink.url}: its holds cannot be read; update this unit") from None
        if payload.unit_id != self._unit_id:
            raise UplinkError(f"{self._uplink.url}: its holds are those of another unit")
        draft = self._incoming.start(HOLDS_SPOOL_NAME, FeedNote(etag=etag))
        try:
            draft.append(content)
            draft.finish()
        finally:
            draft.close()
        sync_state.note(self._database, HOLDS_SPOOL_NAME, etag=etag)
        log.info("holds.handed_over", holds=len(payload.holds))
