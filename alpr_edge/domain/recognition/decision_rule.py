"""When a pass is decided, and what its vote needs at least to become a read."""

from dataclasses import dataclass

from alpr_edge.domain.recognition.voting import Vote

SETTLED_MIN = 0.95
"""Confidence at which a vote decides before its time: no less than that of a certain read, since a vote that stops at
the first frame to pass a threshold is wrong more often than its confidence says. With 0.9 here 95 of 100 certain
decisions over 358 passes set apart for validation were right, with 0.95 97, and the median decision came 67 ms later;
0.97 was no better.
"""
SERIAL_MIN = 0.6
"""Confidence of a text of letters and digits from which it is a plate's although the detector is in doubt."""
WORD_MIN = 0.6
"""Confidence that a text without a clear digit needs: of lettering on cars and shops most is read with less.

Few plates hold letters alone, and next to none of these is read rightly with less (``models/README.md``).
"""
_CLEAR_LETTERS, _CLEAR_DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """When a pass is decided, and how much a read needs at least."""

    readings_max: int
    age_ms_max: float
    confidence_min: float
    characters_min: int
    detection_best_min: float = 0.0
    """Score that the detector gives at least one look, or else the text is clear and has letters and digits: of most
    lettering the detector is never so sure."""

    def accepts(self, result: Vote, detection_max: float) -> bool:
        """Whether a vote may become a read."""
        is_plate = detection_max >= self.detection_best_min or _is_serial(result)
        is_clear = _has_digit(result) or result.confidence >= WORD_MIN
        is_enough = len(result.plate) >= self.characters_min and result.confidence >= self.confidence_min
        return is_plate and is_clear and is_enough and result.readable


def is_settled(result: Vote) -> bool:
    """Whether a vote decides before its time."""
    return result.certain and result.confidence >= SETTLED_MIN


def _is_serial(result: Vote) -> bool:
    """Whether a clear text has letters and digits, those left out that are taken for one another.

    Lettering is words or numbers: street names, telephone numbers, times burnt into the picture.
    """
    has_both = _has_digit(result) and any(c in _CLEAR_LETTERS for c in result.plate)
    return has_both and result.confidence >= SERIAL_MIN


def _has_digit(result: Vote) -> bool:
    return any(c in _CLEAR_DIGITS for c in result.plate)
