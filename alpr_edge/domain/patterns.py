"""Partial plates: what a witness remembers, with ``?`` for one character and ``*`` for any number, even none.

A partial is compared with the text as read alone, not with the alternatives that the reader considered: it fits many
cars already, and a match that is uncertain in two ways would be worth nothing.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical

ONE, ANY = "?", "*"
LITERALS_MIN = 2
"""With fewer characters a partial would match one of every few dozen cars."""
PATTERNS_MAX = 10_000
"""Most partials of one list: a read is compared with each of them."""
_RUN = re.compile(r"\*[?*]*")
_PIECES = re.compile(r"[?*]|[^?*]+")
_CHARACTERS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_ROW = {character: row for row, character in enumerate(_CHARACTERS)}

States = NDArray[np.uint16]


def is_partial(plate: str) -> bool:
    """Whether a plate's text holds wildcards."""
    return ONE in plate or ANY in plate


def canonical_partial(text: str) -> str:
    """Canonical text with its wildcards kept; of wildcards in a row the ``?`` stand before a single ``*``."""
    pattern = "".join(piece if piece in (ONE, ANY) else canonical(piece) for piece in _PIECES.findall(text))
    return _RUN.sub(lambda run: ONE * run.group().count(ONE) + ANY, pattern)


def partial_fault(pattern: str) -> str:
    """Why a canonical partial cannot be matched; empty when it can."""
    singles = pattern.replace(ANY, "")
    if len(singles) > PLATE_LENGTH_MAX:
        return f"longer than {PLATE_LENGTH_MAX} characters"
    if len(singles.replace(ONE, "")) < LITERALS_MIN:
        return f"a partial plate needs {LITERALS_MIN} known characters"
    return ""


class PatternSet:
    """Compares a text with many partials at once.

    Each is a nondeterministic automaton in the bits of one number (Baeza-Yates and Gonnet's shift-and): bit n is set
    while n of its characters are met. A step over one character of the text is four operations on whole arrays.

    Args:
        patterns: the canonical partials.

    Raises:
        ValueError: one of them is no canonical partial.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._takes = np.zeros((len(_CHARACTERS), len(patterns)), dtype=np.uint16)
        self._stays = np.zeros(len(patterns), dtype=np.uint16)
        self._ends = np.zeros(len(patterns), dtype=np.uint16)
        for place, pattern in enumerate(self.patterns):
            self._add(place, pattern)

    def __len__(self) -> int:
        return len(self.patterns)

    def matches(self, plate: str) -> list[str]:
        """The partials that a canonical text meets, in their order."""
        if not self.patterns:
            return []
        states: States = np.ones(len(self.patterns), dtype=np.uint16)
        for character in plate:
            row = _ROW.get(character)
            if row is None:
                return []
            states = ((states & self._takes[row]) << 1) | (states & self._stays)
        return [self.patterns[place] for place in np.flatnonzero(states & self._ends)]

    def _add(self, place: int, pattern: str) -> None:
        if canonical_partial(pattern) != pattern or partial_fault(pattern):
            raise ValueError("not a canonical partial plate")
        position = 0
        for token in pattern:
            bit = 1 << position
            if token == ANY:
                self._stays[place] |= bit
                continue
            rows = slice(None) if token == ONE else _ROW[token]
            self._takes[rows, place] |= bit
            position += 1
        self._ends[place] = 1 << position
