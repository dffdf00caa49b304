"""A generation as arrays: sorted 64-bit plate keys, row numbers, fingerprints, and rows in compressed blocks.

A list of millions takes 12 bytes an entry to search; the rest stays compressed until a read meets it. Rows lie in
feed order, so packing streams; only the keys are sorted.
"""

import json
import re
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.hotlist.rows import Row, entry_of, row_of

ROWS_A_BLOCK = 256
_CANONICAL = re.compile(f"[0-9A-NP-Z]{{1,{PLATE_LENGTH_MAX}}}")
_LEVEL = 6

Keys = NDArray[np.uint64]
Rows = NDArray[np.uint32]


def is_plate(text: str) -> bool:
    """Whether text is canonical and of a plate's length."""
    return _CANONICAL.fullmatch(text) is not None


def plate_key(plate: str) -> int:
    """A canonical plate as a number below 2**63: base 36 behind a leading 1, which keeps its zeros.

    Plates of one length that begin alike have neighbouring keys.

    Raises:
        ValueError: empty, longer than a plate, or not canonical text.
    """
    if not is_plate(plate):
        raise ValueError("not canonical plate text")
    return int("1" + plate, 36)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """The entries of one generation, immutable."""

    keys: Keys
    """[entries], ascending."""
    rows: Rows
    """[entries], the row of each key."""
    fingerprints: Keys
    """[entries], what tells entries of one plate apart (state, reason, record id); [0] once only searched."""
    block_ends: Keys
    """[blocks], where each compressed block ends in :attr:`blocks`."""
    blocks: bytes

    def __len__(self) -> int:
        return len(self.keys)

    def searchable(self) -> "Packed":
        """The same entries without what only an import compares."""
        return replace(self, fingerprints=self.fingerprints[:0].copy())

    def exact(self, plate: str, source: str) -> list[HotlistEntry]:
        """The entries of a canonical plate in feed order."""
        key = np.uint64(plate_key(plate))
        first = int(np.searchsorted(self.keys, key, side="left"))
        if first == len(self.keys) or self.keys[first] != key:
            return []
        last = int(np.searchsorted(self.keys, key, side="right"))
        return [self._entry(int(row), plate, source) for row in sorted(self.rows[first:last])]

    def _entry(self, row: int, plate: str, source: str) -> HotlistEntry:
        block, place = divmod(row, ROWS_A_BLOCK)
        start = int(self.block_ends[block - 1]) if block else 0
        rows = json.loads(zlib.decompress(self.blocks[start : int(self.block_ends[block])]))
        return entry_of((plate, *rows[place]), source)


class Packer:
    """Takes entries one by one, in feed order, and packs them."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._fingerprints = array("Q")
        self._ends = array("Q")
        self._blocks = bytearray()
        self._open: list[tuple[Any, ...]] = []

    def add(self, entry: HotlistEntry) -> None:
        """Take an entry.

        Raises:
            ValueError: its plate is not canonical text.
        """
        self.extend([row_of(entry)])

    def extend(self, rows: Iterable[Row]) -> None:
        """Take a batch of rows.

        Raises:
            ValueError: a plate is not canonical text.
        """
        for row in rows:
            self._keys.append(plate_key(row[0]))
            self._fingerprints.append(_fingerprint(row))
            self._open.append(row[1:])
            if len(self._open) == ROWS_A_BLOCK:
                self._close_block()

    def pack(self) -> tuple[Packed, int]:
        """The packed entries, and how many were duplicates: the first of equal ones is kept."""
        self._close_block()
        keys = np.frombuffer(self._keys, dtype=np.uint64)
        fingerprints = np.frombuffer(self._fingerprints, dtype=np.uint64)
        order = np.lexsort((fingerprints, keys))
        keys, fingerprints = keys[order], fingerprints[order]
        fresh = np.ones(len(keys), dtype=bool)
        fresh[1:] = (keys[1:] != keys[:-1]) | (fingerprints[1:] != fingerprints[:-1])
        packed = Packed(
            keys=keys[fresh],
            rows=order[fresh].astype(np.uint32),
            fingerprints=fingerprints[fresh],
            block_ends=np.array(self._ends, dtype=np.uint64),
            blocks=bytes(self._blocks),
        )
        return packed, len(keys) - len(packed)

    def _close_block(self) -> None:
        if self._open:
            text = json.dumps(self._open, separators=(",", ":"))
            self._blocks += zlib.compress(text.encode("ascii"), _LEVEL)
            self._ends.append(len(self._blocks))
            self._open = []


def common(one: Packed, other: Packed) -> int:
    """How many entries two generations of a source share, by their identity."""
    return len(np.intersect1d(_identities(one), _identities(other), assume_unique=True))


def _identities(packed: Packed) -> Keys:
    """Plate and fingerprint in one number; numpy's overflow wraps, as a hash wants it."""
    return packed.keys * np.uint64(0x9E3779B97F4A7C15) ^ packed.fingerprints


def _fingerprint(row: Row) -> int:
    """What makes an entry itself beside plate and source."""
    text = f"{row[2] or ''}\x1f{row[3]}\x1f{row[4]}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
