"""From a frame to its readings: detect, crop, read in one batch.

Where the detector is not sure of a box, the reader decides whether it is a plate. Lettering, grilles and lamps that it
half takes for plates hold no text, and a distant plate that it half sees often does. So the detector may also give
doubtful boxes: more plates are found, with fewer false ones, than by any threshold of the detector alone.
"""

from collections.abc import Sequence

from alpr_edge.domain.ports import Detector, Reader
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop, Detection, Frame, Probabilities, Reading
from alpr_edge.domain.recognition.ignore_areas import Polygon, is_ignored
from alpr_edge.domain.recognition.voting import text_confidence_of, text_of
from alpr_edge.vision.reader import sharpness_of

PLATES_MAX = 32
"""Plates of one frame that are read, best first: bounds the time of a frame."""
PLATE_PX_MIN = 4
"""A box less high than this holds no character."""
CHARACTERS_MIN = 3
"""Characters that the reader must see in a doubtful box; of 2 to 4, chosen on validation data."""
TEXT_CONFIDENCE_MIN = 0.02
"""Probability of the whole text that it must give them: the setting ``vision.text_confidence_min``. Chosen with the two
scores on road photos (``models/training/road_thresholds``): a distant plate is seldom read whole with more.
"""


class Recogniser:
    """Joins a detector and a reader.

    Args:
        detector: finds plates, doubtful ones too.
        reader: reads them.
        accept_min: the confidence from which on a detection counts whatever is read in it; 0: every one does.
        text_confidence_min: the least probability of the text with which the others count as well.
    """

    def __init__(
        self,
        detector: Detector,
        reader: Reader,
        accept_min: float = 0.0,
        text_confidence_min: float = TEXT_CONFIDENCE_MIN,
    ) -> None:
        self._detector = detector
        self._reader = reader
        self._accept_min = accept_min
        self._text_confidence_min = text_confidence_min

    def recognise(self, frame: Frame, ignore_areas: Sequence[Polygon] = ()) -> list[Reading]:
        """Every plate of the frame with its slot probabilities, best detection first.

        Args:
            frame: the picture.
            ignore_areas: the areas of it in which no plate is looked for.
        """
        return [reading for reading in self.read_frame(frame, ignore_areas) if reading.is_accepted]

    def read_frame(self, frame: Frame, ignore_areas: Sequence[Polygon] = ()) -> list[Reading]:
        """Read as :meth:`recognise` does, boxes that are not accepted included: one may be a plate not readable yet."""
        plates = [
            item
            for item in self._detector.detect(frame)
            if item.box.height_px >= PLATE_PX_MIN
            and not is_ignored(item.box, ignore_areas, frame.width_px, frame.height_px)
        ][:PLATES_MAX]
        if not plates:
            return []
        crops = [crop_of(frame, item.box) for item in plates]
        slots = self._reader.read(crops)
        return [
            Reading(
                frame_number=frame.number,
                captured_at=frame.captured_at,
                box=item.box,
                detection_confidence=item.confidence,
                slot_probabilities=probabilities,
                sharpness=sharpness_of(crop.pixels),
                is_accepted=self._accepts(item, probabilities),
            )
            for item, crop, probabilities in zip(plates, crops, slots, strict=True)
        ]

    def _accepts(self, item: Detection, slots: Probabilities) -> bool:
        return item.confidence >= self._accept_min or is_borne_out(slots, self._text_confidence_min)


def is_borne_out(slots: Probabilities, confidence_min: float = TEXT_CONFIDENCE_MIN) -> bool:
    """Whether what the reader reads shows that a doubtful box is a plate.

    Args:
        slots: float32 [slots, alphabet].
        confidence_min: the least probability of the whole text.
    """
    return len(text_of(slots)) >= CHARACTERS_MIN and text_confidence_of(slots) >= confidence_min


def crop_of(frame: Frame, box: Box) -> Crop:
    """The part of the frame inside the box."""
    left, top, right, bottom = box.within(frame.width_px, frame.height_px)
    return Crop(frame.number, box, frame.pixels[top:bottom, left:right])
