"""Reads one picture file.

Whatever the file holds - grey, palette, alpha, 16 bits, an EXIF orientation - comes out as upright BGR in 8 bits,
as OpenCV's ``IMREAD_COLOR`` does it (alpha is dropped, 16 bits are cut to the upper 8).
"""

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from alpr_edge.capture.opencv import PIXELS_MAX, read_only, require_file
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.runtime.io_errors import io_errors

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Suffixes (lower case) of files that are taken for pictures."""
FILE_BYTES_MAX = 256 * 1024 * 1024
_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNK_BYTES = 12
"""Of a chunk of a PNG around its content: length, kind, checksum (PNG specification, 5.3)."""
_KINDS = "BMP, JPEG, PNG, TIFF or WebP"


def load_picture(path: Path) -> Pixels:
    """The picture in a file.

    Returns:
        uint8 [H, W, 3], BGR, read-only.

    Raises:
        CaptureError: missing, empty, damaged, no picture or too large.
    """
    require_file(path)
    with io_errors(f"{path}: cannot be read", CaptureError), path.open("rb") as file:
        return decode_picture(path, file.read(FILE_BYTES_MAX + 1))


def decode_picture(path: Path, data: bytes) -> Pixels:
    """The picture in the content of a file, of which at most :data:`FILE_BYTES_MAX` bytes and one more were read.

    Returns:
        uint8 [H, W, 3], BGR, read-only.

    Raises:
        CaptureError: empty, damaged, no picture or too large.
    """
    if not data:
        raise CaptureError(f"{path}: the file is empty")
    if len(data) > FILE_BYTES_MAX:
        raise CaptureError(f"{path}: larger than {FILE_BYTES_MAX // 1024**2} MiB, which no camera's picture is")
    _check_size(path, data)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise CaptureError(f"{path}: the picture is damaged and cannot be decoded")
    return read_only(pixels)


def _check_size(path: Path, data: bytes) -> None:
    """Look at the header alone: a small file may unfold to gigabytes, and OpenCV has no such look."""
    try:
        with warnings.catch_warnings():
            # Of its own limit, ours is checked below; and of damage, which the decoder judges.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as header:
                width_px, height_px = header.size
    except Image.DecompressionBombError:
        raise CaptureError(
            f"{path}: too large, {PIXELS_MAX // 10**6} megapixels are the limit; scale it down"
        ) from None
    except (OSError, ValueError):
        raise CaptureError(f"{path}: not an image (supported: {_KINDS})") from None
    if data.startswith(_PNG):
        _check_chunks(path, data)
    if width_px * height_px > PIXELS_MAX:
        size = f"{width_px} x {height_px} pixels"
        raise CaptureError(f"{path}: {size}, {PIXELS_MAX // 10**6} megapixels are the limit; scale it down")


def _check_chunks(path: Path, data: bytes) -> None:
    """Refuse a PNG with a chunk that is longer than the file: OpenCV takes memory for what a length says, 4 GB."""
    place = len(_PNG)
    while place < len(data):
        place += int.from_bytes(data[place : place + 4], "big") + _CHUNK_BYTES
    if place > len(data):
        raise CaptureError(f"{path}: the picture is damaged and cannot be decoded")
