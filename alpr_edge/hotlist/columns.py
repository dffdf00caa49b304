"""The fields of a generation's rows, packed by column.

What repeats over a list (state, reason, vehicle, dates, restrictions) is a code of one or two bytes into a table of its
distinct values. What is an entry's own (the plate as written, record id, remarks) lies in small compressed blocks, so
that a read that meets an entry unpacks little; so do values beyond what a table holds.
"""

import json
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpr_edge.hotlist.rows import Row

ROWS_A_BLOCK = 32
DISTINCT_MAX = 65_535
"""Values of one table; the code behind the last means that the value lies in the block."""
SPILLED = DISTINCT_MAX
_OWN = 3
"""Fields in the blocks alone."""
_CODED = 6
_LEVEL = 6
_RAW_DEFLATE = -12
"""Window of 4 KiB, no header and no checksum: blocks are small, and sealed by AES-GCM."""
_MEMORY = 5

Codes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One repeating field of all rows."""

    table: Sequence[Any]
    """Distinct values, as a row has them."""
    codes: Codes
    """[rows], places in :attr:`table`; empty when there is but one value."""

    def value(self, row: int, spilled: Any) -> Any:  # noqa: ANN401 - fields are of many types
        """A row's value, given what its block holds of the field."""
        code = int(self.codes[row]) if len(self.codes) else 0
        return spilled if code == SPILLED else self.table[code]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The fields of all rows of a generation, in feed order."""

    coded: tuple[Column, ...]
    """State, reason, vehicle, effective, expires, restrictions."""
    block_ends: NDArray[np.uint64]
    """[blocks], where each compressed block ends in :attr:`blocks`."""
    blocks: bytes | bytearray

    def row(self, place: int, plate: str) -> Row:
        """A row, given its plate."""
        raw, record_id, remarks, *spilled = self._texts(*divmod(place, ROWS_A_BLOCK))
        state, reason, vehicle, effective, expires, restrictions = (
            column.value(place, value) for column, value in zip(self.coded, spilled, strict=True)
        )
        written = raw or plate
        return plate, written, state, reason, record_id or "", vehicle, remarks or "", effective, expires, restrictions

    def _texts(self, block: int, place: int) -> list[Any]:
        """What a block holds of a row: a value a field, 0 or None for nothing."""
        start = int(self.block_ends[block - 1]) if block else 0
        packed = memoryview(self.blocks)[start : int(self.block_ends[block])]
        texts = json.loads(zlib.decompress(packed, _RAW_DEFLATE)) if len(packed) else []
        found = [text[place] if text else None for text in texts]
        return found + [None] * (_OWN + _CODED - len(found))


class _Dictionary(dict[Any, int]):
    """Gives each new value the next code, as long as there are codes."""

    def __missing__(self, value: Any) -> int:  # noqa: ANN401 - values of any type
        if len(self) == DISTINCT_MAX:
            return SPILLED
        code = self[value] = len(self)
        return code


class ColumnsPacker:
    """Packs rows that come in batches of whole blocks (but for the last)."""

    def __init__(self) -> None:
        self._dictionaries = [_Dictionary() for _ in range(_CODED)]
        self._codes = [array("H") for _ in range(_CODED)]
        self._ends = array("Q")
        self._blocks = bytearray()

    def add(self, batch: Sequence[Row]) -> None:
        """Take a batch; it is not empty."""
        plates, raws, states, reasons, record_ids, vehicles, remarks, effective, expires, restrictions = zip(
            *batch, strict=True
        )
        own_raws = [0 if raw == plate else raw for plate, raw in zip(plates, raws, strict=True)]
        texts = [_unless_empty(own_raws), _unless_empty(record_ids), _unless_empty(remarks)]
        fields = (states, reasons, vehicles, effective, expires, restrictions)
        for values, dictionary, codes in zip(fields, self._dictionaries, self._codes, strict=True):
            fresh = array("H", map(dictionary.__getitem__, values))
            codes.extend(fresh)
            texts.append(_spilled(values, fresh) if len(dictionary) == DISTINCT_MAX else None)
        for start in range(0, len(batch), ROWS_A_BLOCK):
            self._close_block([text and _unless_empty(text[start : start + ROWS_A_BLOCK]) for text in texts])

    def pack(self) -> Columns:
        """All of them."""
        return Columns(
            tuple(_column(*packed) for packed in zip(self._dictionaries, self._codes, strict=True)),
            np.array(self._ends, dtype=np.uint64),
            self._blocks,
        )

    def _close_block(self, texts: list[Sequence[Any] | None]) -> None:
        while texts and texts[-1] is None:
            texts.pop()
        if texts:
            squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE, _MEMORY)
            self._blocks += squeezer.compress(json.dumps(texts, separators=(",", ":")).encode("ascii"))
            self._blocks += squeezer.flush()
        self._ends.append(len(self._blocks))


def _column(dictionary: dict[Any, int], codes: "array[int]") -> Column:
    if len(dictionary) <= 1:
        return Column(list(dictionary), np.zeros(0, dtype=np.uint8))
    narrow = np.uint8 if len(dictionary) <= np.iinfo(np.uint8).max + 1 else np.uint16
    return Column(list(dictionary), np.frombuffer(codes, dtype=np.uint16).astype(narrow))


def _spilled(values: Iterable[Any], codes: "array[int]") -> list[Any] | None:
    """Values beyond the table, in their places; 0 in the others'."""
    if SPILLED not in codes:
        return None
    return [value if code == SPILLED else 0 for value, code in zip(values, codes, strict=True)]


def _unless_empty(texts: Sequence[Any]) -> Sequence[Any] | None:
    return texts if any(texts) else None
