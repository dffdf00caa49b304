"""Applies changes to a list: additions and removals result in a new complete generation.

A generation stays whole and sealed by itself, so that a change is swapped, rolled back and checked like any list. An
entry added again takes the place of the one in use: its remarks or its end may be new.
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


def packer_for(change: ListChange, base: PackedList | None) -> RowPacker:
    """Return the packer for a feed of ``change`` over the list in use.

    Raises:
        FeedError: there is no list to change.
    """
    if change is ListChange.COMPLETE:
        return Packer()
    if base is None:
        raise FeedError("a change needs a complete list first; import one")
    return _Additions(base) if change is ListChange.ADDITIONS else _Removals(base)


class _Additions:
    """The feed's rows, then those of the list in use that none of them replaces."""

    def __init__(self, base: PackedList) -> None:
        self._base = base
        self._packer = Packer()

    def extend(self, rows: Iterable[Row]) -> None:
        self._packer.extend(rows)

    def pack(self) -> GenerationDraft:
        self._packer.begin_base()
        for batch in _rows_of(self._base):
            self._packer.extend(batch)
        return self._packer.pack()


class _Removals:
    """The list in use without the rows that the feed names.

    A line without record id stands for every record of its kind.
    """

    def __init__(self, base: PackedList) -> None:
        self._base = base
        self._identities: set[_Identity] = set()

    def extend(self, rows: Iterable[Row]) -> None:
        self._identities.update(_identity(row) for row in rows)

    def pack(self) -> GenerationDraft:
        packer = Packer()
        for batch in _rows_of(self._base):
            packer.extend([row for row in batch if not self._is_gone(row)])
        return packer.pack()

    def _is_gone(self, row: Row) -> bool:
        identity = _identity(row)
        return identity in self._identities or (*identity[:3], "") in self._identities


_Identity = tuple[str, str | None, str, str]


def _identity(row: Row) -> _Identity:
    """What a removal names: plate, state, reason, record id."""
    return row[0], row[2], row[3], row[4]


def _rows_of(packed_list: PackedList) -> Iterator[list[Row]]:
    """Every row of a generation in feed order, in batches."""
    partials = {partial_key(pattern): pattern for pattern in packed_list.patterns.patterns}
    order = np.argsort(packed_list.rows)
    for start in range(0, len(order), _BATCH_ROWS):
        places = order[start : start + _BATCH_ROWS]
        pairs = zip(packed_list.rows[places].tolist(), packed_list.keys[places].tolist(), strict=True)
        yield [packed_list.columns.row(row, _plate_of(key, partials)) for row, key in pairs]


def _plate_of(key: int, partials: dict[int, str]) -> str:
    """The text that :func:`~alpr_edge.hotlist.index.plate_keys.plate_key` or ``partial_key`` made a key of."""
    # Base 36 behind a leading 1.
    return partials[key] if key & PARTIAL_BIT else np.base_repr(key, 36)[1:]
