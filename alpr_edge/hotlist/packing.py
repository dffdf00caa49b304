"""A generation as arrays: sorted 64-bit keys, row numbers, and the fields of the rows by column.

A list of millions takes 12 bytes an entry to search and about 20 more to hold. Rows lie in feed order, so packing
streams; only the keys are sorted. The keys of partials stand behind those of plates.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.domain.patterns import PATTERNS_MAX, PatternSet, is_partial
from alpr_edge.hotlist.columns import ROWS_A_BLOCK, Columns, ColumnsPacker
from alpr_edge.hotlist.keys import Keys, fingerprints, identities, partial_key, plate_key, plate_keys
from alpr_edge.hotlist.rows import Row, entry_of

BATCH_ROWS = 128 * ROWS_A_BLOCK
Rows = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """The entries of one generation, immutable."""

    keys: Keys
    """[entries], ascending."""
    rows: Rows
    """[entries], the row of each key."""
    columns: Columns
    patterns: PatternSet
    """Its partials, each once."""

    def __len__(self) -> int:
        return len(self.keys)

    def exact(self, plate: str, source: str) -> Iterator[HotlistEntry]:
        """The entries of a canonical plate in feed order."""
        return self._entries(plate_key(plate), plate, source)

    def partial(self, plate: str, source: str) -> Iterator[HotlistEntry]:
        """The entries whose wildcards a canonical plate fits."""
        for pattern in self.patterns.matches(plate):
            yield from self._entries(partial_key(pattern), pattern, source)

    def _entries(self, key: int, plate: str, source: str) -> Iterator[HotlistEntry]:
        # bisect over plain integers: numpy's searchsorted of one key takes longer to set up than to search.
        keys = self.keys.data
        first = last = bisect_left(keys, key)
        while last < len(keys) and keys[last] == key:
            last += 1
        for row in sorted(self.rows[first:last].tolist()):
            yield entry_of(self.columns.row(row, plate), source)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A generation just packed."""

    packed: Packed
    fingerprints: Keys
    """[entries], what tells entries of one plate apart (state, reason, record id); only imports compare them."""
    duplicates: int
    """Entries left out as equal to an earlier one."""

    @property
    def identities(self) -> Keys:
        """[entries]; see :func:`~alpr_edge.hotlist.keys.identities`."""
        return identities(self.packed.keys, self.fingerprints)


class Packer:
    """Takes rows in feed order and packs them."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._fingerprints = array("Q")
        self._columns = ColumnsPacker()
        self._patterns: dict[str, None] = {}
        self._batch: list[Row] = []

    def extend(self, rows: Iterable[Row]) -> None:
        """Take rows.

        Raises:
            ValueError: the plate of a row taken since the last whole batch is not canonical.
            FeedError: there are too many partials.
        """
        self._batch.extend(rows)
        while len(self._batch) >= BATCH_ROWS:
            batch, self._batch = self._batch[:BATCH_ROWS], self._batch[BATCH_ROWS:]
            self._close(batch)

    def pack(self) -> Made:
        """The packed entries; the first of equal ones is kept. Raises as :meth:`extend`; to be called once."""
        if self._batch:
            self._close(self._batch)
        columns = self._columns.pack()
        keys = np.frombuffer(self._keys, dtype=np.uint64)
        prints = np.frombuffer(self._fingerprints, dtype=np.uint64)
        order = np.lexsort((prints, keys))
        keys, prints = keys[order], prints[order]
        fresh = np.ones(len(keys), dtype=bool)
        fresh[1:] = (keys[1:] != keys[:-1]) | (prints[1:] != prints[:-1])
        packed = Packed(keys[fresh], order[fresh].astype(np.uint32), columns, PatternSet(list(self._patterns)))
        return Made(packed, prints[fresh], len(keys) - len(packed))

    def _close(self, batch: Sequence[Row]) -> None:
        plates = [row[0] for row in batch]
        partials = [place for place, plate in enumerate(plates) if is_partial(plate)]
        for place in partials:
            self._patterns[plates[place]] = None
            plates[place] = "0"
        if len(self._patterns) > PATTERNS_MAX:
            raise FeedError(f"over {PATTERNS_MAX} partial plates; a partial is for a few plates half seen")
        keys = plate_keys(plates)
        for place in partials:
            keys[place] = partial_key(batch[place][0])
        texts = [f"{state or ''}\x1f{reason}\x1f{record_id}" for _, _, state, reason, record_id, *_ in batch]
        self._keys.frombytes(keys.tobytes())
        self._fingerprints.frombytes(fingerprints([text.encode("utf-8", "surrogatepass") for text in texts]).tobytes())
        self._columns.add(batch)


def common(one: Keys, other: Keys) -> int:
    """How many identities two generations of a source share."""
    return len(np.intersect1d(one, other, assume_unique=True))
