"""Clear characters of a plate whose others are hidden, and the partial plates that they fit.

The reader leaves out what a tow ball, mud or a frame hides, mostly without a gap: how many characters are hidden, and
where, is not known. What is known is the clear characters and their order, so only these are compared.
"""

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.patterns import ANY, ONE
from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical

CLEAR_MIN = 0.95
"""Probability from which on a character is clear.

Of 1,754 looks at real plates with one to four characters covered, the clear ones of 0.92 stand in the plate in their
order; from 0.9 of 0.88, from 0.98 of 0.96.
"""
CLEAR_COUNT_MIN = 3
"""Clear characters that must meet known ones of a partial plate (policy 462.4(c))."""
WHOLE_MIN = 6
"""Characters from which on a text whose every character is clear counts as whole: nothing is hidden."""
_ZERO_INDEX, _O_INDEX = ALPHABET.index("0"), ALPHABET.index("O")
_BEFORE, _HIDDEN, _AFTER = range(3)
"""Where a character of the plate stands: before, in and after what hides some."""


def clear_characters(slots: NDArray[np.floating]) -> str | None:
    """Return the clear characters in their order, as canonical text; None if fewer than three, or the plate is whole.

    Args:
        slots: probabilities [slots, alphabet] of one look or of a vote.
    """
    joint = slots.copy()
    joint[:, _ZERO_INDEX] += joint[:, _O_INDEX]
    joint[:, _O_INDEX] = 0
    characters = [ALPHABET[index] for index in joint.argmax(axis=1).tolist()]
    is_clear = (joint.max(axis=1) >= CLEAR_MIN).tolist()
    pairs = [(one, clear) for one, clear in zip(characters, is_clear, strict=True) if one != EMPTY]
    text = canonical("".join(one for one, clear in pairs if clear))
    is_whole = len(text) == len(pairs) >= WHOLE_MIN
    return text if len(text) >= CLEAR_COUNT_MIN and not is_whole else None


def fits_partial(clear: str, partial: str) -> bool:
    """Whether a plate that shows clear characters, and hides some others in one place, may be that of a partial plate.

    Each clear character stands on an equal known character or on a wildcard, and three of them at least on known ones.

    Args:
        clear: canonical text of the clear characters in their order.
        partial: canonical partial plate.
    """
    # By part and number of clear characters placed, the most known ones that are met.
    met = _with_hidden({(_BEFORE, 0): 0})
    for token in partial:
        after: dict[tuple[int, int], int] = dict(met) if token == ANY else {}
        for placed, character in enumerate(clear):
            for part in (_BEFORE, _AFTER):
                before = (after if token == ANY else met).get((part, placed))
                if before is not None and token in (ONE, ANY, character):
                    _keep_more(after, (part, placed + 1), before + (token == character))
        for (part, placed), count in met.items():
            if part == _HIDDEN:
                _keep_more(after, (part, placed), count)
        met = _with_hidden(after)
    return max((met.get((part, len(clear)), 0) for part in (_BEFORE, _HIDDEN, _AFTER)), default=0) >= CLEAR_COUNT_MIN


def _with_hidden(met: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Let what hides characters begin, or end, at each place."""
    opened = dict(met)
    for part in (_BEFORE, _HIDDEN):
        for (at, placed), count in list(opened.items()):
            if at == part:
                _keep_more(opened, (part + 1, placed), count)
    return opened


def _keep_more(met: dict[tuple[int, int], int], key: tuple[int, int], count: int) -> None:
    met[key] = max(met.get(key, -1), count)
