"""Writes records: encodes their pictures and commits a batch in one transaction."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import structlog

from alpr_edge.app.watch import Closed, Decided, Record
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.frames import Pixels
from alpr_edge.domain.reads import Evidence, EvidenceKind
from alpr_edge.settings import StoreSettings
from alpr_edge.store.reads import ClosedRecord, DecidedRecord, ReadStore

log = structlog.get_logger(__name__)

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

    def write(self, batch: Sequence[Record]) -> None:
        """Commit a batch; raises StoreError with nothing of it written."""
        self._require_room()
        self._store.commit([self._stored(record) for record in batch])
        for record in batch:
            if isinstance(record, Decided):
                shown = sum(not hit.entry.covert for hit in record.hits)
                log.info("read.stored", read=record.event.read.read_id, hits=shown)
        for observer in self._observers:
            observer(batch)

    def _stored(self, record: Record) -> DecidedRecord | ClosedRecord:
        if isinstance(record, Closed):
            images = () if record.event.evidence is None else self._images(record.event.evidence, record.is_hit)
            return ClosedRecord(record.event.read, images)
        return DecidedRecord(
            read=record.event.read,
            images=self._images(record.event.evidence, bool(record.hits)),
            hits=record.hits,
            alert=record.alert,
            sounded=record.sounded,
            withdraws=record.event.withdraws,
        )

    def _images(self, evidence: Evidence, is_hit: bool) -> Images:  # noqa: FBT001 - one flag, named
        """Crop and scene as JPEG: the full frame for a hit, a smaller one for a read."""
        scene = evidence.scene if is_hit else shrunk(evidence.scene, self._settings.scene_px_max)
        quality = self._settings.jpeg_quality
        return (
            (EvidenceKind.CROP, jpeg(evidence.crop, quality)),
            (EvidenceKind.SCENE, jpeg(scene, quality)),
        )


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
