"""A second look at one plate from near, which tells it from what is beside it.

Next to other lettering (a second plate, a country's sticker, a frame with writing) the detector's box may reach over
it, and the reader would read both. Where the plate fills most of the picture, its edges show.
"""

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, pixels_inside
from alpr_edge.vision.detector import Network, OnnxDetector, Picture
from alpr_edge.vision.sessions import Array

WINDOW_SCALE = 1.5
"""Width of the window in parts of the box's: of 1.5, 2.2 and 3.2 the closest reads most plates next to lettering."""
SCORE_MIN = 0.2
SAME_IOU = 0.3
"""Overlap from which on a box of the close look is of the same plate."""
NARROWER_MIN = 0.1
"""Part of its width that the first box must reach over the plate on one side: it may be off by less on any plate."""


class CloseLook:
    """Looks at a plate from near."""

    def __init__(self, network: Network) -> None:
        self.network = network

    @classmethod
    def of(cls, detector: OnnxDetector) -> "CloseLook | None":
        """Return the close look of a detector; None if it has no network for near plates."""
        return None if detector.near is None else cls(detector.near)

    def narrower_box(self, frame: Frame, box: Box) -> Box | None:
        """Return the box of the plate alone; None if the box holds nothing beside it."""
        window = self._window(frame, box)
        found = [
            (item.confidence * near.iou(box), near)
            for item in self.network.detect(Picture(pixels_inside(frame.pixels, window)), SCORE_MIN)
            if (near := item.box.shift(window.left_px, window.top_px)).iou(box) >= SAME_IOU
        ]
        _, plate = max(found, default=(0.0, box), key=lambda item: item[0])
        beside_px = max(plate.left_px - box.left_px, box.right_px - plate.right_px)
        return plate if beside_px > NARROWER_MIN * box.width_px else None

    def prepare(self, frame: Frame, box: Box) -> Array:
        """Return the network's input tensor of the look at a box."""
        return self.network.prepare(Picture(pixels_inside(frame.pixels, self._window(frame, box))))[0]

    def _window(self, frame: Frame, box: Box) -> Box:
        """The part of the frame that is looked at, in whole pixels, in the shape of the network's input."""
        shape = self.network.width_px / self.network.height_px
        width = WINDOW_SCALE * max(box.width_px, box.height_px * shape)
        (x, y), height = box.centre_px, width / shape
        around = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        return Box(*map(float, around.within(frame.width_px, frame.height_px)))
