"""A generation as arrays: sorted 64-bit keys, row numbers, and the fields of the rows by column.

A list of millions takes 12 bytes an entry to search and about 20 more to hold. Rows lie in feed order, so packing
streams; only the keys are sorted. The keys of partials stand behind those of plates.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.domain.patterns import PATTERNS_MAX, PatternSet, is_partial
from alpr_edge.hotlist.index.bloom import BloomFilter
from alpr_edge.hotlist.index.column_store import ROWS_A_BLOCK, Columns, ColumnsPacker
from alpr_edge.hotlist.index.plate_keys import (
    PARTIAL_BIT,
    Keys,
    Marks,
    entry_prints,
    identity_of,
    is_repeated,
    marks,
    partial_key,
    plate_keys,
)
from alpr_edge.hotlist.index.row import Row, entry_of

BATCH_ROWS = 128 * ROWS_A_BLOCK
_SLICE = 1 << 18
Rows = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class PackedList:
    """The entries of one generation, immutable."""

    keys: Keys
    """[entries], ascending."""
    rows: Rows
    """[entries], the row of each key."""
    columns: Columns
    patterns: PatternSet
    """The partials of the list, each once."""
    bloom_filter: BloomFilter
    """The filter over :attr:`keys`."""

    def __len__(self) -> int:
        return len(self.keys)

    def entries(self, key: int, plate: str, source: str) -> list[HotlistEntry]:
        """The entries of a key in feed order; ``plate`` is what it was made of."""
        if not self.bloom_filter.passes(key):
            return []
        # bisect over plain integers: numpy's searchsorted of one key takes longer to set up than to search.
        keys = self.keys.data
        first = last = bisect_left(keys, key)
        while last < len(keys) and keys[last] == key:
            last += 1
        return [entry_of(self.columns.row(row, plate), source) for row in sorted(self.rows.data[first:last])]

    def partial_texts(self) -> dict[int, str]:
        """Return the text of each partial by its key."""
        return {partial_key(pattern): pattern for pattern in self.patterns.patterns}

    def rows_at(
        self, places: slice | NDArray[np.int64], partials: Mapping[int, str], without: frozenset[int] = frozenset()
    ) -> list[Row]:
        """Return the rows at places of :attr:`keys`, except rows of some numbers; partials as :meth:`partial_texts`."""
        pairs = zip(self.rows[places].tolist(), self.keys[places].tolist(), strict=True)
        return [self.columns.row(row, _plate_of(key, partials)) for row, key in pairs if row not in without]

    def partial(self, plate: str, clear: str | None, source: str) -> list[HotlistEntry]:
        """The entries whose wildcards a canonical plate, or the clear characters of one, fits."""
        patterns = self.patterns.matches_of(plate, clear)
        return [entry for pattern in patterns for entry in self.entries(partial_key(pattern), pattern, source)]


@dataclass(frozen=True, slots=True, eq=False)
class GenerationDraft:
    """A generation just packed."""

    packed_list: PackedList
    fingerprints: Keys
    """[entries], :func:`.plate_keys.entry_prints`: state, reason and record id, and all the rest; only
    imports compare them."""
    duplicates: int
    """Entries left out: equal to an earlier one in all they say, or replaced by an addition."""
    unmatched: int = 0
    """Removals that name no entry of the list."""

    @property
    def marks(self) -> Marks:
        """The part that is compared with other generations."""
        return marks(self.packed_list.keys, self.fingerprints)


class Packer:
    """Packs rows that come in feed order."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._fingerprints = array("Q")
        self._columns = ColumnsPacker()
        self._patterns: dict[str, None] = {}
        self._batch: list[Row] = []
        self._addition_count: int | None = None

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        self._batch.extend(rows)
        while len(self._batch) >= BATCH_ROWS:
            batch, self._batch = self._batch[:BATCH_ROWS], self._batch[BATCH_ROWS:]
            self._close(batch)

    def begin_base(self) -> None:
        """Take the rows so far as additions to those that follow, the list in use.

        An addition replaces every entry in use of its plate, state, reason and record id.
        """
        self._addition_count = len(self._keys) + len(self._batch)

    def pack(self) -> GenerationDraft:
        """The packed entries; the first of equal ones is kept. Raises as :meth:`extend`; to be called once.

        Of one plate, state, reason and record id there may be several: a warrant that ended and the next one, or two
        cars of which one has an O where the other has a 0.
        """
        if self._batch:
            self._close(self._batch)
        columns = self._columns.pack()
        keys = np.frombuffer(self._keys, dtype=np.uint64)
        prints = np.frombuffer(self._fingerprints, dtype=np.uint64)
        # Stable: of equal entries the first in the feed comes first.
        order = np.lexsort((prints, keys))
        keys, prints = keys[order], prints[order]
        kept = ~is_repeated(keys, prints)
        if self._addition_count is not None:
            kept &= ~_is_replaced(keys, prints, order < self._addition_count)
        kept_keys, rows = keys[kept], order[kept].astype(np.uint32)
        packed_list = PackedList(kept_keys, rows, columns, PatternSet(list(self._patterns)), BloomFilter(kept_keys))
        return GenerationDraft(packed_list, prints[kept], len(keys) - len(packed_list))

    def _close(self, batch: Sequence[Row]) -> None:
        columns = list(zip(*batch, strict=True))
        plates, raws, states, reasons, record_ids, *details = columns
        texts = [
            f"{state or ''}\x1f{reason}\x1f{record_id}".encode("utf-8", "surrogatepass")
            for state, reason, record_id in zip(states, reasons, record_ids, strict=True)
        ]
        self._keys.frombytes(self._keys_of(plates).tobytes())
        rest = (repr(fields).encode("ascii", "backslashreplace") for fields in zip(raws, *details, strict=True))
        self._fingerprints.frombytes(entry_prints(texts, rest).tobytes())
        self._columns.add(columns)

    def _keys_of(self, plates: Sequence[str]) -> Keys:
        if not is_partial("".join(plates)):
            return plate_keys(plates)
        partials = {place: plate for place, plate in enumerate(plates) if is_partial(plate)}
        self._patterns.update(dict.fromkeys(partials.values()))
        if len(self._patterns) > PATTERNS_MAX:
            raise FeedError(f"over {PATTERNS_MAX} partial plates; a partial is for a few plates half seen")
        keys = plate_keys(["0" if place in partials else plate for place, plate in enumerate(plates)])
        for place, pattern in partials.items():
            keys[place] = partial_key(pattern)
        return keys


def _is_replaced(keys: Keys, prints: Keys, is_addition: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each of some sorted entries is of the list in use, and an addition has its identity."""
    if not len(keys):
        return is_addition
    starts = np.flatnonzero(~is_repeated(keys, identity_of(prints)))
    has_addition = np.logical_or.reduceat(is_addition, starts)
    return np.repeat(has_addition, np.diff(starts, append=len(keys))) & ~is_addition


def _plate_of(key: int, partials: Mapping[int, str]) -> str:
    """The text that :func:`.plate_keys.plate_key` or ``partial_key`` made a key of."""
    # Base 36 behind a leading 1.
    return partials[key] if key & PARTIAL_BIT else np.base_repr(key, 36)[1:]


def common(one: Marks, other: Marks) -> tuple[int, int]:
    """Count the entries that two generations of a source share, and those of them that differ.

    An entry whose state, reason or record id was edited has another identity. It is the same one by its plate.
    """
    shared = np.intersect1d(one.identities, other.identities, assume_unique=True)
    edited = _count_shared_plates(_plates_without(one, shared), _plates_without(other, shared))
    same_count = len(np.intersect1d(one.versions, other.versions, assume_unique=True))
    return len(shared) + edited, len(shared) - same_count + edited


def _plates_without(marks: Marks, shared: Keys) -> Keys:
    """The plates of entries whose identity is not shared."""
    if not len(shared):
        return marks.plates
    plates = []
    # In slices: the places of millions would take as much memory as the identities.
    for start in range(0, len(marks.identities), _SLICE):
        identities = marks.identities[start : start + _SLICE]
        places = np.minimum(np.searchsorted(shared, identities), len(shared) - 1)
        plates.append(marks.plates[start : start + _SLICE][shared[places] != identities])
    return np.concatenate(plates)


def _count_shared_plates(one: Keys, other: Keys) -> int:
    (plates, counts), (other_plates, other_counts) = (np.unique(keys, return_counts=True) for keys in (one, other))
    _, places, other_places = np.intersect1d(plates, other_plates, assume_unique=True, return_indices=True)
    return int(np.minimum(counts[places], other_counts[other_places]).sum())
