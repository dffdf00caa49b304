"""From a frame to its readings: detect, crop, read in one batch.

The detector proposes; where it is not sure, the reader disposes. Lettering, grilles and lamps that a detector half
takes for plates hold no text, and a distant plate that it half sees often does. So the detector may be asked for much
that is doubtful, and more plates are found with fewer that are none than by any threshold of its own.
"""

from collections.abc import Sequence

from alpr_edge.domain.ports import Detector, Reader
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Frame, Probabilities, Reading
from alpr_edge.domain.recognition.ignore_areas import Polygon, is_ignored
from alpr_edge.domain.recognition.voting import text_of
from alpr_edge.vision.reader import sharpness_of

PLATES_MAX = 32
"""Plates of one frame that are read, best first: bounds the time of a frame."""
PLATE_PX_MIN = 4
"""A box less high than this holds no character."""
CHARACTERS_MIN = 3
TEXT_CONFIDENCE_MIN = 0.1
"""What the reader must make of a doubtful box: so many characters, with such a probability of the whole text.

Of 2 to 4 and of 0 to 0.3, chosen with the two thresholds of the settings on validation data
(``models/training/choose_threshold``).
"""


class Recogniser:
    """Joins a detector and a reader.

    Args:
        detector: finds plates, doubtful ones too.
        reader: reads them.
        sure_min: detections from this confidence up count whatever is read in them; 0: all do.
    """

    def __init__(self, detector: Detector, reader: Reader, sure_min: float = 0.0) -> None:
        self._detector = detector
        self._reader = reader
        self._sure_min = sure_min

    def recognise(self, frame: Frame, ignore_areas: Sequence[Polygon] = ()) -> list[Reading]:
        """Every plate of the frame with its slot probabilities, best detection first.

        Args:
            frame: the picture.
            ignore_areas: the areas of it in which no plate is looked for.
        """
        found = [
            item
            for item in self._detector.detect(frame)
            if item.box.height_px >= PLATE_PX_MIN
            and not is_ignored(item.box, ignore_areas, frame.width_px, frame.height_px)
        ][:PLATES_MAX]
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
            if item.confidence >= self._sure_min or is_borne_out(probabilities)
        ]


def is_borne_out(slots: Probabilities) -> bool:
    """Whether the reader sees a plate where the detector was in doubt.

    Args:
        slots: float32 [slots, alphabet].
    """
    return len(text_of(slots)) >= CHARACTERS_MIN and float(slots.max(axis=1).prod()) >= TEXT_CONFIDENCE_MIN


def crop_of(frame: Frame, box: Box) -> Crop:
    """The part of the frame inside the box."""
    left, top, right, bottom = box.within(frame.width_px, frame.height_px)
    return Crop(frame.number, box, frame.pixels[top:bottom, left:right])
