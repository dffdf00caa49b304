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
from itertools import chain
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
_BUFFER_BYTES = 4096
_SEPARATOR = b"\x1f"
_ENCODER = json.JSONEncoder(separators=("\x1f", ":"))

Codes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One repeating field of all rows."""

    table: Sequence[Any]
    """Distinct values, as a row has them."""
    codes: Codes
    """[rows], places in :attr:`table`; empty when there is but one value."""

    def code(self, row: int) -> int:
        """The place of a row's value; :data:`SPILLED` when it lies in the block."""
        return self.codes.item(row) if self.codes.size else 0


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
        texts = self._texts(*divmod(place, ROWS_A_BLOCK))
        coded: list[Any] = [
            texts.get(field) if (code := column.code(place)) == SPILLED else column.table[code]
            for field, column in enumerate(self.coded, start=_OWN)
        ]
        state, reason, vehicle, effective, expires, restrictions = coded
        raw: str = texts.get(0) or plate
        return (
            plate,
            raw,
            state,
            reason,
            texts.get(1) or "",
            vehicle,
            texts.get(2) or "",
            effective,
            expires,
            restrictions,
        )

    def _texts(self, block: int, place: int) -> dict[int, Any]:
        """What a block holds of a row, by number of the field."""
        start = self.block_ends.item(block - 1) if block else 0
        end = self.block_ends.item(block)
        if start == end:
            return {}
        # Only the row's own values are parsed: the separator stands in no JSON value, its strings escape it.
        values = zlib.decompress(memoryview(self.blocks)[start:end], _RAW_DEFLATE, _BUFFER_BYTES).split(_SEPARATOR)
        fields = values[-1].split(b",")
        width = len(values) // len(fields)
        return {int(field): json.loads(values[number * width + place]) for number, field in enumerate(fields)}


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
        texts: list[Sequence[Any] | None] = [own_raws, record_ids, remarks]
        fields = (states, reasons, vehicles, effective, expires, restrictions)
        for values, dictionary, codes in zip(fields, self._dictionaries, self._codes, strict=True):
            fresh = array("H", map(dictionary.__getitem__, values))
            codes.extend(fresh)
            texts.append(_spilled(values, fresh) if len(dictionary) == DISTINCT_MAX else None)
        held = [(field, values) for field, values in enumerate(texts) if values is not None and any(values)]
        for start in range(0, len(batch), ROWS_A_BLOCK):
            self._close_block([(field, values[start : start + ROWS_A_BLOCK]) for field, values in held])

    def pack(self) -> Columns:
        """All of them."""
        return Columns(
            tuple(_column(*packed) for packed in zip(self._dictionaries, self._codes, strict=True)),
            np.array(self._ends, dtype=np.uint64),
            self._blocks,
        )

    def _close_block(self, texts: Sequence[tuple[int, Sequence[Any]]]) -> None:
        """The values of each field that has any, field by field, and behind them which fields these are."""
        held = [(field, values) for field, values in texts if any(values)]
        if held:
            flat = list(chain.from_iterable(values for _, values in held))
            content = _ENCODER.encode(flat)[1:-1].encode("ascii")
            squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE, _MEMORY)
            self._blocks += squeezer.compress(content + _SEPARATOR + b",".join(b"%d" % field for field, _ in held))
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
