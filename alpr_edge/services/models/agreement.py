"""Whether two files of one network find or read the same on a set of inputs.

Compared is what one of the two is **sure** of: a box from :data:`SURE_SCORE` up, a text from :data:`SURE_TEXT` up. The
other must then have a box there from :data:`ACCEPTED_SCORE` up that overlaps with :data:`IOU_SAME`, or the same text.
What neither is sure of is not compared: a score beside the threshold falls to either side of it by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.slot_texts import text_confidence_of, text_of
from alpr_edge.vision.detector import Network
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.sessions import Array

SURE_SCORE, ACCEPTED_SCORE = 0.5, 0.25
"""Score of a box that the other file must have as well, and from which on it has it."""
IOU_SAME = 0.8
"""Overlap from which on two boxes are the same. Of 200 boxes on the rendered street the released detector's
overlap float32's so in all of them, those of ``wide`` in 0.99; those of a detector with every layer in 8 bits, which
saturates with AVX2, in 0.85. At 0.5 that would be 0.99: what is large and clear is still found, while a fifth of real
plates is lost."""
SURE_TEXT = 0.8
"""Probability of the whole text from which on the other file must read the same."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many plates were compared, and on how many both files agreed; a plate that both are sure of counts twice."""

    compared: int
    same: int


def compare_detectors(one: Network, other: Network, tensors: Sequence[Array]) -> Agreement:
    """Compare two detection networks over prepared frames, each against the other."""
    compared = same = 0
    for tensor in tensors:
        rows, other_rows = one.infer(tensor), other.infer(tensor)
        for sure, accepted in ((rows, other_rows), (other_rows, rows)):
            boxes, others = _boxes(sure, SURE_SCORE), _boxes(accepted, ACCEPTED_SCORE)
            compared += len(boxes)
            same += sum(any(box.iou(candidate) >= IOU_SAME for candidate in others) for box in boxes)
    return Agreement(compared, same)


def compare_readers(one: OnnxReader, other: OnnxReader, batches: Sequence[Pixels]) -> Agreement:
    """Compare two readers over prepared batches."""
    compared = same = 0
    for batch in batches:
        for slots, other_slots in zip(one.infer(batch), other.infer(batch), strict=True):
            is_same = text_of(slots) == text_of(other_slots)
            sure_count = sum(text_confidence_of(either) >= SURE_TEXT for either in (slots, other_slots))
            compared += sure_count
            same += sure_count * is_same
    return Agreement(compared, same)


def _boxes(rows: Array, score_min: float) -> list[Box]:
    return [Box(*map(float, row[1:5])) for row in rows if row[6] >= score_min]
