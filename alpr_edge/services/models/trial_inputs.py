"""The built-in set by which model files are compared: a rendered drive, as each network takes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Crop, Frame, Pixels
from alpr_edge.simulation.drive import Drive
from alpr_edge.vision.detector import Network, Picture
from alpr_edge.vision.model_files.choice import Part
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import PLATE_PX_MIN, crop_of
from alpr_edge.vision.sessions import Array

SEED = 16
FPS, SECONDS = 1.5, 26.0
"""One scene of the simulated street: 39 frames with plates parked, oncoming, ahead and overtaking.

The same pixels on every computer but for the last bits of floating point; both files see the same ones anyway.
"""


@dataclass(slots=True, eq=False)
class TrialInputs:
    """Prepared inputs of the networks; frames are not kept, as they would fill a small computer's memory."""

    detector: list[Array] = field(default_factory=list)
    near: list[Array] = field(default_factory=list)
    reader: list[Pixels] = field(default_factory=list)
    """Batches of one crop each."""

    def of(self, part: Part) -> Sequence[Pixels]:
        """The inputs of one network."""
        return {"detector": self.detector, "near": self.near, "reader": self.reader}[part]


def trial_inputs(
    detector: Network, near: Network | None, reader: OnnxReader, tell: Callable[[int, int], None] = lambda *_: None
) -> TrialInputs:
    """Render the drive and prepare it for the networks; crops are those of the true boxes."""
    inputs, drive = TrialInputs(), Drive(SEED, SECONDS, FPS)
    for number, pixels, plates in drive.frames():
        picture = Picture(pixels)
        inputs.detector.append(detector.prepare(picture)[0])
        if near is not None:
            inputs.near.append(near.prepare(picture)[0])
        frame = Frame("drive", number, Instant("drive", 0), pixels)
        crops = [crop_of(frame, box) for _, box in plates if box.height_px >= PLATE_PX_MIN]
        inputs.reader += [reader.prepare([crop.pixels]) for crop in crops if _is_whole(crop)]
        tell(number + 1, drive.length)
    return inputs


def _is_whole(crop: Crop) -> bool:
    """Whether the plate lies inside the picture, so that there is something to read."""
    return bool(np.all(crop.pixels.shape[:2]))
