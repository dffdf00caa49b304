"""Sets a reading that misses characters under one of the same plate that has them.

The reader fills its slots from the left, so where it misses a character every later one stands a slot too early, and a
vote slot by slot would compare it with its neighbours. What it misses is told by a fuller text: the slots are moved to
where they fit that text best, as the outputs of speech recognisers are before they vote (ROVER, Fiscus 1997). In the
places left open the reading says only how often this reader sees nothing where there is a character (:data:`MISSED`),
so that a character that a single look invented is still outvoted.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.text_distance import MISSING_MAX, is_part

Shares = NDArray[np.float64]
Places = tuple[int | None, ...]
"""For each character of a text the slot that shows it; None where the reading misses it."""

MISSED = {"I": 0.2}
"""Share of a character's looks in which the reader sees nothing in its place. Of 131 letters I on real plates on the
road it misses 13 in crops as large as they are, 19 in crops 70 px wide and 37 in crops 50 px wide.
"""
MISSED_OTHER = 0.02
"""The same of any other character: 39 of 2,060 on the ride's plates without an I, distant ones included."""
SHARE_MIN = 1e-4
"""Least probability of a character in one place: a single slot must not exclude a text."""

_EMPTY_INDEX, _ZERO_INDEX, _O_INDEX = (ALPHABET.index(character) for character in (EMPTY, "0", "O"))
_NOTHING_SEEN = np.array([1.0 if c == EMPTY else MISSED.get(c, MISSED_OTHER) for c in ALPHABET])
"""Likelihood of seeing nothing, for each character that may stand in a place."""


def align(looks: Shares, texts: Sequence[str], weights: Sequence[float]) -> Shares:
    """Move the slots of looks that miss characters to where they belong.

    Returns:
        The looks, in an array of the same shape; rows where a character was missed are likelihoods, not shares.
    """
    fullest = _fullest(texts, weights)
    result, places_by_text = looks.copy(), dict[str, Places]()
    for index, text in enumerate(texts):
        if len(text) < len(fullest) and is_part(text, fullest):
            slots = _order_from_left(looks[index])
            if text not in places_by_text:
                places_by_text[text] = places_of(slots, text, fullest)
            result[index] = _move_slots(slots, text, places_by_text[text])
    return result


def likelihood_of(slots: Shares, own_text: str, text: str) -> float:
    """Likelihood of what a reading shows if the plate has a text, the characters counted that it then misses."""
    slots = _order_from_left(slots)
    if not 0 <= len(text) - len(own_text) <= MISSING_MAX or len(text) > len(slots):
        return _product(slots, text)
    return _product(_move_slots(slots, own_text, places_of(slots, own_text, text)), text)


def shares_of(slots: Shares, text: str) -> list[float]:
    """Return the probability of each character of a text that is as long as the one that the slots show."""
    return [_share(row, character) for row, character in zip(_order_from_left(slots), text, strict=False)]


def places_of(slots: Shares, own_text: str, text: str) -> Places:
    """Where the characters of a text stand in a reading that has as many or fewer.

    The likeliest way, found place by place (Needleman and Wunsch 1970, without gaps in the text).
    """
    misses = len(text) - len(own_text)
    best: dict[tuple[int, int], tuple[float, Places]] = {(0, 0): (0.0, ())}
    for place, character in enumerate(text):
        for slot in range(max(0, place - misses), min(place, len(own_text)) + 1):
            cost, way = best[place, slot]
            missed = (cost - math.log(_NOTHING_SEEN[ALPHABET.index(character)]), (*way, None))
            _keep_better(best, (place + 1, slot), missed)
            if slot < len(own_text):
                seen = (cost - math.log(_share(slots[slot], character)), (*way, slot))
                _keep_better(best, (place + 1, slot + 1), seen)
    return best[len(text), len(own_text)][1]


def _keep_better(
    best: dict[tuple[int, int], tuple[float, Places]], key: tuple[int, int], found: tuple[float, Places]
) -> None:
    if key not in best or found[0] < best[key][0]:
        best[key] = found


def _fullest(texts: Sequence[str], weights: Sequence[float]) -> str:
    """Of the texts that the one with most weight is a part of, the one with most weight; else that text itself."""
    totals: dict[str, float] = {}
    for text, weight in zip(texts, weights, strict=True):
        totals[text] = totals.get(text, 0.0) + weight
    heaviest = max(totals, key=totals.__getitem__)
    longer = [text for text in totals if len(text) > len(heaviest) and is_part(heaviest, text)]
    return max(longer, key=totals.__getitem__, default=heaviest)


def _order_from_left(slots: Shares) -> Shares:
    """Put the slots that are likeliest empty behind the others."""
    return slots[np.argsort(slots.argmax(axis=1) == _EMPTY_INDEX, kind="stable")]


def _move_slots(slots: Shares, own_text: str, places: Places) -> Shares:
    """Give each place of a text a row of its own; what follows the text moves on with it."""
    rows = [_NOTHING_SEEN if slot is None else slots[slot] for slot in places]
    return np.array([*rows, *slots[len(own_text) :]][: len(slots)])


def _product(slots: Shares, text: str) -> float:
    """Probability of a text of which each character stands in its slot, and nothing in those after it."""
    if len(text) > len(slots):
        return 0.0
    padded = text + EMPTY * (len(slots) - len(text))
    return math.prod(_share(row, character) for row, character in zip(slots, padded, strict=True))


def _share(row: Shares, character: str) -> float:
    """Probability of a canonical character in a slot: the letter O is the digit 0."""
    share = row[ALPHABET.index(character)] + (row[_O_INDEX] if character == "0" else 0.0)
    return max(float(share), SHARE_MIN)
