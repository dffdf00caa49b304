"""The live lists as one immutable index; the loader swaps it for the next by replacing one reference."""

from dataclasses import dataclass, replace

from alpr_edge.domain.hits import Generation, HotlistEntry
from alpr_edge.domain.matching import Listed
from alpr_edge.hotlist.index.packed_list import PackedList
from alpr_edge.hotlist.index.plate_keys import plate_key
from alpr_edge.hotlist.index.row import entry_of


@dataclass(frozen=True, slots=True, eq=False)
class SealedList:
    """One source's generation, opened."""

    generation: Generation
    sha256: str
    """Digest of the sealed file it came from."""
    packed_list: PackedList
    is_covert: bool = False
    """Whether all its entries are covert, whatever they were when the list was imported."""

    def exact(self, plate: str, key: int) -> list[Listed]:
        """The entries of one canonical text and its key."""
        return self._pairs_of(self.packed_list.entries(key, plate, self.generation.source))

    def partial(self, plate: str, clear: str | None) -> list[Listed]:
        """The entries whose wildcards a canonical text, or the clear characters of one, fits."""
        return self._pairs_of(self.packed_list.partial(plate, clear, self.generation.source))

    def page(self, start: int, count: int) -> list[HotlistEntry]:
        """Return some entries in the order of their plates, from a place on; partials come last."""
        packed_list = self.packed_list
        rows = packed_list.rows_at(slice(start, start + count), packed_list.partial_texts())
        return [entry for entry, _ in self._pairs_of([entry_of(row, self.generation.source) for row in rows])]

    def _pairs_of(self, entries: list[HotlistEntry]) -> list[Listed]:
        if self.is_covert:
            entries = [replace(entry, covert=True) for entry in entries]
        return [(entry, self.generation) for entry in entries]


@dataclass(frozen=True, slots=True)
class ListFault:
    """A source whose live generation could not be opened: it is not matched, or an older one still is."""

    source: str
    message: str
    """The fault in one line."""


@dataclass(frozen=True, slots=True, eq=False)
class HotlistIndex:
    """The lists of all sources; implements :class:`alpr_edge.domain.matching.Entries`."""

    lists: tuple[SealedList, ...] = ()
    faults: tuple[ListFault, ...] = ()
    """Lists that are missing from :attr:`lists`: a look-up must not take that for "no hits"."""

    def __len__(self) -> int:
        return sum(len(sealed_list.packed_list) for sealed_list in self.lists)

    def exact(self, plate: str) -> list[Listed]:
        """All entries of one canonical text, over all sources; text that is no plate has none."""
        try:
            key = plate_key(plate)
        except ValueError:
            return []
        return [listed for sealed_list in self.lists for listed in sealed_list.exact(plate, key)]

    def partial(self, plate: str, clear: str | None = None) -> list[Listed]:
        """All entries whose wildcards a canonical text, or the clear characters of one, fits, over all sources."""
        return [listed for sealed_list in self.lists for listed in sealed_list.partial(plate, clear)]
