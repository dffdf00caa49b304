"""Applies changes to a list: additions and removals result in a new complete generation.

A generation stays whole and sealed by itself, so that a change is swapped, rolled back and checked like any list. An
entry added again takes the place of the one held: its remarks or its end may be new.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.index.packed_list import GenerationDraft, PackedList, Packer
from alpr_edge.hotlist.index.plate_keys import PARTIAL_BIT, partial_key
from alpr_edge.hotlist.index.row import Row

_BATCH_ROWS = 4096


class RowPacker(Protocol):
    """Collects a feed's rows during an import."""

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""

    def pack(self) -> GenerationDraft:
        """Build the generation that the rows make."""


def packer_for(change: ListChange, held: PackedList | None) -> RowPacker:
    """What packs a feed of ``change`` over the list held.

    Raises:
        FeedError: there is no list to change.
    """
    if change is ListChange.COMPLETE:
        return Packer()
    if held is None:
        raise FeedError("a change needs a complete list first; import one")
    return _Additions(held) if change is ListChange.ADDITIONS else _Removals(held)


class _Additions:
    """The feed's rows, then those held: of equal ones the first is kept."""

    def __init__(self, held: PackedList) -> None:
        self._held = held
        self._packer = Packer()

    def extend(self, rows: Iterable[Row]) -> None:
        self._packer.extend(rows)

    def pack(self) -> GenerationDraft:
        for batch in _rows_of(self._held):
            self._packer.extend(batch)
        return self._packer.pack()


class _Removals:
    """The rows held but those that the feed names; a line without record id stands for every record of its kind."""

    def __init__(self, held: PackedList) -> None:
        self._held = held
        self._gone: set[tuple[str | None, ...]] = set()

    def extend(self, rows: Iterable[Row]) -> None:
        self._gone.update((row[0], row[2], row[3], row[4]) for row in rows)

    def pack(self) -> GenerationDraft:
        packer = Packer()
        for batch in _rows_of(self._held):
            packer.extend([row for row in batch if not self._is_gone(row)])
        return packer.pack()

    def _is_gone(self, row: Row) -> bool:
        plate, state, reason, record_id = row[0], row[2], row[3], row[4]
        return (plate, state, reason, record_id) in self._gone or (plate, state, reason, "") in self._gone


def _rows_of(packed: PackedList) -> Iterator[list[Row]]:
    """Every row of a generation in feed order, in batches."""
    partials = {partial_key(pattern): pattern for pattern in packed.patterns.patterns}
    order = np.argsort(packed.rows)
    for start in range(0, len(order), _BATCH_ROWS):
        places = order[start : start + _BATCH_ROWS]
        pairs = zip(packed.rows[places].tolist(), packed.keys[places].tolist(), strict=True)
        yield [packed.columns.row(row, _plate_of(key, partials)) for row, key in pairs]


def _plate_of(key: int, partials: dict[int, str]) -> str:
    """The text that :func:`~alpr_edge.hotlist.index.plate_keys.plate_key` or ``partial_key`` made a key of."""
    # Base 36 behind a leading 1.
    return partials[key] if key & PARTIAL_BIT else np.base_repr(key, 36)[1:]
