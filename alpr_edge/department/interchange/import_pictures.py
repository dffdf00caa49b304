"""Reads the pictures of an import from a folder: JPEG files of a bounded size, by names that stay inside it."""

import errno
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal

from alpr_edge.department.ingest.records import JPEG_START
from alpr_edge.department.interchange.import_rows import RowError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX
from alpr_edge.runtime import no_follow

PictureKind = Literal["crop", "scene"]
PIXELS_MAX = 64_000_000
"""A small file may stand for a picture that fills the memory of whoever opens it."""
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS_MAX = 1_000


def read_pictures(folder: int, names: Mapping[PictureKind, str]) -> dict[PictureKind, bytes]:
    """The pictures of a row.

    Args:
        names: names of files below it by kind; either slash may part folders.
    """
    return {kind: _read(folder, kind, name) for kind, name in names.items()}


def _read(folder: int, kind: str, name: str) -> bytes:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise RowError(f"{kind}: a name that leads out of the folder of pictures")
    try:
        content = no_follow.read_file(folder, path, BODY_BYTES_MAX + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RowError(f"{kind}: behind a link") from None
        raise RowError(f"{kind}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise RowError(f"{kind}: no name of a file") from None
    if len(content) > BODY_BYTES_MAX:
        raise RowError(f"{kind}: longer than {BODY_BYTES_MAX >> 20} MiB")
    width, height = jpeg_size(content)
    if not 0 < width * height <= PIXELS_MAX:
        raise RowError(f"{kind}: no JPEG of at most {PIXELS_MAX // 1_000_000} million pixels")
    return content


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height of a JPEG file by its frame header (ITU T.81, B.2.2); 0, 0: it is none."""
    if not content.startswith(JPEG_START):
        return 0, 0
    place = 2
    for _ in range(_SEGMENTS_MAX):
        if place + 9 > len(content) or content[place] != 0xFF:
            return 0, 0
        marker = content[place + 1]
        if marker == 0xFF:  # a filler
            place += 1
            continue
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        if marker in {0xD9, 0xDA}:
            return 0, 0
        place += 2 + struct.unpack_from(">H", content, place + 2)[0]
    return 0, 0
