"""The vote over the readings of one pass.

Slot log-probabilities are summed over frames. Frames of one pass are not independent looks (the same dirt,
the same angle), so the sum is tempered: N looks count as N ** :data:`INDEPENDENCE` of them, and readings that look the
same as one (:mod:`.distinct_looks`). A reading's weight grows with its sharpness and its detection, so a blurred look
seldom overrules a sharp one. Looks that miss a character are first set under those that have it
(:mod:`.missed_characters`).

Where a slot holds O or 0, I or 1, or Q or 0, the serial formats of plates weigh in a little (:mod:`.format_prior`).

A second reader's opinion of the texts in question is weighed in: it makes mistakes of its own, and
some in common with the first, so it counts for less than a reading of the first (:data:`OPINION_WEIGHT`).
"""

import heapq
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical, is_certain, is_readable
from alpr_edge.domain.reads import Alternative, SlotVotes, text_as_read
from alpr_edge.domain.recognition.distinct_looks import repeats_of
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.missed_characters import align, likelihood_of, shares_of
from alpr_edge.domain.recognition.slot_texts import text_of

# Serial formats: which places of a plate's text hold letters and which digits, by jurisdiction.
#
# Public facts, from no single list. Those of the United States are of the standard designs on the road, after the
# states' agencies, Wikipedia ("Vehicle registration plates of ...") and collectors' pages, as the fact file of plate
# designs gathers them; ``models/training/serial_formats`` prints these rows. Those of other countries are commonly
# known and were not checked one by one. Nothing depends on a single row: a format only ever makes one of two look-
# alikes a little likelier (:mod:`alpr_edge.domain.recognition.voting`).

SERIAL_FORMATS: dict[str, str] = {
    "US-CA": "1AAA111 111AAA1 111AAA AAA111 A111A1 11111A1 1A11111 11A1111 "
    "1AA1111 1111111 AA111AA AA11111 AAA11111 AA11A11 11A1A",
    "US-AL": "1AXXXXX 11AXXXX",
    "US-AK": "AAA111",
    "US-AZ": "AAA1111 XXA1AXA XXX1XX 111AAA",
    "US-AR": "111AAA AAA11A AAA111",
    "US-CO": "111AAA AAA111 AAAA11",
    "US-CT": "111AAA 1AAAA1 AA11111",
    "US-DE": "111111 A11111",
    "US-DC": "AA1111",
    "US-FL": "AAAA11 A111AA 11AAAA 1111AA AA11AA A1111A AAA111",
    "US-GA": "AAA1111 1111AAA",
    "US-HI": "AAA111",
    "US-ID": "1A1111A 1AA111A 1AAA11A 1AA1111 1A11111 A111111 AA111A",
    "US-IL": "A111111 1111111 AA1111 AA11111",
    "US-IN": "111AAA AAA111",
    "US-IA": "111AAA AAA111",
    "US-KS": "111AAA 1111AAA",
    "US-KY": "111AAA A1A111",
    "US-LA": "111AAA AAA111",
    "US-ME": "1111AA 111AA 111AAA AAA111",
    "US-MD": "AAA111 1AAA11 1AA1111",
    "US-MA": "111AAA 1111AA 11AA11 111AA1 1AA111 1AAA11 111111",
    "US-MI": "AAA1111 1AAA11",
    "US-MN": "111AAA AAA111 1AA11",
    "US-MS": "AAA111 AAA1111",
    "US-MO": "AA1A1A",
    "US-MT": "111111A",
    "US-NE": "AAA111 1A1111 11A111",
    "US-NV": "111AAA 11A111 111A11",
    "US-NH": "1111111 111111",
    "US-NJ": "A11AAA AAA11A",
    "US-NM": "111AAA AAA111 AAAA11",
    "US-NY": "AAA1111",
    "US-NC": "AAA1111",
    "US-ND": "111AAA AAA111",
    "US-OH": "AAA1111",
    "US-OK": "111AAA AAA111",
    "US-OR": "111AAA AAA111",
    "US-PA": "AAA1111",
    "US-RI": "AA111 111111 11111 1AA111",
    "US-SC": "AAA111 111AAA 1111AA",
    "US-SD": "1A1111 1AA111 11A111 11AA11 11AAA1",
    "US-TN": "AAA1111 111AAAA 111AAA A1111A AAA111 1A111A",
    "US-TX": "AAA1111 AA1A111 A11AAA 111AAA",
    "US-UT": "A111AA 1A11AA 111AAA",
    "US-VT": "AAA111",
    "US-VA": "AAA1111",
    "US-WA": "AAA1111 111AAA",
    "US-WV": "1AA111 1A1111",
    "US-WI": "AAA1111 111AAA",
    "US-WY": "111111 1111111 11111A",
    "GB": "AA11AAA A111AAA A11AAA A1AAA AAA111A AAA11A AAA1A",
    "IE": "11A1111 11A11111 11AA111 11AA1111 111A111 111A1111 111A11111 111AA111 111AA1111",
    "FR": "AA111AA 111AA11 111AAA11 1111AA11",
    "IT": "AA111AA",
    "ES": "1111AAA A1111AA AA1111AA",
    "PT": "AA11AA 11AA11 1111AA AA1111",
    "DE": "AA1 AA11 AA111 AA1111 AAA1 AAA11 AAA111 AAA1111 AAAA1 AAAA11 AAAA111 AAAA1111 AAAAA1 AAAAA11 AAAAA111",
    "AT": "A1111A A11111A A111AA A1111AA A111AAA AA11AA AA111A AA111AA AA1111A AA11AAA AA1AAA",
    "NL": "AA11AA 11AAAA AAAA11 11AAA1 1AAA11 AA111A A111AA AAA11A 1AA111 111AA1 AAA111",
    "BE": "1AAA111 AAA111 111AAA",
    "LU": "AA1111 1111 11111",
    "CH": "AA1 AA11 AA111 AA1111 AA11111 AA111111",
    "PL": "AA11111 AA1111A AA111AA AA1A111 AA1AA11 AAAA111 AAA11AA AAA1A11 "
    "AAA11A1 AAA1AA1 AAA1111 AAA11111 AAA111A AAA11A",
    "RO": "A11AAA A111AAA AA11AAA",
    "BG": "A1111AA AA1111AA",
    "HU": "AAA111 AAAA111",
    "CZ": "1A11111 1AA1111 1A1111",
    "SK": "AA111AA",
    "SI": "AA11AAA AAA1AA AA111AA AA1A111 AAAA111 AAAA11",
    "HR": "AA111A AA111AA AA1111A AA1111AA",
    "RS": "AA111AA AA1111AA AA11111AA",
    "GR": "AAA1111",
    "SE": "AAA111 AAA11A",
    "NO": "AA11111",
    "DK": "AA11111",
    "FI": "AAA111 AAA11 AAA1",
    "EE": "111AAA",
    "LV": "AA1111 AA111 AA11",
    "LT": "AAA111",
    "UA": "AA1111AA",
    "TR": "11A1111 11AA111 11AA1111 11AAA11 11AAA111 11A11111",
    "MD": "AAA111 AAAA111",
    "BR": "AAA1111 AAA1A11",
    "MX": "AAA1111 AAA111A A11AAA",
    "CO": "AAA111",
    "AR": "AAA111 AA111AA",
    "AU": "AAA111 111AAA 1AA1AA AAA11A 1AAA111 AA11AA A111AAA 1AA111",
    "CA": "AAAA111 AAA111 AAA1111 1AA111 A11AAA AA111A AA1111 111AAA AAA1A11",
}
"""Formats of a jurisdiction (a country, or ``US-`` and a state): A is a letter, 1 a digit, X either."""


# A weak prior from serial formats: letter O or digit 0, letter I or digit 1, letter Q or digit 0.
#
# The two of a pair look alike, but on most plates a place holds letters or digits, and the other places tell which:
# ``1AA?111`` has a letter there. So in a slot that holds such a pair, the likelier class gets more of what the two have
# together; no other character gains or loses. Plates without a format (personalised ones) hold anything, which keeps
# the prior weak (:data:`FREE_SHARE`), and what it may say is bounded (:data:`LOG_ODDS_BOUNDS`): an O or 0 with 0.74 of
# its pair or more stays the likelier, whatever the formats say. On many plates I and 1 are the same bar, and of Q and 0
# the tail is the first that is lost: of these one with 0.96 stays.

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


INDEPENDENCE = 0.15
"""Exponent by which the number of looks counts: 1 for independent looks, 0 for copies of one.

Chosen over 358 passes of plates set apart for validation (``scripts/bench accuracy --only voting_kept``): of the values
from 0 to 0.6, the log loss of the confidence is least between 0.1 and 0.2. The exponent changes the confidence, hardly
ever the text.
"""
OPINION_WEIGHT = 0.5
"""Exponent of a second reader's likelihoods: with it more of these passes were read exactly than with 0.2 to 1."""
OPINION_FLOOR = 0.01
"""Likelihood that remains for a text of which the second reader found nothing."""
PROBABILITY_FLOOR = 1e-4
"""Least probability of a character in one reading: one wrong frame must not exclude what all others show."""
CUT_CONFIDENCE_MAX = 0.9
"""Most confidence of a text where the frame's edge cuts each look at its plate: any that is not certain would do."""
ALTERNATIVE_MIN = 1e-3
"""Least probability of another text that is worth keeping."""
SLOT_VOTE_MIN = 0.01
"""Least probability of a character in its slot that is worth keeping."""
_SLOT_VOTES_MAX = 5
_SLOT_CHOICES = 3
"""Characters of a slot that texts are made of: at most 4, which two bits tell apart."""
_SPELT = [canonical(character) for character in ALPHABET]
"""Each index of a slot's alphabet as it stands in a canonical text; empty for an empty slot."""
_EMPTY_INDEX = ALPHABET.index(EMPTY)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second reader reads on a plate."""

    plate: str
    """Canonical text it reads; empty when it reads none."""
    likelihoods: Mapping[str, float]
    """Likelihood of each text it was asked about, and of its own: 0 to 1."""

    def of(self, plate: str) -> float:
        """Weight of a text."""
        return float((self.likelihoods.get(plate, 0.0) + OPINION_FLOOR) ** OPINION_WEIGHT)


@dataclass(frozen=True, slots=True)
class Vote:
    """The joint result of the readings of a pass."""

    plate: str
    """Canonical text of the likeliest slots; empty slots throughout mean that it is no plate."""
    confidence: float
    """Probability of that text."""
    alternatives: tuple[Alternative, ...]
    """Other texts, likeliest first."""
    slot_votes: SlotVotes

    @property
    def text(self) -> str:
        """The text as read, the letter O and the digit 0 apart."""
        return text_as_read(self.plate, self.slot_votes)

    @property
    def readable(self) -> bool:
        """Whether this is the text of a plate; False: unreadable, or no plate."""
        return is_readable(self.plate)

    @property
    def certain(self) -> bool:
        """Whether the text is sure enough to be used without comparing it first."""
        return is_certain(self.plate, self.confidence)


@dataclass(frozen=True, slots=True, eq=False)
class JointReading:
    """What the readings of one pass show together, before serial formats weigh in."""

    slots: NDArray[np.float64]
    """[slots, alphabet], rows summing to 1."""
    text: str
    """Canonical."""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Self:
        """Join readings; at least one is needed."""
        posterior = _posterior(whole_looks(readings))
        return cls(posterior, text_of(posterior))

    def likelihood(self, plate: str) -> float:
        """Likelihood of the readings if the plate has this canonical text, between 0 and 1."""
        return likelihood_of(self.slots, self.text, plate)

    def shares_of(self, plate: str) -> list[float]:
        """Probability of each character of a text in its slot; zeros for a text of another length than is shown."""
        return shares_of(self.slots, plate) if len(plate) == len(self.text) else [0.0] * len(plate)


def vote(readings: Sequence[Reading], alternatives_max: int = 4, opinion: Opinion | None = None) -> Vote:
    """Join the readings of one pass; at least one is needed.

    Where the whole plate is in one look at least, those that the frame's edge cuts have no vote; where it is in none,
    the text is never certain.
    """
    whole = whole_looks(readings)
    posterior = apply_format_prior(_posterior(whole))
    texts = _texts(posterior, alternatives_max + 1)
    if opinion is not None:
        texts = _weigh(texts, opinion)
    (plate, best), others = texts[0], texts[1:]
    return Vote(
        plate=plate,
        confidence=min(CUT_CONFIDENCE_MAX if whole[0].is_cut else 1.0, best),
        alternatives=tuple(Alternative(text, share) for text, share in others if share >= ALTERNATIVE_MIN),
        slot_votes=_slot_votes(posterior),
    )


def whole_looks(readings: Sequence[Reading]) -> Sequence[Reading]:
    """The readings of which the frame's edge cuts nothing off; all of them where it cuts each."""
    return [reading for reading in readings if not reading.is_cut] or readings


def _posterior(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Float64 [slots, alphabet], rows summing to 1."""
    looks = np.stack([reading.slot_probabilities for reading in readings]).astype(np.float64)
    repeats = repeats_of(readings)
    weights = np.array([_weight(reading) for reading in readings]) / repeats
    looks = _align(looks, weights)
    weights *= (1 / repeats).sum() ** INDEPENDENCE / weights.sum()
    logs = np.einsum("n,nsa->sa", weights, np.log(np.maximum(looks, PROBABILITY_FLOOR)))
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    posterior: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return posterior


def _align(looks: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The looks [looks, slots, alphabet] with each character in one slot, where some are read with fewer of them."""
    lengths = (looks.argmax(axis=2) != _EMPTY_INDEX).sum(axis=1)
    if (lengths == lengths[0]).all():
        return looks
    return align(looks, [text_of(look) for look in looks], (weights * looks.max(axis=2).prod(axis=1)).tolist())


def _weight(reading: Reading) -> float:
    return max(1e-3, reading.detection_confidence) * math.log1p(max(0.0, reading.sharpness)) + 1e-3


def _texts(posterior: NDArray[np.float64], count: int) -> list[tuple[str, float]]:
    """The ``count`` likeliest texts with their probability; combinations that spell the same are summed.

    Best-first over the slots' choices: each step takes the likeliest combination not yet taken. A combination is one
    number, two bits a slot for the rank of its choice, the first slot highest; lists, since NumPy's scalars are slow.
    """
    order = np.argsort(-posterior, axis=1)[:, :_SLOT_CHOICES]
    logs = np.log(np.take_along_axis(posterior, order, axis=1) + 1e-12)
    steps = (logs[:, :-1] - logs[:, 1:]).tolist()
    shifts = range(2 * len(order) - 2, -1, -2)
    slots = [(shift, [_SPELT[index] for index in row]) for shift, row in zip(shifts, order.tolist(), strict=True)]
    heap = [(-float(logs[:, 0].sum()), 0)]
    choices, texts = {0}, dict[str, float]()
    for _ in range(count * 8):
        if not heap:
            break
        cost, ranks = heapq.heappop(heap)
        text = "".join([spelt[ranks >> shift & 3] for shift, spelt in slots])
        texts[text] = texts.get(text, 0.0) + math.exp(-cost)
        for shift, step in zip(shifts, steps, strict=True):
            rank, following = ranks >> shift & 3, ranks + (1 << shift)
            if rank < len(step) and following not in choices:
                choices.add(following)
                heapq.heappush(heap, (cost + step[rank], following))
    return sorted(texts.items(), key=lambda item: -item[1])[:count]


def _weigh(texts: list[tuple[str, float]], opinion: Opinion) -> list[tuple[str, float]]:
    """The texts weighed with the second reader's opinion, likeliest first; its own text is among them."""
    shares = dict(texts)
    if opinion.plate:
        shares.setdefault(opinion.plate, PROBABILITY_FLOOR)
    weights = {text: share * opinion.of(text) for text, share in shares.items()}
    # What neither list names keeps its share, at the least weight a text can have.
    rest = max(0.0, 1.0 - sum(shares.values())) * OPINION_FLOOR**OPINION_WEIGHT
    whole = sum(weights.values()) + rest
    return sorted(((text, weight / whole) for text, weight in weights.items()), key=lambda item: -item[1])[: len(texts)]


def _slot_votes(posterior: NDArray[np.float64]) -> SlotVotes:
    """The characters with at least one per cent in each slot, likeliest first."""
    order = np.argsort(-posterior, axis=1)[:, :_SLOT_VOTES_MAX]
    shares = np.take_along_axis(posterior, order, axis=1).tolist()
    return tuple(
        tuple((ALPHABET[i], round(share, 4)) for i, share in zip(*row, strict=True) if share >= SLOT_VOTE_MIN)
        for row in zip(order.tolist(), shares, strict=True)
    )
