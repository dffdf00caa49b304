"""Lists that a test fills and empties."""

from alpr_edge.domain.hits import Generation, HotlistEntry
from alpr_edge.domain.matching import Listed
from alpr_edge.domain.patterns import PatternSet, is_partial

SMALL = Generation("test", 1, None, None, 1)


class Shelf:
    """The live lists, held in a list that a test may change.

    Args:
        entries: what stands on them at first.
        generation: of these entries' list.
    """

    def __init__(self, *entries: HotlistEntry, generation: Generation = SMALL) -> None:
        self.listed: list[Listed] = [(entry, generation) for entry in entries]

    def exact(self, plate: str) -> list[Listed]:
        return [(entry, generation) for entry, generation in self.listed if entry.plate == plate]

    def partial(self, plate: str, clear: str | None = None) -> list[Listed]:
        patterns = [entry.plate for entry, _ in self.listed if is_partial(entry.plate)]
        plates = PatternSet(patterns).matches_of(plate, clear)
        return [(entry, generation) for entry, generation in self.listed if entry.plate in plates]
