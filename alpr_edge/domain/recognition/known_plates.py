"""What is known of the plates in view, so that the next frame need not be looked at as if it were the first."""

from dataclasses import dataclass, replace

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Reading

REREAD_MS = 500.0
"""Longest time for which a settled plate is not read again."""
SAME_PLACE_IOU = 0.5
"""Overlap with its newest box from which on a box is at a known plate's place."""
GROWTH_MAX = 1.2
"""By how much a settled plate's area may grow until it is read again: a larger picture of it is a better one."""


@dataclass(frozen=True, slots=True, eq=False)
class SettledPlate:
    """A plate whose read is decided and certain."""

    reading: Reading
    """The newest look at which it was read."""
    box: Box
    """Where it was at the newest look."""

    def is_at(self, box: Box, at: Instant) -> bool:
        """Whether a box is at this plate's place and needs no reading for its size or its time."""
        age_ms = at.ms_since(self.reading.captured_at)
        has_grown = box.area_px2 > GROWTH_MAX * self.reading.box.area_px2
        return 0 <= age_ms < REREAD_MS and not has_grown and box.iou(self.box) >= SAME_PLACE_IOU


@dataclass(frozen=True, slots=True, eq=False)
class KnownPlates:
    """What tracking knows of the plates in one camera's view after a frame."""

    frame_number: int = -1
    """The frame after which it is so."""
    settled: tuple[SettledPlate, ...] = ()
    looks: tuple[Reading, ...] = ()
    """The newest look at each plate in view."""
    is_waiting: bool = False
    """Whether a plate in view is not decided yet, so that each look at it counts."""

    def settled_at(self, box: Box, at: Instant) -> SettledPlate | None:
        """The settled plate whose place a box has; None where there is none, or it is due to be read again."""
        return next((plate for plate in self.settled if plate.is_at(box, at)), None)


def seen_again(reading: Reading, frame: Frame) -> Reading:
    """A look at a plate in a later frame in which it was not read: it shows where the plate is, and has no vote."""
    return replace(reading, frame_number=frame.number, captured_at=frame.captured_at, is_accepted=False)
