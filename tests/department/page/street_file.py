"""A file of streets (PMTiles version 3) whose vector tiles are all the same: water everywhere."""

import struct
from pathlib import Path

BOX = (-121.2, 37.5, -120.8, 37.8)
"""West, south, east and north."""
VECTOR, PICTURES = 1, 2


def write_streets(path: Path, kind: int = VECTOR) -> Path:
    """Write the file."""
    tile = _tile()
    directory = bytes((1, 0, 5)) + _varint(len(tile)) + bytes((1,))  # one entry: the tiles of zoom 0 and 1
    metadata = b"{}"
    root_at = 127
    metadata_at = root_at + len(directory)
    tiles_at = metadata_at + len(metadata)
    header = b"PMTiles\x03" + struct.pack(
        "<11Q6B4iB2i",
        *(root_at, len(directory), metadata_at, len(metadata), tiles_at, 0, tiles_at, len(tile), 5, 1, 1),
        *(1, 1, 1, kind, 0, 1),
        *(round(each * 1e7) for each in BOX),
        *(0, 0, 0),
    )
    path.write_bytes(header + directory + metadata + tile)
    return path


def _tile() -> bytes:
    """One layer, whose one area covers the tile."""
    whole = 4096
    steps = [9, 0, 0, 26, 2 * whole, 0, 0, 2 * whole, 2 * whole - 1, 0, 15]  # move, three lines, close
    geometry = b"".join(map(_varint, steps))
    feature = _part(2, bytes((0, 0))) + _number(3, 3) + _part(4, geometry)
    layer = _part(1, b"water") + _part(2, feature) + _part(3, b"kind") + _part(4, _part(1, b"ocean"))
    return _part(3, layer + _number(5, whole) + _number(15, 2))


def _part(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    some = bytearray()
    while value > 127:
        some.append(value & 127 | 128)
        value >>= 7
    return bytes([*some, value])
