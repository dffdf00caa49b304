"""Parses cells and records of SQLite's pages, enough to read rows off a page that no other page refers to.

Format: https://sqlite.org/fileformat2.html, sections 1.6 (b-tree pages) and 2.1 (records). A page comes
authenticated, so what it says was written by SQLite; yet it may be an older version than the pages it points to, so
every number is checked before it is followed.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from alpr_edge.store.sqlite_forensics.pages import USABLE_BYTES

Value = int | float | str | bytes | None
PageOf = Callable[[int], bytes | None]

HEADER_BYTES = 100
"""Of the database, in front of page 1."""
SCRAPS_MAX = 60
"""Free bytes in pieces too small to be listed; SQLite tidies a page that has more."""
PAYLOAD_BYTES_MAX = 64 << 20
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer by its serial type."""


class PageType(IntEnum):
    """The type of a b-tree page."""

    INDEX_INTERIOR = 2
    TABLE_INTERIOR = 5
    INDEX_LEAF = 10
    TABLE_LEAF = 13

    @property
    def is_table(self) -> bool:
        """Whether rows lie in it by number; in the other kind they are sorted by key (indices, WITHOUT ROWID)."""
        return self in {PageType.TABLE_INTERIOR, PageType.TABLE_LEAF}

    @property
    def is_leaf(self) -> bool:
        """Whether nothing lies below."""
        return self in {PageType.INDEX_LEAF, PageType.TABLE_LEAF}


class BrokenError(ValueError):
    """A page or a record that is not what it should be."""


@dataclass(frozen=True, slots=True)
class Node:
    """A b-tree page."""

    number: int
    page: bytes
    kind: PageType

    @property
    def children(self) -> list[int]:
        """Pages below it, in order."""
        if self.kind.is_leaf:
            return []
        last = _u32(self.page, self._start + 8)
        return [*(_u32(self.page, cell) for cell in self._cells()), last]

    @property
    def _start(self) -> int:
        return HEADER_BYTES if self.number == 1 else 0

    def rows(self, page_of: PageOf) -> Iterator[tuple[Value, ...] | None]:
        """The values of each row on it; None for one whose continuation on other pages is damaged."""
        if self.kind is PageType.TABLE_INTERIOR:
            return
        for cell in self._cells():
            try:
                yield _record(_payload(self.page, self._payload_at(cell), self.kind, page_of))
            except BrokenError:
                yield None

    def continuations(self, page_of: PageOf) -> list[int]:
        """Pages that its rows continue on."""
        numbers: list[int] = []
        for cell in self._cells() if self.kind is not PageType.TABLE_INTERIOR else ():
            length, start = self._payload_at(cell)
            local = _local(length, self.kind)
            if local < length:
                numbers += _chain(_u32(self.page, start + local), page_of)
        return numbers

    def _cells(self) -> list[int]:
        """Where its cells begin."""
        start, count = self._start, _u16(self.page, self._start + 3)
        pointers = start + (8 if self.kind.is_leaf else 12)
        return [_u16(self.page, pointers + 2 * place) for place in range(count)]

    def _payload_at(self, cell: int) -> tuple[int, int]:
        """Length of a cell's payload, and where its first part lies."""
        length, start = _varint(self.page, cell + (0 if self.kind.is_leaf else 4))
        if self.kind.is_table:
            _, start = _varint(self.page, start)  # the row's number
        return length, start


def node_of(number: int, page: bytes) -> Node | None:
    """The page as a node of a b-tree; None when it is none (free, or the continuation of a row)."""
    start = HEADER_BYTES if number == 1 else 0
    try:
        kind = PageType(page[start])
    except ValueError:
        return None
    cells, bottom, scraps = _u16(page, start + 3), _u16(page, start + 5), page[start + 7]
    likely = 0 < bottom <= USABLE_BYTES and scraps <= SCRAPS_MAX
    return Node(number, page, kind) if likely and start + 12 + 2 * cells <= bottom + 4 else None


def free_pages(first: bytes, page_of: PageOf) -> set[int]:
    """Pages out of use, by the list that page 1 begins; as far as the list can be read."""
    trunk, free = _u32(first, 32), set[int]()
    while trunk and trunk not in free and (page := page_of(trunk)) is not None:
        count = min(_u32(page, 4), USABLE_BYTES // 4 - 2)
        free |= {trunk, *struct.unpack_from(f">{count}I", page, 8)}
        trunk = _u32(page, 0)
    return free


def _payload(page: bytes, at: tuple[int, int], kind: PageType, page_of: PageOf) -> bytes:
    length, start = at
    local = _local(length, kind)
    if length > PAYLOAD_BYTES_MAX or start + local > USABLE_BYTES:
        raise BrokenError
    payload = bytearray(page[start : start + local])
    if local < length:
        for number in _chain(_u32(page, start + local), page_of):
            payload += (page_of(number) or b"")[4:USABLE_BYTES]
    if len(payload) < length:
        raise BrokenError
    return bytes(payload[:length])


def _chain(first: int, page_of: PageOf) -> list[int]:
    """Numbers of the pages that one row continues on, as far as they can be read."""
    chain: list[int] = []
    while first and len(chain) < PAYLOAD_BYTES_MAX // USABLE_BYTES:
        chain.append(first)
        page = page_of(first)
        first = 0 if page is None else _u32(page, 0)
    return chain


def _local(length: int, kind: PageType) -> int:
    """How much of a payload lies in its cell."""
    most = USABLE_BYTES - 35 if kind.is_table else (USABLE_BYTES - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (USABLE_BYTES - 12) * 32 // 255 - 23
    fitting = least + (length - least) % (USABLE_BYTES - 4)
    return fitting if fitting <= most else least


def _record(payload: bytes) -> tuple[Value, ...]:
    header_length, place = _varint(payload, 0)
    types: list[int] = []
    while place < header_length:
        serial_type, place = _varint(payload, place)
        types.append(serial_type)
    values: list[Value] = []
    for serial_type in types:
        value, place = _value(payload, place, serial_type)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, place: int, serial_type: int) -> tuple[Value, int]:
    """A value and where the next one begins."""
    if serial_type in {0, 8, 9}:
        return (None if serial_type == 0 else serial_type - 8), place
    if serial_type in {10, 11}:
        raise BrokenError
    length = _INTEGERS.get(serial_type, 8 if serial_type == 7 else (serial_type - 12) // 2)
    content = payload[place : place + length]
    if len(content) < length:
        raise BrokenError
    if serial_type in _INTEGERS:
        return int.from_bytes(content, "big", signed=True), place + length
    if serial_type == 7:
        return float(struct.unpack(">d", content)[0]), place + length
    return (content if serial_type % 2 == 0 else _text(content)), place + length


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise BrokenError from None


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        if place + count >= len(data):
            raise BrokenError
        byte = data[place + count]
        if count == 8:
            return value << 8 | byte, place + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + count + 1
    raise BrokenError


def _u16(data: bytes, place: int) -> int:
    return _read_unsigned(data, place, 2)


def _u32(data: bytes, place: int) -> int:
    return _read_unsigned(data, place, 4)


def _read_unsigned(data: bytes, place: int, length: int) -> int:
    if place + length > len(data):
        raise BrokenError
    return int.from_bytes(data[place : place + length], "big")
