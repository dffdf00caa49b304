"""A file of streets (PMTiles version 3), of which browsers ask for the parts that they show.

The file is held open, so that each part is of the same file even where another takes its place meanwhile.
"""

import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from alpr_edge.domain.errors import SettingsError

PART_BYTES_MAX = 4 << 20
"""Longest part of one answer: a tile has some hundred KB at most, and a directory less."""
HEADER_BYTES = 127
MAGIC, VERSION = b"PMTiles", 3
VECTOR_TILES = 1
"""The kind of Mapbox's vector tiles."""
_KIND_AT, _ZOOM_AT, _BOX_AT = 99, 101, 102
_DEGREE_STEPS = 1e7
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})")
"""A single range with both ends (RFC 9110, 14.1.2), which is all that readers of such files ask for."""
Box = tuple[float, float, float, float]
"""South, west, north and east in degrees."""
STREETS_PATH = "/map/streets.pmtiles"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of the file."""

    start: int
    content: bytes
    total: int
    """Bytes of the whole file."""

    @property
    def content_range(self) -> str:
        """Where it lies, as the header ``Content-Range`` says it."""
        return f"bytes {self.start}-{self.start + len(self.content) - 1}/{self.total}"


class StreetTiles:
    """An open file of streets; threads may share it.

    Raises:
        SettingsError: it cannot be read, or has no vector tiles of this format.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SettingsError([f"{path}: {error.strerror}"]) from None
        try:
            header = _checked_header(path, self._file.read(HEADER_BYTES))
        except (OSError, SettingsError) as error:
            self._file.close()
            raise SettingsError([str(error)]) from None
        west, south, east, north = (each / _DEGREE_STEPS for each in struct.unpack_from("<4i", header, _BOX_AT))
        self.box: Box = south, west, north, east
        """What the tiles reach over, as the file says it."""
        self.zoom_max: int = header[_ZOOM_AT]
        """The zoom of its most detailed tiles; nearer ones are drawn of them."""
        status = os.fstat(self._file.fileno())
        self._total = status.st_size
        self.tag: str = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
        """Says which file it is (``ETag``)."""

    def part(self, asked: str) -> FilePart | None:
        """The part that a header ``Range`` asks for; None: it asks for none, or for one too long or beyond the end.

        Raises:
            OSError: the file cannot be read.
        """
        match = _RANGE.fullmatch(asked)
        if match is None:
            return None
        start, last = int(match[1]), min(int(match[2]), self._total - 1)
        if not 0 <= last - start < PART_BYTES_MAX:
            return None
        content = os.pread(self._file.fileno(), last - start + 1, start)
        return FilePart(start, content, self._total) if content else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def streets_response(streets: StreetTiles, asked: str) -> Response:
    """Return the part of a file of streets that a browser asks for.

    Args:
        asked: the header ``Range``.
    """
    part = streets.part(asked)
    headers = {"ETag": streets.tag, "Accept-Ranges": "bytes"}
    if part is None:
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = part.content_range
    return Response(part.content, 206, headers, "application/octet-stream")


def _checked_header(path: Path, header: bytes) -> bytes:
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC) or header[len(MAGIC)] != VERSION:
        raise SettingsError([f"{path}: no PMTiles file of version {VERSION}"])
    if header[_KIND_AT] != VECTOR_TILES:
        raise SettingsError([f"{path}: its tiles are pictures; take a file of vector tiles"])
    return header
