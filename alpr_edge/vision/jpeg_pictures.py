"""Pictures as JPEG, within the size that an item may have; and a stored scene as that of a read without a hit."""

import io
import warnings

import cv2
import numpy as np
from PIL import Image

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.picture_size import resize_quickly

PIXELS_MAX = 50_000_000
"""Largest stored picture that is decoded: as many pixels as are taken of a camera."""
QUALITY_MIN = 60
"""Least JPEG quality: a picture that is still too large is made smaller instead."""
_COARSER = 15
"""By how much the quality is lowered at a time."""
_SMALLER = 0.8
"""By which factor a picture is made smaller at a time."""


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


def plain_scene(content: bytes, longest_px: int, quality: int) -> bytes:
    """A stored scene, a JPEG, as one of a read without a hit is kept: as small and as coarse, whatever it was.

    Args:
        longest_px: the longer side of such a scene, at most.
    """
    return jpeg_within(shrink(decode_stored(content), longest_px), quality)


def decode_stored(content: bytes) -> Pixels:
    """The pixels of a stored picture, uint8 [H, W, 3] BGR. Raises PictureError: it is none, or too large to be one."""
    try:
        is_plausible = _pixel_count(content) <= PIXELS_MAX
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if is_plausible else None
    except (OSError, ValueError, Image.DecompressionBombError, cv2.error):
        pixels = None
    if pixels is None:
        raise PictureError("the stored picture cannot be decoded")
    return np.asarray(pixels, np.uint8)


def _pixel_count(content: bytes) -> int:
    """How many pixels a JPEG has by its header: a small file may unfold to gigabytes, and OpenCV has no such look."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own limit, and of damage, which the decoder judges
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as header:
            return header.width * header.height
