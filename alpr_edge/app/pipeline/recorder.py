"""Writes records: encodes their pictures and commits a batch in one transaction.

A decided read is committed at once. The end of its pass is deferred to the next read's commit, or committed alone after
some seconds: half as many commits wear the card half as much. A power cut in between loses no read, only what its last
frames would have added (the next start queues the read as it was decided).

A record whose pictures cannot be kept is kept without them, in the transaction of its batch. A batch with a record that
the store refuses is written record by record: one that cannot be kept at all is set aside in a file of its own, so that
it holds up none of the others.
"""

import dataclasses
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from alpr_edge.app.pipeline.image_encoding import KINDS, Images, PictureEncoder, frame_bytes
from alpr_edge.domain.errors import PictureError, RefusedError, StoreError
from alpr_edge.domain.reads import EvidenceKind, ReadClosed, ReadDecided, ReadEvent, ReadSettled, concerns_hit
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.settings import StoreSettings
from alpr_edge.store.reads.records import ClosedRecord, DecidedRecord, PassRecord, SettledRecord
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.refused_records import RefusedRecords

log = structlog.get_logger(__name__)

DEFER_S_MAX = 20.0
"""Longest time that the end of a pass waits for the commit of another read, unless the caller says otherwise."""
DEFERRED_CLOSES_MAX, DEFERRED_BYTES_MAX = 64, 32_000_000
"""Most ends of passes that wait, and most memory that their frames take: eleven of 1280x720."""
BOXES_MAX = 1000
"""Most passes whose box is kept; so many are never open at once, but the ends of some may be lost."""
WHOLE_AGAIN = 20
"""So many records in succession that keep their pictures, and it is over that pictures are missing: one camera of three
whose pictures cannot be kept goes on being told."""

LOST_REMEDY = "some were lost, as too many are set aside: alpr-edge unit refused"


class Recorder:
    """The only writer of reads.

    Args:
        store: the encrypted store.
        settings: picture sizes.
        refused_records: the files of records that the store refused.
        observers: functions called with each batch once it is committed.
        require_room: a function that raises StoreError while the disk is full: the rest of it is for cleaning up.
        defer_s_max: the longest time that the end of a pass waits for the commit of another read.
    """

    def __init__(
        self,
        store: ReadStore,
        settings: StoreSettings,
        refused_records: RefusedRecords,
        observers: Sequence[Callable[[Sequence[ReadEvent]], None]] = (),
        require_room: Callable[[], None] = lambda: None,
        defer_s_max: float = DEFER_S_MAX,
    ) -> None:
        self._store = store
        self._pictures = PictureEncoder(settings)
        self._refused_records = refused_records
        self._observers = observers
        self.require_room = require_room
        self._defer_s_max = defer_s_max
        self._boxes: OrderedDict[str, Box] = OrderedDict()
        """Where the plate is in the stored scene, by the read of each open pass."""
        self._deferred_closes: list[ReadClosed] = []
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

    def write(self, batch: Sequence[ReadEvent]) -> None:
        """Commit a batch, unless all of it may be deferred to a later one.

        Raises:
            RefusedError: one of its records is to blame; nothing of it is written.
            StoreError: nothing of it is written.
        """
        ends = [event for event in batch if isinstance(event, ReadClosed)]
        if len(ends) == len(batch) and _may_wait([*self._deferred_closes, *ends]):
            if not self._deferred_closes:
                self._deferred_since_s = time.monotonic()
            self._deferred_closes += ends
            return
        self._commit([*self._deferred_closes, *batch])
        self._deferred_closes = []

    def write_alone(self, event: ReadEvent) -> None:
        """Commit the deferred ends of passes, then one event by itself, as far as the store accepts them.

        Raises:
            StoreError: the store accepts nothing at present.
        """
        self.flush()
        self._write_one(event)

    def set_aside(self, events: Sequence[ReadEvent], reason: str = "the store failed on it time after time") -> None:
        """Write events to files where a later start finds them, with the pictures that can be encoded; hits first.

        Where there are as many files as may be the others are lost, which is told until the next start and logged once.

        Raises:
            StoreError: the files cannot be written either.
        """
        self._note_boxes(events)
        hits_first = sorted(events, key=concerns_hit, reverse=True)
        pictures = self._encode_all(hits_first)
        records = [self._record_of(event, images) for event, (images, _) in zip(hits_first, pictures, strict=True)]
        added_count = self._refused_records.add(records, reason)
        for event in hits_first:
            self._boxes.pop(event.read.read_id, None)
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

    def _write_one(self, event: ReadEvent) -> None:
        try:
            self._commit([event])
        except RefusedError:
            self._rejoin(event)

    def _rejoin(self, event: ReadEvent) -> None:
        """Store a refused record with what is stored of its pass already (maybe itself), or set it aside."""
        try:
            self._store_records([event], lambda records: self._store.rejoin(records[0]))
        except RefusedError as error:
            self.set_aside([event], str(error))
            return
        if isinstance(event, ReadClosed):
            self._boxes.pop(event.read.read_id, None)

    def _commit(self, batch: Sequence[ReadEvent]) -> None:
        """Encode and commit a batch in one transaction, with those of its pictures that can be kept."""
        self.require_room()
        self._note_boxes(batch)
        self._store_records(batch, self._store.commit)
        for event in batch:
            if isinstance(event, ReadClosed):
                self._boxes.pop(event.read.read_id, None)
            elif isinstance(event, ReadDecided):
                open_count = sum(not hit.entry.covert for hit in event.hits)
                log.info("read.stored", read=event.read.read_id, hits=open_count)
        for observer in self._observers:
            observer(batch)

    def _store_records(self, batch: Sequence[ReadEvent], store: Callable[[Sequence[PassRecord]], object]) -> None:
        """Hand the records of a batch to the store; again with the pictures that it can keep, where it cannot keep all.

        The store writes the pictures before it begins its transaction.
        """
        encoded = self._encode_all(batch)
        try:
            store([self._record_of(event, *one) for event, one in zip(batch, encoded, strict=True)])
        except PictureError as error:
            encoded = [self._keepable(*one, str(error)) for one in encoded]
            store([self._record_of(event, *one) for event, one in zip(batch, encoded, strict=True)])
        for event, (images, failure) in zip(batch, encoded, strict=True):
            if failure:
                self._note_missing_pictures(event, failure)
            elif images:
                self._whole_needed = max(0, self._whole_needed - 1)

    def _keepable(self, images: Images, failure: str, reason: str) -> tuple[Images, str]:
        """The pictures of a record that the store can keep, and why others are missing."""
        kept = self._store.keepable(images)
        return kept, failure or (reason if len(kept) < len(images) else "")

    def _note_missing_pictures(self, event: ReadEvent, failure: str) -> None:
        self.without_pictures += 1
        self._whole_needed = WHOLE_AGAIN
        self._failure = failure
        log.error("read.pictures_missing", read=event.read.read_id, reason=failure)

    def _encode_all(self, batch: Sequence[ReadEvent]) -> list[tuple[Images, str]]:
        """Encode the pictures of a batch on all cores: encoding takes more time than storing them."""
        threads = min(len(batch), len(os.sched_getaffinity(0)))
        if threads < 2:
            return [self._encode(event) for event in batch]
        try:
            with ThreadPoolExecutor(threads, "encoder") as pool:
                return list(pool.map(self._encode, batch))
        except RuntimeError as error:
            raise StoreError(f"pictures cannot be encoded at present: {error}") from None

    def _note_boxes(self, batch: Sequence[ReadEvent]) -> None:
        """Note where the plates are in the scenes of a batch: the end of a pass may come with its decision."""
        for event in batch:
            if isinstance(event, ReadDecided):
                self._boxes[event.read.read_id] = event.read.box
        while len(self._boxes) > BOXES_MAX:
            self._boxes.popitem(last=False)

    def _record_of(self, event: ReadEvent, images: Images, missing: str = "") -> PassRecord:
        if isinstance(event, ReadClosed):
            return self._closed_record(event, images, missing)
        if isinstance(event, ReadSettled):
            sound = event.alert, event.sounded_at, event.withdraws, event.late_tone
            return SettledRecord(event.read, event.decided_at, *sound)
        return DecidedRecord(
            read=event.read,
            images=images,
            hits=event.hits,
            alert=event.alert,
            sounded_at=event.sounded_at,
            late_tone=event.late_tone,
            withdraws=event.withdraws,
            missing_evidence=missing,
        )

    def _closed_record(self, event: ReadClosed, images: Images, missing: str) -> ClosedRecord:
        """A pass's end for the store; it has a new box only where it has a new scene."""
        read = event.read
        if not any(kind is EvidenceKind.SCENE for kind, _ in images):
            read = dataclasses.replace(read, box=self._boxes.get(read.read_id, read.box))
        return ClosedRecord(read, images, missing)

    def _encode(self, event: ReadEvent) -> tuple[Images, str]:
        """The pictures of a record, and why some of them are missing.

        The end of a pass replaces scene and crop of a hit by sharper ones, or the crop alone where the frame was given
        up. Of a plain read it replaces the crop alone: scenes are most of what is written, and every other pass would
        write its scene twice.
        """
        if isinstance(event, ReadDecided):
            return self._pictures.encode(event.evidence, KINDS, is_hit=bool(event.hits))
        if isinstance(event, ReadSettled) or event.evidence is None:
            return (), ""
        has_scene = event.is_hit and event.evidence.scene.size > 0
        return self._pictures.encode(event.evidence, KINDS if has_scene else (EvidenceKind.CROP,), is_hit=event.is_hit)


def _may_wait(ends: Sequence[ReadClosed]) -> bool:
    return len(ends) <= DEFERRED_CLOSES_MAX and sum(map(frame_bytes, ends)) <= DEFERRED_BYTES_MAX
