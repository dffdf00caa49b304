"""The test card: a plate's picture on paper, held before a camera to see that it reads.

A plate is wider than a sheet of paper (304.8 mm against 297 of A4), so the card is 250 mm wide. At a distance it is as
wide in the picture as a plate at 304.8 / 250 of that distance; nothing else of the optics has to be known to tell from
the card how far plates can be read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from alpr_edge.domain.diagnostics.camera_aim import GOOD_PX, LEAST_PX, US_PLATE_MM
from alpr_edge.domain.diagnostics.checks import Band, Check, Grade, band_check, red
from alpr_edge.domain.plates import canonical, is_certain
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.domain.recognition.voting import vote

CARD_TEXT = "0XEK947"
"""No plate of a car: California's serials do not begin with 0. Of five texts in eight faces the one read surest."""
CARD_MM = 250.0
CARD_SCALE = US_PLATE_MM / CARD_MM
LIKENESS_MIN = 0.5
"""Half of its characters in their order: what is less like it is somebody's plate, and not judged."""
CARD_PX = Band(green=GOOD_PX, red=LEAST_PX, unit=" px", digits=0)
"""Pixels across the plate that the card stands for; limits of :mod:`alpr_edge.domain.diagnostics.camera_aim`."""


@dataclass(frozen=True, slots=True)
class CardSeen:
    """The card as a camera read it."""

    text: str
    """Canonical text, by vote over the frames."""
    confidence: float
    width_px: float
    """Width of the card in pixels, the median of the frames."""
    looks: int
    """Number of frames in which the card, or a text like it, was read."""

    @property
    def right(self) -> bool:
        """Whether the text is the card's."""
        return self.text == canonical(CARD_TEXT)


def is_like_card(text: str) -> bool:
    """Whether a canonical text may be a misread of the card's."""
    return SequenceMatcher(None, text, canonical(CARD_TEXT)).ratio() >= LIKENESS_MIN


def card_among(frames: Iterable[Iterable[Reading]]) -> tuple[CardSeen, Reading] | None:
    """Find the card in the readings of some frames, and its sharpest reading; None when nothing like it was read."""
    looks = [best for readings in frames if (best := _most_alike(readings)) is not None]
    if not looks:
        return None
    result = vote(looks)
    widths = sorted(look.box.width_px for look in looks)
    card = CardSeen(result.plate, result.confidence, widths[len(widths) // 2], len(looks))
    return card, max(looks, key=lambda look: look.sharpness)


def card_checks(name: str, card: CardSeen, distance_m: float | None = None) -> list[Check]:
    """Check whether the card is read, and up to which distance plates can be.

    Args:
        distance_m: the distance from lens to card; None: not known.
    """
    if not card.right:
        todo = "hold it straight, still and well lit; check focus and exposure, then the models"
        return [red(f"{name} card", f"read wrong, {_looks(card)}", todo)]
    grade = Grade.GREEN if is_certain(card.text, card.confidence) else Grade.AMBER
    todo = "" if grade is Grade.GREEN else "read right, but not surely: hold it nearer, straight and still"
    finding = f"read right, {card.confidence:.2f} sure, {_looks(card)}"
    read = Check(f"{name} card", grade, finding, "green: right and certain", todo, card.confidence)
    return [read, _reach(name, card, distance_m)]


def _looks(card: CardSeen) -> str:
    return f"in {card.looks} picture{'' if card.looks == 1 else 's'}"


def reach_text(card_px: float, distance_m: float | None) -> str:
    """The distance up to which a real plate has enough pixels, computed from the card's width."""
    good, least = (card_px * CARD_SCALE / px for px in (GOOD_PX, LEAST_PX))
    if distance_m is None:
        return f"plates to {good:.1f} times the card's distance well, to {least:.1f} times at most"
    return f"plates to {good * distance_m:.1f} m well, to {least * distance_m:.1f} m at most"


def _reach(name: str, card: CardSeen, distance_m: float | None) -> Check:
    """Check the card's width: where it is narrow, that says more of the distance than of the camera."""
    check = band_check(f"{name} card width", card.width_px, CARD_PX, "hold it nearer, or use a longer lens (unit aim)")
    hint = reach_text(card.width_px, distance_m)
    grade = Grade.AMBER if check.grade is Grade.RED else check.grade
    return Check(check.name, grade, f"{check.finding}; {hint}", check.limit, check.todo, check.value, check.unit)


def _most_alike(readings: Iterable[Reading]) -> Reading | None:
    """The reading that is most like the card, if any is."""
    goal = canonical(CARD_TEXT)
    scores = [
        (SequenceMatcher(None, text_of(reading.slot_probabilities), goal).ratio(), number, reading)
        for number, reading in enumerate(readings)
    ]
    best = max(scores, key=lambda item: (item[0], -item[1]), default=None)
    return best[2] if best is not None and best[0] >= LIKENESS_MIN else None
