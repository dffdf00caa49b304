"""Names the state that issued a plate, by its colours, its design and its legends.

Most plates of a car ahead are small, and many are in a dealer's frame that hides the state's name. So a state is named
only from a probability on that is chosen, with the weights, on plates which they did not see; "not known" is a common
answer. A plate of no American state has an output of its own.
"""

import cv2
import numpy as np

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.sessions import Session

PADDING_GREY = 114
"""Grey level above and below a plate that is wider than the input."""
PLATE_WIDTH_MIN_PX = 28
"""Width from which on a state is named: the network did not learn smaller plates."""


class StateReader:
    """A network that gives the probability of each state, and of none of them.

    Args:
        model: the network: plates uint8 [N, height, width, 3] BGR to float32 [N, states + 1]; its entry lists the
            ``states`` in the order of the outputs, and has ``probability_min``, from which on one is named.

    Raises:
        ModelError: the file or its entry is no such network's.
    """

    def __init__(self, model: ModelFile) -> None:
        self._session = Session(model, 1)
        self._states = _states_of(model)
        self._probability_min = _probability_of(model)
        shape, outputs = self._session.input_shape, self._session.output_shape
        sides = [side for side in shape[1:3] if isinstance(side, int) and side > 0]
        if len(shape) != 4 or len(sides) != 2 or shape[3] != 3 or not self._session.takes_uint8:
            raise ModelError(f"{model.model_id}: input {list(shape)} is not plates of uint8 [N, height, width, 3]")
        if outputs[1:] != (len(self._states) + 1,):
            raise ModelError(f"{model.model_id}: output {list(outputs)} is not [N, {len(self._states) + 1}]")
        self._size_px = sides[1], sides[0]
        self._session.run(np.zeros((1, *sides, 3), np.uint8))  # a file that cannot run is told now, not at each read

    @property
    def model_id(self) -> str:
        """Identity of the network, stored with each read."""
        return self._session.model_id

    def state_of(self, plate: Pixels) -> str | None:
        """The postal letters of the state that issued a plate; None where that is not sure, or it is none of them.

        Args:
            plate: the plate without what is around it, uint8 [H, W, 3] BGR.

        Raises:
            ModelError: the runtime failed.
        """
        if not plate.size or plate.shape[1] < PLATE_WIDTH_MIN_PX:
            return None
        probabilities = self._session.run(fit_plate(plate, self._size_px)[None])[0]
        likeliest = int(np.argmax(probabilities))
        is_sure = probabilities[likeliest] >= self._probability_min
        return self._states[likeliest] if is_sure and likeliest < len(self._states) else None


def fit_plate(plate: Pixels, size_px: tuple[int, int]) -> Pixels:
    """A plate as wide as the network's input, on grey.

    American plates are twice as wide as high (SAE J686). What is higher, as one seen from the side is, is made as high
    as the input; what is wider, as Europe's are, keeps its shape, by which it can be told.
    """
    width, height = size_px
    rows = max(1, min(height, round(width * plate.shape[0] / plate.shape[1])))
    method = cv2.INTER_AREA if plate.shape[1] > width else cv2.INTER_LINEAR
    return pad_plate(np.asarray(cv2.resize(plate, (width, rows), interpolation=method), np.uint8), height)


def pad_plate(plate: Pixels, height_px: int) -> Pixels:
    """A plate between bars of grey, so that it has that height."""
    padded = np.full((height_px, *plate.shape[1:]), PADDING_GREY, np.uint8)
    above = (height_px - plate.shape[0]) // 2
    padded[above : above + plate.shape[0]] = plate
    return padded


def _states_of(model: ModelFile) -> tuple[str, ...]:
    states = model.entry.get("states")
    if not isinstance(states, list) or not states or not all(_is_postal(state) for state in states):
        raise ModelError(f"{model.model_id}: states must list the two postal letters of each of its outputs")
    return tuple(states)


def _probability_of(model: ModelFile) -> float:
    least = model.entry.get("probability_min")
    if not isinstance(least, float) or not 0 < least < 1:
        raise ModelError(f"{model.model_id}: probability_min must be a number between 0 and 1")
    return least


def _is_postal(state: object) -> bool:
    return isinstance(state, str) and len(state) == 2 and state.isascii() and state.isupper() and state.isalpha()
