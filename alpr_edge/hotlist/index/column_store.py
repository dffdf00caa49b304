"""Packs the fields of a generation's rows by column.

What repeats over a list (state, reason, vehicle, dates, restrictions) is a code of one or two bytes into a table of its
distinct values. What is an entry's own (record id, remarks, the plate as written) lies in small blocks of text, the
longer ones compressed, so that a read that meets an entry unpacks little; so do values beyond what a table holds.
"""

import json
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpr_edge.hotlist.index.row import Row

ROWS_A_BLOCK = 16
DISTINCT_MAX = 65_535
"""Most values of one table; the code behind the last means that the value is in the block."""
SPILLED = DISTINCT_MAX
DEFLATED_FROM_BYTES = 512
"""Least size of a block that is compressed; short ones gain little from it."""
_PLAIN, _DEFLATED = 0, 1
_LEVEL = 6
_RAW_DEFLATE = -12
"""Window of 4 KiB, no header and no checksum: blocks are small, and sealed by AES-GCM."""
_MEMORY = 5
_BUFFER_BYTES = 4096
_CODED = 6
_FIELD, _ROW = "\x1f", "\n"
"""Separators between the fields and the rows of a block."""
_OWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The fields of all rows of a generation, in feed order."""

    tables: Sequence[Sequence[Any]]
    """Distinct values of state, reason, vehicle, effective, expires and restrictions, as a row has them."""
    widths: tuple[int, ...]
    """Bytes of a code into each table; 0 where the table has but one value."""
    codes: bytes | bytearray | memoryview
    """[rows] codes into each table, little endian, side by side."""
    block_ends: NDArray[np.uint64]
    """[blocks], where each block ends in :attr:`blocks`."""
    blocks: bytes | bytearray | memoryview

    def row(self, place: int, plate: str) -> Row:
        """A row, given its plate."""
        record_id, remarks, raw, *more = self._texts(*divmod(place, ROWS_A_BLOCK))
        layout = code_layout(self.widths)
        # A code of no width comes as b"", for the one value there is.
        values: list[Any] = [
            table[code or 0] if code != SPILLED else None
            for table, code in zip(self.tables, layout.unpack_from(self.codes, place * layout.size), strict=True)
        ]
        for field, value in json.loads(more[0]) if more else ():
            values[field] = value
        state, reason, vehicle, effective, expires, restrictions = values
        # A sealed file has them as JSON, which knows no tuples; rows that are packed again need one.
        restrictions = restrictions and tuple(restrictions)
        return plate, raw or plate, state, reason, record_id, vehicle, remarks, effective, expires, restrictions

    def _texts(self, block: int, place: int) -> list[str]:
        """The texts of a row in a block: record id, remarks, its plate if written otherwise, values beyond tables."""
        start = self.block_ends.item(block - 1) if block else 0
        content = self.blocks[start + 1 : self.block_ends.item(block)]
        if self.blocks[start] == _DEFLATED:
            content = zlib.decompress(content, _RAW_DEFLATE, _BUFFER_BYTES)
        return str(content, "utf-8", "surrogatepass").split(_ROW, place + 1)[place].split(_FIELD, _OWN)


@lru_cache(maxsize=64)
def code_layout(widths: tuple[int, ...]) -> struct.Struct:
    """The layout of the codes of a row."""
    return struct.Struct("<" + "".join({0: "0s", 1: "B", 2: "H"}[width] for width in widths))


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

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Add a batch of rows, turned: one sequence for each field of a row."""
        plates, raws, states, reasons, record_ids, vehicles, remarks, effective, expires, restrictions = columns
        own_raws = ["" if raw == plate else raw for plate, raw in zip(plates, raws, strict=True)]
        texts = list(map(_FIELD.join, zip(record_ids, remarks, own_raws, strict=True)))
        all_text = _ROW.join(texts)
        if all_text.count(_ROW) != len(texts) - 1 or all_text.count(_FIELD) != (_OWN - 1) * len(texts):
            raise ValueError("a record id, remark or plate holds control characters")
        table_columns = (states, reasons, vehicles, effective, expires, restrictions)
        for field, (values, dictionary) in enumerate(zip(table_columns, self._dictionaries, strict=True)):
            self._codes[field].extend(map(dictionary.__getitem__, values))
        if any(len(dictionary) == DISTINCT_MAX for dictionary in self._dictionaries):
            self._spill(table_columns, texts)
        for start in range(0, len(texts), ROWS_A_BLOCK):
            block = _ROW.join(texts[start : start + ROWS_A_BLOCK])
            self._blocks += _pack_block(block.encode("utf-8", "surrogatepass"))
            self._ends.append(len(self._blocks))

    def pack(self) -> Columns:
        """Pack all rows that were added."""
        widths = tuple(_width(len(dictionary)) for dictionary in self._dictionaries)
        codes = np.empty((len(self._codes[0]), sum(widths)), dtype=np.uint8)
        place = 0
        for width, column in zip(widths, self._codes, strict=True):
            # Of the two bytes of a code the first `width`: the second is 0 where one suffices.
            codes[:, place : place + width] = (
                np.frombuffer(column, dtype="<u2").view(np.uint8).reshape(-1, 2)[:, :width]
            )
            place += width
        ends = np.array(self._ends, dtype=np.uint64)
        return Columns([list(table) for table in self._dictionaries], widths, codes.tobytes(), ends, self._blocks)

    def _spill(self, table_columns: Sequence[Sequence[Any]], texts: list[str]) -> None:
        """Put the values of this batch that found no code behind their rows' texts."""
        for row in range(len(texts)):
            place = row - len(texts)
            beyond = [
                (field, table_columns[field][row]) for field in range(_CODED) if self._codes[field][place] == SPILLED
            ]
            if beyond:
                texts[row] += _FIELD + json.dumps(beyond, separators=(",", ":"))


def _width(distinct: int) -> int:
    if distinct <= 1:
        return 0
    return 1 if distinct <= 1 << 8 else 2


def _pack_block(content: bytes) -> bytes:
    """A block: how it is packed, then the content."""
    if len(content) < DEFLATED_FROM_BYTES:
        return bytes((_PLAIN,)) + content
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE, _MEMORY)
    return bytes((_DEFLATED,)) + compressor.compress(content) + compressor.flush()
