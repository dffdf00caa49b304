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
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical, is_certain, is_readable
from alpr_edge.domain.reads import Alternative, SlotVotes, text_as_read
from alpr_edge.domain.recognition.distinct_looks import repeats_of
from alpr_edge.domain.recognition.format_prior import apply_format_prior
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.missed_characters import align, likelihood_of, shares_of
from alpr_edge.domain.recognition.slot_texts import text_of

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
