"""Encodes the pictures of a record as JPEG, within the size that an item may have."""

import cv2
import numpy as np

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX
from alpr_edge.domain.reads import Evidence, EvidenceKind
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import StoreSettings
from alpr_edge.vision.picture_size import resize_quickly

Images = tuple[tuple[EvidenceKind, bytes], ...]
KINDS = (EvidenceKind.CROP, EvidenceKind.SCENE)
QUALITY_MIN = 60
"""Least JPEG quality: a picture that is still too large is made smaller instead."""
_COARSER = 15
"""By how much the quality is lowered at a time."""
_SMALLER = 0.8
"""By which factor a picture is made smaller at a time."""
NO_PICTURES = Evidence(np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0, 3), np.uint8))
"""Evidence without any picture."""


class PictureEncoder:
    """Encodes pictures as the settings say.

    Args:
        settings: the sizes and qualities.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings

    def encode(self, evidence: Evidence, kinds: tuple[EvidenceKind, ...], *, is_hit: bool) -> tuple[Images, str]:
        """Encode the pictures of some kinds as JPEGs, and say why others are missing (empty when none is).

        Args:
            evidence: the pictures; one without a pixel was dropped before.
            kinds: the kinds to encode.
            is_hit: whether the scene is kept as the full frame; that of a plain read is smaller and coarser.
        """
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


def shrink(pixels: Pixels, longest_px: int) -> Pixels:
    """The picture with its longer side at most ``longest_px``."""
    height, width = pixels.shape[:2]
    scale = longest_px / max(height, width, 1)
    if scale >= 1:
        return pixels
    return resize_quickly(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def jpeg_within(pixels: Pixels, quality: int, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """JPEG bytes of a BGR picture, made coarser and then smaller until they are at most ``bytes_max``.

    Raises:
        PictureError: the picture cannot be encoded.
    """
    while len(content := jpeg(pixels, quality)) > bytes_max:
        if quality > QUALITY_MIN:
            quality = max(QUALITY_MIN, quality - _COARSER)
        else:
            pixels = shrink(pixels, int(max(pixels.shape[:2]) * _SMALLER))
    return content


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """Encode a BGR picture as JPEG.

    Raises:
        PictureError: the picture cannot be encoded.
    """
    if not pixels.size:
        raise PictureError("a picture was dropped, as storage did not keep up")
    try:
        is_encoded, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise PictureError(f"a picture could not be encoded as JPEG (OpenCV error {error.code})") from None
    if not is_encoded:
        raise PictureError("a picture could not be encoded as JPEG")
    return buffer.tobytes()
