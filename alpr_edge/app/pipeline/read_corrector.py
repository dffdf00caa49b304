"""Makes the read that replaces a misread one, matches it and sounds its alert, as with every read; stores nothing."""

from collections.abc import Callable
from dataclasses import replace

from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.matching import Entries, match
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.page_requests.request import PageRequest
from alpr_edge.domain.reads import ReadDecided
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.reads.records import DecidedRecord


class ReadCorrector:
    """Corrects reads by what officers say.

    Args:
        entries: gives the entries of the live lists.
        alerter: the alerter of the vehicle.
        new_id: makes the id of a hit.
    """

    def __init__(self, entries: Callable[[], Entries], alerter: Alerter, new_id: Callable[[], str]) -> None:
        self._entries = entries
        self._alerter = alerter
        self._new_id = new_id

    def decide(self, stored: StoredRead, request: PageRequest, correction: Correction, now: Instant) -> DecidedRecord:
        """The record of the corrected read; its alert has sounded, and that of the misread one is withdrawn.

        It is matched at this moment, as that is when somebody may act on it. It has the id of the request, so that none
        is stored twice.

        Args:
            stored: the newest read of the pass.
            request: the request.
            correction: its content.
            now: the present moment.
        """
        read = corrected_read(stored.read, correction, request.request_id, request.person_id)
        matches = match(read, self._entries(), now, self._new_id)
        hits = tuple(replace(hit, level=int(self._alerter.level_of(hit))) for hit in matches)
        event = ReadDecided(read, NO_EVIDENCE, now, withdraws=stored.read.read_id)
        alert, sounded_at, late_tone = self._alerter.announce(event, hits)
        return DecidedRecord(
            read=read,
            hits=hits,
            alert=alert,
            sounded_at=sounded_at,
            late_tone=late_tone,
            withdraws=stored.read.read_id,
            missing_evidence=stored.missing_evidence,
            withdrawn_at=now,
        )
