"""Writes records: encodes their pictures and commits a batch in one transaction.

A decided read is committed at once. The end of its pass rides along with the next read, or goes by itself after some
seconds: half as many commits wear the card half as much, and a power cut in between costs no read, only what its last
frames would have amended (the next start queues it as it was decided).
"""

import dataclasses
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import structlog

from alpr_edge.app.watch import Closed, Record
from alpr_edge.domain.boxes import Box
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.frames import Pixels
from alpr_edge.domain.reads import Evidence, EvidenceKind
from alpr_edge.settings import StoreSettings
from alpr_edge.store.reads import ClosedRecord, DecidedRecord, ReadStore

log = structlog.get_logger(__name__)

RIDES_S_MAX = 20.0
"""How long the end of a pass waits for a read to ride along with."""
RIDERS_MAX = 64

Images = tuple[tuple[EvidenceKind, bytes], ...]


class Recorder:
    """The one writer of reads.

    Args:
        store: the encrypted store.
        settings: picture sizes.
        observers: told of each batch once it is committed.
        require_room: raises StoreError while the disk is full: what room is left is for cleaning up.
    """

    def __init__(
        self,
        store: ReadStore,
        settings: StoreSettings,
        observers: Sequence[Callable[[Sequence[Record]], None]] = (),
        require_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._observers = observers
        self._require_room = require_room
        self._boxes: dict[str, Box] = {}
        """Of open passes: where the plate is in the scene that is kept."""
        self._riders: list[Closed] = []
        self._riding_since_s = 0.0

    def write(self, batch: Sequence[Record]) -> None:
        """Commit a batch, unless all of it may ride along with a later one.

        Raises:
            StoreError: nothing of it is written.
        """
        ends = [record for record in batch if isinstance(record, Closed)]
        if len(ends) == len(batch) and len(self._riders) + len(ends) <= RIDERS_MAX:
            if not self._riders:
                self._riding_since_s = time.monotonic()
            self._riders += ends
            return
        self._commit([*self._riders, *batch])
        self._riders = []

    def flush(self) -> None:
        """Commit what rides along."""
        if self._riders:
            self._commit(self._riders)
            self._riders = []

    def flush_due(self, longest_s: float = RIDES_S_MAX) -> None:
        """Commit what has ridden along for so long."""
        if self._riders and time.monotonic() - self._riding_since_s >= longest_s:
            self.flush()

    def _commit(self, batch: Sequence[Record]) -> None:
        self._require_room()
        self._store.commit([self._stored(record) for record in batch])
        for record in batch:
            if isinstance(record, Closed):
                self._boxes.pop(record.event.read.read_id, None)
            else:
                self._boxes[record.event.read.read_id] = record.event.read.box
                shown = sum(not hit.entry.covert for hit in record.hits)
                log.info("read.stored", read=record.event.read.read_id, hits=shown)
        for observer in self._observers:
            observer(batch)

    def _stored(self, record: Record) -> DecidedRecord | ClosedRecord:
        if isinstance(record, Closed):
            return self._ended(record)
        return DecidedRecord(
            read=record.event.read,
            images=self._images(record.event.evidence, bool(record.hits)),
            hits=record.hits,
            alert=record.alert,
            sounded=record.sounded,
            withdraws=record.event.withdraws,
        )

    def _ended(self, record: Closed) -> ClosedRecord:
        """A hit is amended by the whole sharper look, a read by its crop alone: its scene and the box in it stay.

        Scenes are most of what is written, and every other pass would be written twice.
        """
        read, evidence = record.event.read, record.event.evidence
        box = self._boxes.get(read.read_id, read.box)
        if evidence is None:
            return ClosedRecord(read)
        if record.is_hit:
            return ClosedRecord(read, self._images(evidence, is_hit=True))
        crop = jpeg(evidence.crop, self._settings.jpeg_quality)
        return ClosedRecord(dataclasses.replace(read, box=box), ((EvidenceKind.CROP, crop),))

    def _images(self, evidence: Evidence, is_hit: bool) -> Images:  # noqa: FBT001 - one flag, named
        """Crop and scene as JPEG: the full frame for a hit, a smaller and coarser one for a read."""
        if is_hit:
            scene = jpeg(evidence.scene, self._settings.jpeg_quality)
        else:
            small = shrunk(evidence.scene, self._settings.scene_px_max)
            scene = jpeg(small, self._settings.scene_jpeg_quality)
        crop = jpeg(evidence.crop, self._settings.jpeg_quality)
        return ((EvidenceKind.CROP, crop), (EvidenceKind.SCENE, scene))


def shrunk(pixels: Pixels, longest_px: int) -> Pixels:
    """The picture with its longer side at most ``longest_px``."""
    height, width = pixels.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return pixels
    size = round(width * scale), round(height * scale)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """JPEG bytes of a BGR picture."""
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise StoreError("a picture could not be encoded as JPEG")
    return encoded.tobytes()
