"""How far two plate texts are apart: whether they can be two readings of one plate, or are clearly two plates."""

from functools import lru_cache

LOOK_ALIKE_GROUPS = "0DQ", "1IL", "2Z", "5S", "6G", "8B"
"""Characters that readers take for one another."""
MISSING_MAX = 2
"""Characters that a reading of a plate at the picture's edge, or under a large angle, may lack."""
CHARACTERS_MIN = 4
"""A shorter text is a part of too many others."""

PAIRS_KEPT = 2048
"""Pairs of texts of which the result is kept in memory: those of the plates in view are compared in each frame."""

_FOLDED = {character: group[0] for group in LOOK_ALIKE_GROUPS for character in group}


def fold(text: str) -> str:
    """The text with look-alike characters as one."""
    return "".join(_FOLDED.get(character, character) for character in text)


@lru_cache(maxsize=PAIRS_KEPT)
def distance(one: str, other: str) -> int:
    """Characters to change, add or leave out that make one text the other, look-alike ones taken for equal.

    Levenshtein's distance, row by row (Wagner and Fischer 1974).
    """
    one, other = fold(one), fold(other)
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def is_part(part: str, whole: str) -> bool:
    """Whether a text is another one with a few characters missing, look-alike ones taken for equal."""
    if len(part) < CHARACTERS_MIN or not 0 <= len(whole) - len(part) <= MISSING_MAX:
        return False
    rest = iter(fold(whole))
    return all(character in rest for character in fold(part))
