"""Fetches the department's roster like a list, and hands it to the daemon that puts it in force.

The department is asked at the start, every so many seconds, and at once when an answer names a higher serial than the
one held. A roster that did not change costs one 304 (ETag, RFC 9110). What is not signed by the pinned key, has ended,
is older, another department's or too large is not handed on: the roster in force stays.
"""

import random
from collections.abc import Callable
from functools import partial

import structlog

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.handed_roster import SIGNED_BYTES_MAX, SPOOL_NAME, pack_roster
from alpr_edge.domain.people.roster import RosterHeader, check_roster
from alpr_edge.domain.people.signed_roster import RosterKey, open_roster
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.rosters import ROSTER_PATH, ROSTER_SERIAL_HEADER
from alpr_edge.runtime.network.bounded_transport import no_beat
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.store.hotlists.sync_state import SyncState
from alpr_edge.uplink.department_keys import pin_missing_keys
from alpr_edge.uplink.documents.document_request import DocumentRequest, fetch_document
from alpr_edge.uplink.documents.document_schedule import DocumentSchedule

FETCH_S_MAX = 600.0
"""Longest one transfer may take."""

log = structlog.get_logger(__name__)


class RosterDownloader:
    """Fetches the roster; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(  # noqa: PLR0913 - all of it is handed in once, by name
        self,
        *,
        uplink: UplinkSettings,
        unit_id: str,
        incoming: DownloadSpool,
        database: Database,
        clock: Clock,
        draw: Callable[[], float] = random.random,
        bytes_max: int = SIGNED_BYTES_MAX,
    ) -> None:
        self._uplink = uplink
        self._unit_id = unit_id
        self._incoming = incoming
        self._database = database
        self._clock = clock
        self._bytes_max = bytes_max
        self._schedule = DocumentSchedule(uplink, draw, "roster.not_fetched")
        self._refused_etag = ""
        self._refused_by = ""
        self._held: RosterHeader | None = None
        self._wanted = 0
        self.trouble = ""
        """Why the department's roster is not used, or not to be had; empty: it is, or nothing is known."""

    def want(self, serial: int) -> None:
        """Ask at once when an answer named a serial that was not named before; called by another thread."""
        if serial > self._wanted:
            self._wanted = serial
            self._schedule.want()

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the moment when a newer roster is named."""
        self._schedule.wait(seconds)

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Ask the department if it is time; returns the seconds until it is.

        Raises:
            StoreError: the database does not answer.
        """
        return self._schedule.step(partial(self._incoming.waits, SPOOL_NAME), partial(self._fetch, beat))

    def _fetch(self, beat: Callable[[], None]) -> None:
        """Ask once, and hand over what comes and holds."""
        key = pin_missing_keys(self._uplink, self._unit_id).roster_key
        if key is None:
            return  # a department of an earlier release, which has no rosters
        if str(key) != self._refused_by:
            self._refused_etag = ""  # with another key it may hold
        state = sync_state.state_of(self._database, SPOOL_NAME)
        request = DocumentRequest(
            ROSTER_PATH, "roster", self._bytes_max, FETCH_S_MAX, {ROSTER_SERIAL_HEADER: str(state.serial)}
        )
        have = self._refused_etag or state.etag
        answer = fetch_document(self._uplink, self._unit_id, request, have, beat)
        etag, content = answer.etag, answer.content
        if content is None or (etag and etag == state.etag):
            if not (content is None and self._refused_etag):
                self._note_in_use(state)
            return
        try:
            roster = open_roster(content, key)
            check_roster(roster, key.department_id, self._held, self._clock.now().trusted_utc)
        except RosterError as error:
            self._refuse(str(error), etag, str(key))
            return
        self._hand_over(key, content, roster.header, etag)

    def _refuse(self, reason: str, etag: str, key: str) -> None:
        """Keep the roster in force, and do not fetch the same one again while the department's key is the same."""
        self._refused_etag, self._refused_by = etag, key
        self.trouble = f"the department's roster is refused: {reason}"
        sync_state.note(self._database, SPOOL_NAME, fetch_failure=reason)
        log.error("roster.refused", reason=reason)

    def _note_in_use(self, state: SyncState) -> None:
        """Note that the department has no other roster than the one that was handed over last."""
        self._refused_etag, self.trouble = "", ""
        if state.fetch_failure:
            sync_state.note(self._database, SPOOL_NAME, fetch_failure="")

    def _hand_over(self, key: RosterKey, content: bytes, header: RosterHeader, etag: str) -> None:
        self._incoming.put(SPOOL_NAME, FeedNote(serial=header.serial, etag=etag), pack_roster(key, content))
        sync_state.note(self._database, SPOOL_NAME, etag=etag, serial=header.serial, fetch_failure="")
        self._held, self._refused_etag, self.trouble = header, "", ""
        log.info("roster.handed_over", serial=header.serial, bytes=len(content))
