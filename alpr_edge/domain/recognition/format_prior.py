"""A weak prior from serial formats: letter O or digit 0, letter I or digit 1, letter Q or digit 0.

The two of a pair look alike, but on most plates a place holds letters or digits, and the other places tell which:
``1AA?111`` has a letter there. So in a slot that holds such a pair, the likelier class gets more of what the two have
together; no other character gains or loses. Plates without a format (personalised ones) hold anything, which keeps the
prior weak (:data:`FREE_SHARE`), and what it may say is bounded (:data:`LOG_ODDS_BOUNDS`): an O or 0 with 0.74 of its
pair or more stays the likelier, whatever the formats say. On many plates I and 1 are the same bar, and of Q and 0 the
tail is the first that is lost: of these one with 0.96 stays.
"""

import itertools
from functools import cache

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.serial_formats import SERIAL_FORMATS

Shares = NDArray[np.float64]

LOG_ODDS_BOUNDS = {"O0": (-1.0, 1.0), "I1": (-3.0, 3.0), "Q0": (-3.0, 0.0)}
"""Least and most that the prior shifts the log-odds of letter against digit, by pair; no Q becomes likelier, as a place
for letters may hold the O that is taken for a 0.

Of 0.5, 1, 1.5, 2 and 3 the ones of least log loss on labelled plates (``models/README.md``).
"""
FREE_SHARE = 0.1
"""Share of plates that are taken to have any letter or digit in any place; of 0.1, 0.3 and 1 likewise."""
PAIR_MIN = 0.5
"""Least probability of the two look-alikes together: below it the slot may well hold another character."""
_CLASS_FLOOR = 1e-4
_LOOK_ALIKES = tuple((ALPHABET.index(pair[0]), ALPHABET.index(pair[1])) for pair in LOG_ODDS_BOUNDS)
_DIGITS = np.array([character.isdigit() for character in ALPHABET])
_LETTERS = np.array([character.isalpha() for character in ALPHABET])


def apply_format_prior(slots: Shares) -> Shares:
    """Slot probabilities [slots, alphabet] with each pair of look-alikes shared out anew; rows sum to what they did."""
    places = np.flatnonzero(slots.argmax(axis=1) != ALPHABET.index(EMPTY))
    together = np.array([slots[:, letter] + slots[:, digit] for letter, digit in _LOOK_ALIKES])
    if not (together[:, places] >= PAIR_MIN).any():
        return slots
    log_odds = np.zeros(len(slots))
    log_odds[places] = _letter_log_odds(slots[places])
    result = slots.copy()
    for (letter, digit), bounds in zip(_LOOK_ALIKES, LOG_ODDS_BOUNDS.values(), strict=True):
        pair = result[:, letter] + result[:, digit]
        rows = np.flatnonzero((pair >= PAIR_MIN) & (log_odds != 0))
        raised = result[rows, letter] * np.exp(log_odds[rows].clip(*bounds))
        result[rows, letter] = pair[rows] * raised / (raised + result[rows, digit])
        result[rows, digit] = pair[rows] - result[rows, letter]
    return result


def _letter_log_odds(slots: Shares) -> Shares:
    """Log-odds of letter against digit in each place, by the formats that the other places fit."""
    masks, shares = _formats_of_length(len(slots))
    letters, digits = (slots[:, among].sum(axis=1).clip(min=_CLASS_FLOOR) for among in (_LETTERS, _DIGITS))
    fits = np.where(masks, letters, digits)
    by_others = shares[:, np.newaxis] * fits.prod(axis=1, keepdims=True) / fits
    free = FREE_SHARE / 2 ** len(slots)
    odds = (np.where(masks, by_others, 0).sum(axis=0) + free) / (np.where(masks, 0, by_others).sum(axis=0) + free)
    return np.asarray(np.log(odds), np.float64)


@cache
def _formats_of_length(length: int) -> tuple[NDArray[np.bool_], Shares]:
    """The formats with so many places.

    Returns:
        bool [formats, length], True for a letter; and how common each is, all jurisdictions alike.
    """
    shares: dict[str, float] = {}
    for formats in map(str.split, SERIAL_FORMATS.values()):
        for template in filter(lambda text: len(text) == length, formats):
            spellings = ["".join(marks) for marks in itertools.product(*(_classes(mark) for mark in template))]
            for spelling in spellings:
                share = 1 / len(spellings) / len(formats) / len(SERIAL_FORMATS)
                shares[spelling] = shares.get(spelling, 0.0) + share
    masks = np.array([[mark == "A" for mark in spelling] for spelling in shares], bool).reshape(-1, length)
    return masks, np.array(list(shares.values()))


def _classes(mark: str) -> str:
    """What a mark of a format allows: letters (A), digits (1)."""
    return "A1" if mark == "X" else mark
