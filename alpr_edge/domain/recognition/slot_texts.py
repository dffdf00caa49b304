"""The text that slot probabilities show, and how likely it is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical

_EMPTY_INDEX, _ZERO_INDEX, _O_INDEX = (ALPHABET.index(character) for character in (EMPTY, "0", "O"))


def text_of(probabilities: NDArray[np.floating]) -> str:
    """Canonical text of the likeliest slots of one reading ([slots, alphabet])."""
    return _join(np.argmax(probabilities, axis=1).tolist())


def text_confidence_of(probabilities: NDArray[np.float32]) -> float:
    """Probability of :func:`text_of` one reading; the letter O and the digit 0 are one character."""
    joint = probabilities.copy()
    joint[:, _ZERO_INDEX] += joint[:, _O_INDEX]
    joint[:, _O_INDEX] = 0
    return float(joint.max(axis=1).prod())


def _join(indices: Sequence[int]) -> str:
    return canonical("".join(ALPHABET[index] for index in indices if index != _EMPTY_INDEX))
