"""From a frame to its readings: detect, crop, read in one batch."""

from alpr_edge.domain.boxes import Box
from alpr_edge.domain.frames import Crop, Frame, Reading
from alpr_edge.domain.ports import Detector, Reader
from alpr_edge.vision.reader import sharpness_of

PLATES_MAX = 32
"""Plates of one frame that are read, best first: bounds the time of a frame."""
PLATE_PX_MIN = 4
"""A box less high than this holds no character."""


class Recogniser:
    """Joins a detector and a reader.

    Args:
        detector: finds plates.
        reader: reads them.
    """

    def __init__(self, detector: Detector, reader: Reader) -> None:
        self._detector = detector
        self._reader = reader

    def recognise(self, frame: Frame) -> list[Reading]:
        """Every plate of the frame with its slot probabilities, best detection first."""
        found = [item for item in self._detector.detect(frame) if item.box.height_px >= PLATE_PX_MIN][:PLATES_MAX]
        if not found:
            return []
        crops = [crop_of(frame, item.box) for item in found]
        slots = self._reader.read(crops)
        return [
            Reading(
                frame_number=frame.number,
                captured=frame.captured,
                box=item.box,
                detection_confidence=item.confidence,
                slot_probabilities=probabilities,
                sharpness=sharpness_of(crop.pixels),
            )
            for item, crop, probabilities in zip(found, crops, slots, strict=True)
        ]


def crop_of(frame: Frame, box: Box) -> Crop:
    """The part of the frame inside the box."""
    left, top, right, bottom = box.within(frame.width_px, frame.height_px)
    return Crop(frame.number, box, frame.pixels[top:bottom, left:right])
