"""Applies changes to a list: additions and removals result in a new complete generation.

A generation stays whole and sealed by itself, so that a change is swapped, rolled back and checked like any list. An
entry added again takes the place of the one in use: its remarks or its end may be new. A removal names a plate, and of
state, reason and record id what it knows: what it does not say it does not ask for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.patterns import is_partial
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.index.packed_list import GenerationDraft, PackedList, Packer
from alpr_edge.hotlist.index.plate_keys import partial_key, plate_key
from alpr_edge.hotlist.index.row import Row

_BATCH_ROWS = 4096


class RowPacker(Protocol):
    """Collects a feed's rows during an import."""

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""

    def pack(self) -> GenerationDraft:
        """Build the generation that the rows make."""


def packer_for(change: ListChange, base: PackedList | None) -> RowPacker:
    """Return the packer for a feed of ``change`` over the list in use."""
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
    """The list in use without the entries that the feed names."""

    def __init__(self, base: PackedList) -> None:
        self._base = base
        self._lines: Counter[_Removal] = Counter()

    def extend(self, rows: Iterable[Row]) -> None:
        self._lines.update((row[0], row[2], row[3], row[4], row[6] if not row[3] else "") for row in rows)

    def pack(self) -> GenerationDraft:
        gone, unmatched = self._find_gone()
        packer = Packer()
        for batch in _rows_of(self._base, gone):
            packer.extend(batch)
        return replace(packer.pack(), unmatched=unmatched)

    def _find_gone(self) -> tuple[frozenset[int], int]:
        """The numbers of the rows to remove, and how many lines name none."""
        entries = _rows_by_plate(self._base, {plate for plate, *_ in self._lines})
        gone: set[int] = set()
        unmatched = 0
        for removal, line_count in self._lines.items():
            named = _entries_named(removal, entries.get(removal[0], []))
            gone.update(number for number, _ in named)
            unmatched += 0 if named else line_count
        return frozenset(gone), unmatched


_Removal = tuple[str, str | None, str, str, str]
"""Plate, state, reason and record id of an entry to remove, each but the plate empty where the line does not say it,
and the line's words for the reason where they are not understood."""
_NumberedRow = tuple[int, Row]


def _entries_named(removal: _Removal, entries: list[_NumberedRow]) -> list[_NumberedRow]:
    """The entries of a plate that a removal names: those that contradict nothing it says.

    Where none is of its state, one whose state the list does not tell is meant: such an entry sounds for this very
    plate, so kept it would have a car stopped that was recovered, perhaps as a felony. Another state's entry stays.
    Words that are not understood ("recovered") are of any reason, unless the list has an entry with the same words.
    """
    _, state, reason, record_id, words = removal
    fitting = [entry for entry in entries if not record_id or entry[1][4] == record_id]
    fitting = [entry for entry in fitting if not reason or entry[1][3] == reason]
    if state is not None:
        of_state = [entry for entry in fitting if entry[1][2] == state]
        fitting = of_state or [entry for entry in fitting if entry[1][2] is None]
    in_same_words = [entry for entry in fitting if words and _begins_with(entry[1][6], words)]
    return in_same_words or fitting


def _begins_with(remarks: str, words: str) -> bool:
    """Whether an entry's remarks begin with the words that its list has for its reason."""
    return f"{remarks};".upper().startswith(f"{words};".upper())


def _rows_by_plate(packed_list: PackedList, plates: Iterable[str]) -> dict[str, list[_NumberedRow]]:
    """The rows of some plates and partials, with their numbers."""
    of_key = {partial_key(plate) if is_partial(plate) else plate_key(plate): plate for plate in plates}
    wanted = np.fromiter(of_key, dtype=np.uint64, count=len(of_key))
    found: dict[str, list[_NumberedRow]] = {}
    for place in np.flatnonzero(np.isin(packed_list.keys, wanted)).tolist():
        number, plate = int(packed_list.rows[place]), of_key[int(packed_list.keys[place])]
        found.setdefault(plate, []).append((number, packed_list.columns.row(number, plate)))
    return found


def _rows_of(packed_list: PackedList, without: frozenset[int] = frozenset()) -> Iterator[list[Row]]:
    """Every row of a generation in feed order, in batches, but for those of some numbers."""
    partials, order = packed_list.partial_texts(), np.argsort(packed_list.rows)
    for start in range(0, len(order), _BATCH_ROWS):
        yield packed_list.rows_at(order[start : start + _BATCH_ROWS], partials, without)
