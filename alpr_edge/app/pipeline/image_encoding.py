"""Encodes the pictures of a record as JPEG, within the size that an item may have."""

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.reads import Evidence, EvidenceKind, ReadUpdate
from alpr_edge.settings import StoreSettings
from alpr_edge.vision.jpeg_pictures import jpeg_within, shrink

Images = tuple[tuple[EvidenceKind, bytes], ...]
KINDS = (EvidenceKind.CROP, EvidenceKind.SCENE)


def frame_bytes(update: ReadUpdate) -> int:
    """Bytes of the frame that an update holds."""
    return 0 if update.evidence is None else update.evidence.scene.nbytes


class PictureEncoder:
    """Encodes pictures as the settings say."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings

    def encode(self, evidence: Evidence, kinds: tuple[EvidenceKind, ...], *, is_hit: bool) -> tuple[Images, str]:
        """Encode the pictures of some kinds as JPEGs, and say why others are missing (empty when none is)."""
        images, failure = [], ""
        for kind in kinds:
            try:
                images.append((kind, self._jpeg(kind, evidence, is_hit=is_hit)))
            except PictureError as error:
                failure = str(error)
        return tuple(images), failure

    def _jpeg(self, kind: EvidenceKind, evidence: Evidence, *, is_hit: bool) -> bytes:
        if kind is EvidenceKind.CROP or is_hit:
            pixels = evidence.crop if kind is EvidenceKind.CROP else evidence.scene
            return jpeg_within(pixels, self._settings.jpeg_quality)
        return jpeg_within(shrink(evidence.scene, self._settings.scene_px_max), self._settings.scene_jpeg_quality)
