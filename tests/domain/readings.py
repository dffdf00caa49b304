"""Readings made by hand for tests of tracking, voting and passes."""

from collections.abc import Sequence

import numpy as np

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.reads import ReadStage
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Probabilities, Reading

DECIDED, AMENDED, CLOSED = ReadStage.DECIDED, ReadStage.AMENDED, ReadStage.CLOSED
SLOTS = 9
START = Instant("boot", 1_000_000_000)


def slots_of(text: str, certainty: float = 0.95) -> Probabilities:
    """Slot probabilities that read ``text`` with the given certainty a character."""
    slots = np.full((SLOTS, len(ALPHABET)), (1 - certainty) / (len(ALPHABET) - 1), np.float32)
    for slot, character in enumerate(text.ljust(SLOTS, EMPTY)):
        slots[slot, ALPHABET.index(character)] = certainty
    return slots


def reading_of(
    text: str, at_ms: float = 0, box: Box | None = None, certainty: float = 0.95, sharpness: float = 100
) -> Reading:
    """A reading of ``text`` ``at_ms`` after the start; frame numbers count tenths of a second."""
    return Reading(
        frame_number=round(at_ms / 100),
        captured_at=START.shift(at_ms),
        box=box or Box(100, 100, 200, 150),
        detection_confidence=0.9,
        slot_probabilities=slots_of(text, certainty),
        sharpness=sharpness,
    )


def frame_of(readings: Sequence[Reading], at_ms: float) -> Frame:
    """The frame that those readings are from."""
    del readings
    return Frame("front", round(at_ms / 100), START.shift(at_ms), np.zeros((720, 1280, 3), np.uint8))
