"""From a frame to its readings: detect, crop, read what may be plates in one batch, decide which boxes are plates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alpr_edge.domain.ports import Detector, Reader
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.distinct_looks import is_same_plate
from alpr_edge.domain.recognition.frames import (
    Crop,
    Detection,
    Frame,
    Pixels,
    Reading,
    pixels_inside,
)
from alpr_edge.domain.recognition.ignore_areas import Polygon, is_ignored
from alpr_edge.domain.recognition.known_plates import KnownPlates, seen_again
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.detector import covers, without_covered
from alpr_edge.vision.plate_check import PlateCheck, ThresholdCheck
from alpr_edge.vision.reader import sharpness_of
from alpr_edge.vision.small_pictures import small_plate

PLATES_MAX = 32
"""Plates of one frame that are read, best first: bounds the time of a frame."""
PLATE_PX_MIN = 4
"""A box less high than this holds no character."""
READ_MARGIN = 0.03, 0.06
"""What is added to a box on each side before it is read, in parts of its width and height: the detector's boxes are
tight, and now and then cut off the edge of a character (``models/README.md`` has what it wins)."""
LARGE_PX = 150.0
"""From this width on nothing is added below: in so many pixels a box cuts nothing off there, and what would be added is
the plate's shadow and the edge of its frame."""
CLOSE_LOOK_DOUBT = 0.03, 0.95
"""Confidence of a text from which and up to which a close look checks its box: of plates read with what is beside them
nine in ten have less, of all plates one in four (``models/README.md``)."""
CLOSE_LOOKS_MAX = 6
"""Most close looks at one frame, best boxes first: bounds its time."""

ALL_ACCEPTED = ThresholdCheck()


class Recogniser:
    """Joins a detector and a reader.

    Args:
        close_look: tells a plate in doubt from what is beside it; None: the detector's boxes stand.
    """

    def __init__(
        self,
        detector: Detector,
        reader: Reader,
        check: PlateCheck = ALL_ACCEPTED,
        close_look: CloseLook | None = None,
    ) -> None:
        self._detector = detector
        self._reader = reader
        self._check = check
        self._close_look = close_look

    def recognise(self, frame: Frame, ignore_areas: Sequence[Polygon] = ()) -> list[Reading]:
        """Every plate of the frame with its slot probabilities, best detection first."""
        return [reading for reading in self.read_frame(frame, ignore_areas) if reading.is_accepted]

    def read_frame(
        self, frame: Frame, ignore_areas: Sequence[Polygon] = (), known: KnownPlates | None = None
    ) -> list[Reading]:
        """Read as :meth:`recognise` does, boxes that are not accepted included: one may be a plate not readable yet.

        Boxes that look like no plate at all are left out: they are not read.

        Args:
            known: the plates known from earlier frames, of which those that are settled and look the same are not read
                again; None: every plate is read.
        """
        plates = _worth_most(
            [
                item
                for item in self._detector.detect(frame)
                if item.box.height_px >= PLATE_PX_MIN
                and not is_ignored(item.box, ignore_areas, frame.width_px, frame.height_px)
            ]
        )
        crops = [crop_of(frame, _box_to_read(item.box)) for item in plates]
        looks = [_PlateToRead(item, crop, small_plate(crop.pixels)) for item, crop in zip(plates, crops, strict=True)]
        if known is None:
            return _one_a_plate(self._read(frame, looks))
        spared = [_spared_look(frame, look, known) for look in looks]
        settled = [look.item for look, one in zip(looks, spared, strict=True) if one is not None]
        unread = [look for look, one in zip(looks, spared, strict=True) if one is None]
        read = self._read(frame, [look for look in unread if not any(covers(item, look.item) for item in settled)])
        return _one_a_plate([*filter(None, spared), *read])

    def _read(self, frame: Frame, looks: Sequence["_PlateToRead"]) -> list[Reading]:
        """The readings of those boxes that are worth it, in one batch."""
        sharpness = [sharpness_of(look.crop.pixels) for look in looks]
        pictures = self._check.features_of(frame, [look.item for look in looks], sharpness)
        worth = [
            (look, sharp, picture)
            for look, sharp, picture in zip(looks, sharpness, pictures, strict=True)
            if picture is not None
        ]
        if not worth:
            return []
        slots = self._reader.read([look.crop for look, *_ in worth])
        first = [
            Reading(
                frame_number=frame.number,
                captured_at=frame.captured_at,
                box=look.item.box,
                detection_confidence=look.item.confidence,
                slot_probabilities=probabilities,
                sharpness=sharp,
                small_crop=look.small_crop,
                is_cut=look.item.box.reaches_edge(frame.width_px, frame.height_px, look.item.input_pixel_px),
            )
            for (look, sharp, _), probabilities in zip(worth, slots, strict=True)
        ]
        readings = first if self._close_look is None else self._read_alone(frame, first, self._close_look)
        accepted = self._check.accept(readings, [picture for *_, picture in worth])
        return [
            replace(reading, is_accepted=is_accepted) for reading, is_accepted in zip(readings, accepted, strict=True)
        ]

    def _read_alone(self, frame: Frame, readings: Sequence[Reading], close_look: CloseLook) -> list[Reading]:
        """Read plates in doubt again whose box reaches over what is beside them, and keep what is read better."""
        low, high = CLOSE_LOOK_DOUBT
        doubtful = [index for index, one in enumerate(readings) if low <= one.text_confidence < high and not one.is_cut]
        boxes = {index: close_look.narrower_box(frame, readings[index].box) for index in doubtful[:CLOSE_LOOKS_MAX]}
        narrower = {index: box for index, box in boxes.items() if box is not None}
        if not narrower:
            return list(readings)
        result = list(readings)
        slots = self._reader.read([crop_of(frame, _box_to_read(box)) for box in narrower.values()])
        for (index, box), probabilities in zip(narrower.items(), slots, strict=True):
            alone = replace(readings[index], box=box, slot_probabilities=probabilities)
            if _is_better(alone, readings[index]):
                result[index] = alone
        return result


@dataclass(frozen=True, slots=True, eq=False)
class _PlateToRead:
    """A detection on its way to the reader."""

    item: Detection
    crop: Crop
    small_crop: Pixels


def _worth_most(detections: Sequence[Detection]) -> list[Detection]:
    """The boxes of a frame that are read, at most :data:`PLATES_MAX`.

    Boxes that another covers come last, so that none is read while the box that covers it is not.
    """
    plates = without_covered(detections)
    return [*plates, *(item for item in detections if item not in plates)][:PLATES_MAX]


def _one_a_plate(readings: Sequence[Reading]) -> list[Reading]:
    """The readings, best detection first, without those of boxes that the box of a plate covers: parts of that plate.

    A box that is no plate takes nothing away: what it covers may be one.
    """
    items = [Detection(reading.box, reading.detection_confidence) for reading in readings]
    plates = [item for item, reading in zip(items, readings, strict=True) if reading.is_accepted or reading.is_spared]
    left = [
        reading
        for item, reading in zip(items, readings, strict=True)
        if not any(covers(plate, item) for plate in plates)
    ]
    return sorted(left, key=lambda reading: -reading.detection_confidence)


def _is_better(alone: Reading, before: Reading) -> bool:
    """Whether a plate alone is read better: surer, and with no more characters than with its surroundings."""
    return alone.text_confidence >= before.text_confidence and len(alone.text) <= len(before.text)


def _spared_look(frame: Frame, look: _PlateToRead, known: KnownPlates) -> Reading | None:
    """The look at a settled plate that need not be read again; None where it has to be read."""
    plate = known.settled_at(look.item.box, frame.captured_at)
    before = None if plate is None else plate.reading.small_crop
    if plate is None or before is None or not is_same_plate(look.small_crop, before):
        return None
    again = seen_again(plate.reading, frame)
    return replace(again, box=look.item.box, detection_confidence=look.item.confidence, is_spared=True)


def _box_to_read(box: Box) -> Box:
    """What is read of a box that the detector found."""
    beside, above = READ_MARGIN
    return box.pad(beside, above, 0.0 if box.width_px >= LARGE_PX else above)


def crop_of(frame: Frame, box: Box) -> Crop:
    """The part of the frame inside the box."""
    return Crop(frame.number, box, pixels_inside(frame.pixels, box))
