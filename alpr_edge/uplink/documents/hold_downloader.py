"""Fetches the department's holds on this unit's reads, and hands them to the daemon that places and releases them.

The department is asked at the start and every so many seconds (``uplink.roster_check_s``). Holds that did not change
cost one 304 (ETag, RFC 9110). They come over the connection that both sides prove themselves on, so no signature is
asked for beside it; what is of another unit, too large or unreadable is not handed on, and what is held stays held.
Every answer names the newest lists too, so that a car that reads nothing fetches a new entry as soon as others; so does
the refusal of a department that does not know its holds.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial

import structlog
from pydantic import ValidationError

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.holds import HOLDS_BYTES_MAX, HOLDS_PATH, HOLDS_SPOOL_NAME, DepartmentHoldsPayload
from alpr_edge.runtime.network.bounded_transport import no_beat
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.uplink.documents.document_request import DocumentRequest, fetch_document
from alpr_edge.uplink.documents.document_schedule import DocumentSchedule

REQUEST = DocumentRequest(HOLDS_PATH, "list of holds", HOLDS_BYTES_MAX, seconds_max=300.0)

log = structlog.get_logger(__name__)


class HoldDownloader:
    """Fetches the department's holds; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self,
        uplink: UplinkSettings,
        unit_id: str,
        incoming: DownloadSpool,
        database: Database,
        want_lists: Callable[[Mapping[str, int]], None],
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._uplink = uplink
        self._unit_id = unit_id
        self._incoming = incoming
        self._database = database
        self._want_lists = want_lists
        self._schedule = DocumentSchedule(uplink, draw, "holds.not_fetched")

    def wait(self, seconds: float) -> None:
        """Sleep."""
        self._schedule.wait(seconds)

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Ask the department if it is time; returns the seconds until it is.

        Raises:
            StoreError: the database does not answer.
        """
        return self._schedule.step(partial(self._incoming.waits, HOLDS_SPOOL_NAME), partial(self._fetch, beat))

    def _fetch(self, beat: Callable[[], None]) -> None:
        """Ask once, and hand over what comes."""
        have = sync_state.state_of(self._database, HOLDS_SPOOL_NAME).etag
        answer = fetch_document(self._uplink, self._unit_id, REQUEST, have, beat, self._want_lists)
        if answer.content is None:
            return
        try:
            payload = DepartmentHoldsPayload.model_validate_json(answer.content)
        except ValidationError:
            raise UplinkError(f"{self._uplink.url}: its holds cannot be read; update this unit") from None
        if payload.unit_id != self._unit_id:
            raise UplinkError(f"{self._uplink.url}: its holds are those of another unit")
        self._incoming.put(HOLDS_SPOOL_NAME, FeedNote(etag=answer.etag), answer.content)
        sync_state.note(self._database, HOLDS_SPOOL_NAME, etag=answer.etag)
        log.info("holds.handed_over", holds=len(payload.holds))
