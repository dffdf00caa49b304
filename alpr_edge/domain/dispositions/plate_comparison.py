"""Compares the text that was read with the text of the list, character by character, for the eye of an officer."""

from dataclasses import dataclass

from alpr_edge.domain.patterns import ANY, ONE
from alpr_edge.domain.plates import canonical


@dataclass(frozen=True, slots=True)
class CharacterPair:
    """What was read and what is listed at one place."""

    read: str
    """A character; empty: the read text has none here."""
    listed: str
    """A character or a wildcard; empty: the listed text has none here."""

    @property
    def differs(self) -> bool:
        """Whether the two are not the same; O and 0 are, and a wildcard of a partial plate differs from nothing."""
        return self.listed not in {ONE, ANY} and canonical(self.read) != canonical(self.listed)


def compare_plates(read: str, listed: str) -> tuple[CharacterPair, ...]:
    """Pair the characters of two plates with as few differences as there can be (Wagner and Fischer, 1974).

    Args:
        read: the text as read, the letter O and the digit 0 apart, or canonical.
    """
    best: dict[tuple[int, int], tuple[int, tuple[CharacterPair, ...]]] = {}
    for read_end in range(len(read) + 1):
        for listed_end in range(len(listed) + 1):
            ways = list(_ways(best, read[:read_end], listed[:listed_end]))
            best[read_end, listed_end] = min(ways, key=lambda way: way[0]) if ways else (0, ())
    return best[len(read), len(listed)][1]


def _ways(
    best: dict[tuple[int, int], tuple[int, tuple[CharacterPair, ...]]], read: str, listed: str
) -> list[tuple[int, tuple[CharacterPair, ...]]]:
    """The ways to pair two beginnings: with both last characters as a pair, or one of them alone."""
    ways = []
    one, other = read[-1:], listed[-1:]
    steps = [(bool(one and other), 1, 1, one, other), (bool(other), 0, 1, "", other), (bool(one), 1, 0, one, "")]
    if other == ANY and one:
        steps.append((True, 1, 0, one, ANY))  # the wildcard goes on
    for is_possible, of_read, of_listed, left, right in steps:
        if is_possible:
            cost, pairs = best[len(read) - of_read, len(listed) - of_listed]
            pair = CharacterPair(left, right)
            ways.append((cost + pair.differs, (*pairs, pair)))
    return ways
