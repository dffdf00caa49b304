"""Writes updates of reads: encodes their pictures and commits a batch in one transaction.

A decided read is committed at once. The end of its pass is deferred to the next read's commit, or committed alone after
some seconds: half as many commits wear the card half as much. A power cut in between loses no read, only what its last
frames would have added (the next start queues the read as it was decided).

A record whose pictures cannot be kept is kept without them, in the transaction of its batch. A batch with a record that
the store refuses is written record by record: one that cannot be kept at all is set aside in a file of its own, so that
it holds up none of the others.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import structlog

from alpr_edge.app.pipeline.image_encoding import KINDS, PictureEncoder, frame_bytes
from alpr_edge.domain.errors import PictureError, RefusedError, StoreError
from alpr_edge.domain.reads import EvidenceKind, ReadStage, ReadUpdate
from alpr_edge.settings import StoreSettings
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.refused_records import RefusedRecords

log = structlog.get_logger(__name__)

DEFER_S_MAX = 20.0
"""Longest time that the end of a pass waits for the commit of another read, unless the caller says otherwise."""
DEFERRED_CLOSES_MAX, DEFERRED_BYTES_MAX = 64, 32_000_000
"""Most ends of passes that wait, and most memory that their frames take: eleven of 1280x720."""
WHOLE_AGAIN = 20
"""So many records in succession that keep their pictures, and it is over that pictures are missing: one camera of three
whose pictures cannot be kept goes on being told."""

LOST_REMEDY = "some were lost, as too many are set aside: alpr-edge unit refused"


class Recorder:
    """The only writer of reads.

    Args:
        observers: functions called with each batch once it is committed.
        defer_s_max: the longest time that the end of a pass waits for the commit of another read.
    """

    def __init__(
        self,
        store: ReadStore,
        settings: StoreSettings,
        refused_records: RefusedRecords,
        observers: Sequence[Callable[[Sequence[ReadUpdate]], None]] = (),
        require_room: Callable[[], None] = lambda: None,
        defer_s_max: float = DEFER_S_MAX,
    ) -> None:
        self._store = store
        self._pictures = PictureEncoder(settings)
        self._refused_records = refused_records
        self._observers = observers
        self.require_room = require_room
        self._defer_s_max = defer_s_max
        self._deferred_closes: list[ReadUpdate] = []
        self._deferred_since_s = 0.0
        self.without_pictures = 0
        """Records kept without all or some of their pictures since the start."""
        self.set_aside_count = 0
        """Records set aside since the start."""
        self.lost_count = 0
        """Records lost since the start, which the store refused when as many as may lay aside already."""
        self._failure = ""
        self._whole_needed = 0
        """How many records have to keep their pictures until it is over that pictures are missing; 0: it is."""

    def faults(self) -> list[str]:
        """What the store does not accept, a short line each; what is set aside stays so until the next start."""
        lines = [f"pictures: some are missing: {self._failure}"] if self._whole_needed else []
        lines += [f"records: some are set aside: {self._failure}"] if self.set_aside_count else []
        return lines + ([f"records: {LOST_REMEDY}"] if self.lost_count else [])

    def write(self, batch: Sequence[ReadUpdate]) -> None:
        """Commit a batch, unless all of it may be deferred to a later one."""
        is_deferrable = all(update.stage is ReadStage.CLOSED and not update.alerts for update in batch)
        if is_deferrable and _may_wait([*self._deferred_closes, *batch]):
            if not self._deferred_closes:
                self._deferred_since_s = time.monotonic()
            self._deferred_closes += batch
            return
        self._commit([*self._deferred_closes, *batch])
        self._deferred_closes = []

    def write_alone(self, update: ReadUpdate) -> None:
        """Commit the deferred ends of passes, then one update by itself, as far as the store accepts them."""
        self.flush()
        self._write_one(update)

    def set_aside(self, updates: Sequence[ReadUpdate], reason: str = "the store failed on it time after time") -> None:
        """Write updates to files where a later start finds them, with the pictures that can be encoded; hits first.

        Where there are as many files as may be the others are lost, which is told until the next start and logged once.
        """
        hits_first = sorted(updates, key=lambda update: update.is_hit, reverse=True)
        added_count = self._refused_records.add([update for update, _ in self._encode_all(hits_first)], reason)
        if added_count:
            self.set_aside_count += added_count
            self._failure = reason
        lost = hits_first[added_count:]
        if lost and not self.lost_count:
            log.error("store.records_lost", read=lost[0].read.read_id, reason=reason, remedy=LOST_REMEDY)
        self.lost_count += len(lost)

    def flush(self) -> None:
        """Commit the deferred ends of passes."""
        try:
            if self._deferred_closes:
                self._commit(self._deferred_closes)
                self._deferred_closes = []
        except RefusedError:
            self._write_deferred_closes()

    def flush_due(self) -> None:
        """Commit the deferred ends of passes once they have waited for as long as they may."""
        if self._deferred_closes and time.monotonic() - self._deferred_since_s >= self._defer_s_max:
            self.flush()

    def finish(self) -> None:
        """Commit the deferred ends of passes for the last time, or set them aside."""
        try:
            self.flush()
        except StoreError as error:
            self.set_aside(self._deferred_closes, str(error))
            self._deferred_closes = []

    def _write_deferred_closes(self) -> None:
        while self._deferred_closes:
            self._write_one(self._deferred_closes[0])
            del self._deferred_closes[0]

    def _write_one(self, update: ReadUpdate) -> None:
        try:
            self._commit([update])
        except RefusedError as error:
            self.set_aside([update], str(error))

    def _commit(self, batch: Sequence[ReadUpdate]) -> None:
        """Encode and commit a batch in one transaction, with those of its pictures that can be kept.

        The store writes the pictures before it begins its transaction.
        """
        self.require_room()
        encoded = self._encode_all(batch)
        try:
            self._store.commit([update for update, _ in encoded])
        except PictureError as error:
            encoded = [self._keepable(*one, str(error)) for one in encoded]
            self._store.commit([update for update, _ in encoded])
        for update, failure in encoded:
            if failure:
                self._note_missing_pictures(update, failure)
            elif update.images:
                self._whole_needed = max(0, self._whole_needed - 1)
            if update.stage is ReadStage.DECIDED:
                open_count = sum(not hit.entry.covert for hit in update.hits)
                log.info("read.stored", read=update.read.read_id, hits=open_count)
        for observer in self._observers:
            observer(batch)

    def _keepable(self, update: ReadUpdate, failure: str, reason: str) -> tuple[ReadUpdate, str]:
        """Return an update with the pictures that the store can keep, and why others are missing."""
        kept = self._store.keepable(update.images)
        failure = failure or (reason if len(kept) < len(update.images) else "")
        return replace(update, images=kept, missing_evidence=failure), failure

    def _note_missing_pictures(self, update: ReadUpdate, failure: str) -> None:
        self.without_pictures += 1
        self._whole_needed = WHOLE_AGAIN
        self._failure = failure
        log.error("read.pictures_missing", read=update.read.read_id, reason=failure)

    def _encode_all(self, batch: Sequence[ReadUpdate]) -> list[tuple[ReadUpdate, str]]:
        """Encode the pictures of a batch on all cores: encoding takes more time than storing them."""
        threads = min(len(batch), len(os.sched_getaffinity(0)))
        if threads < 2:
            return [self._encode(update) for update in batch]
        try:
            with ThreadPoolExecutor(threads, "encoder") as pool:
                return list(pool.map(self._encode, batch))
        except RuntimeError as error:
            raise StoreError(f"pictures cannot be encoded at present: {error}") from None

    def _encode(self, update: ReadUpdate) -> tuple[ReadUpdate, str]:
        """Return an update with its pictures as JPEGs, and why some of them are missing.

        The end of a pass replaces scene and crop of a hit by sharper ones, or the crop alone where the frame was given
        up. Of a plain read it replaces the crop alone: scenes are most of what is written, and every other pass would
        write its scene twice.
        """
        if update.evidence is None:
            return update, ""
        has_scene = update.evidence.scene.size > 0 and (update.is_hit or update.stage is not ReadStage.CLOSED)
        is_decision = update.stage is ReadStage.DECIDED
        kinds = KINDS if has_scene or is_decision else (EvidenceKind.CROP,)
        images, failure = self._pictures.encode(update.evidence, kinds, is_hit=update.is_hit)
        return replace(update, evidence=None, images=images, missing_evidence=failure), failure


def _may_wait(ends: Sequence[ReadUpdate]) -> bool:
    return len(ends) <= DEFERRED_CLOSES_MAX and sum(map(frame_bytes, ends)) <= DEFERRED_BYTES_MAX
