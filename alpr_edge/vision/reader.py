"""The slot reader over a local ONNX file.

Contract: input uint8 [N, H, W, C], C = 1 (grey) or 3 (RGB, as fast-plate-ocr has it), the crop plainly resized;
output ``plate``, or the first, float32 [N, slots, 37] or [N, slots * 37] of probabilities over
:data:`~alpr_edge.domain.plates.ALPHABET`. A manifest entry whose ``alphabet`` and ``pad_char`` are the same characters
in another order, or with another mark for an empty slot, has its columns put in our order; any other is refused.

A network's probabilities are seldom what happens (Guo et al., "On calibration of modern neural networks", ICML 2017):
what ``smoothing`` of the labels added in training is subtracted from those of a slot, and the rest is raised to
1 / ``temperature``. Both stand in the manifest, fitted by ``models/training/calibrate``; without them nothing changes.

A crop whose text is in doubt gets further looks, and the text that most of them bear out counts
(:mod:`alpr_edge.vision.reader`): dashcams' video softens thin strokes, an I before all, more than pictures do
that training blurred, and a plate that leans is read once it is upright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.frames import Crop, Pixels, Probabilities
from alpr_edge.domain.recognition.slot_texts import text_of
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.picture_quality import LOOK_PX, mean_and_deviation
from alpr_edge.vision.picture_size import INTERPOLATIONS, Interpolation, resize_crop
from alpr_edge.vision.sessions import Array, Session

if TYPE_CHECKING:
    from fast_alpr import OcrResult


# Further looks at a plate whose text is in doubt: sharpened, with more around it, turned and slanted a little.
#
# What a reader makes of a clear plate is the same in all of them. Where it is in doubt, a leaning plate is read once it
# is upright, and what most looks read is right more often than what one of them is sure of (``models/README.md``).

SHARPENING, SHARPENING_PX = 2.0, 3.0
"""How many times the difference to the blurred crop is added to it, and by how many pixels that is blurred."""


@dataclass(frozen=True, slots=True)
class View:
    """How a crop is seen anew, about its centre."""

    turn_deg: float = 0.0
    slant: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)


VIEWS = (View(scale=(0.925, 0.86)), View(turn_deg=4), View(turn_deg=-4), View(slant=0.12), View(slant=-0.12))
WEIGHTS = 1.0, 4.0, *[1.0] * len(VIEWS)
"""Of the first look, the sharpened one and the views: on dashcams' video the sharpened one is right most often."""


def sharpen(picture: Pixels) -> Pixels:
    """The picture, uint8 [H, W, C], with what blurring takes from it added."""
    blurred = cv2.GaussianBlur(picture, (0, 0), SHARPENING_PX)
    sharp = cv2.addWeighted(picture.reshape(blurred.shape), 1 + SHARPENING, blurred, -SHARPENING, 0)
    return np.asarray(sharp, np.uint8).reshape(picture.shape)


def views_of(crop: Pixels) -> list[Pixels]:
    """A crop, uint8 [H, W, C], in each of :data:`VIEWS`; what comes in at its edges repeats them."""
    height, width = crop.shape[:2]
    return [
        np.asarray(
            cv2.warpAffine(
                crop, _matrix(view, width, height), (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )
        for view in VIEWS
    ]


def agreed_slots(looks: Sequence[Probabilities]) -> Probabilities:
    """What the looks at one plate come to: the mean of those that read the text with the most weight.

    Args:
        looks: float32 [slots, alphabet] of each, in the order of :data:`WEIGHTS`.

    A look counts by the square of its confidence, so that several in doubt do not outweigh one that is sure.
    """
    texts = [text_of(slots) for slots in looks]
    scores: dict[str, float] = {}
    for text, slots, weight in zip(texts, looks, WEIGHTS, strict=True):
        scores[text] = scores.get(text, 0.0) + weight * float(slots.max(axis=1).prod()) ** 2
    best = max(scores, key=lambda text: scores[text])
    agreeing = [slots for text, slots in zip(texts, looks, strict=True) if text == best]
    return np.asarray(np.mean(agreeing, axis=0), np.float32)


def _matrix(view: View, width: int, height: int) -> NDArray[np.float64]:
    """The map of a view from the crop's pixels to its own, float64 [2, 3]."""
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    turn = np.asarray(cv2.getRotationMatrix2D((0, 0), view.turn_deg, 1.0), np.float64)[:, :2]
    linear = np.diag(view.scale) @ turn @ np.array([[1.0, view.slant], [0.0, 1.0]])
    return np.column_stack([linear, centre - linear @ centre])


BATCH_MAX = 16
"""Crops of one inference: bounds memory when a frame is full of plates."""
TEMPERATURES = 0.1, 10.0
SMOOTHINGS = 0.0, 0.2
"""Least and most of each that an entry may have."""
IN_DOUBT = 0.03, 0.7
"""Confidence of a text from which and up to which its crop gets further looks; below, there is nothing to be read."""
DOUBTFUL_MAX = 6
"""Most crops of one call that get them, the first ones first: bounds the time of a frame full of plates."""
PROBABILITY_MIN = 1e-6
"""Least probability of a character once the smoothing is subtracted: none becomes impossible."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration that makes a reader's probabilities mean what they say.

    Args:
        temperature: the divisor in the exponent; below 1 the reader becomes surer, above 1 less sure.
    """

    temperature: float = 1.0
    smoothing: float = 0.0

    def of(self, slots: Probabilities) -> Probabilities:
        """Slot probabilities [..., alphabet] calibrated; each row sums to 1."""
        if self == Calibration():
            return slots
        sharp = np.maximum(slots - self.smoothing / slots.shape[-1], PROBABILITY_MIN) ** (1 / self.temperature)
        return np.asarray(sharp / sharp.sum(axis=-1, keepdims=True), np.float32)


class OnnxReader:
    """Reads plates; also a recogniser for ``fast_alpr.ALPR(ocr=...)``."""

    def __init__(self, model: ModelFile, threads: int) -> None:
        self._session = Session(model, threads, output="plate")
        shape, output = self._session.input_shape, self._session.output_shape
        if len(shape) != 4 or not all(isinstance(side, int) for side in shape[1:]) or shape[3] not in {1, 3}:
            raise ModelError(f"{model.model_id}: input {list(shape)} is not [N, height, width, 1 or 3]")
        if len(output) not in {2, 3} or (isinstance(output[-1], int) and output[-1] % len(ALPHABET)):
            raise ModelError(f"{model.model_id}: output {list(output)} is not [N, slots, {len(ALPHABET)}]")
        entry = model.entry
        self._columns = columns_of(str(entry.get("alphabet", ALPHABET)), str(entry.get("pad_char", EMPTY)))
        self._calibration = Calibration(
            _number(model, "temperature", 1.0, TEMPERATURES), _number(model, "smoothing", 0.0, SMOOTHINGS)
        )
        self._interpolation = _interpolation(model)
        self._height_px, self._width_px, self._channels = (int(side) for side in shape[1:] if isinstance(side, int))

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._session.model_id

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a crop as the network takes it."""
        return self._height_px, self._width_px, self._channels

    def read(self, crops: Sequence[Crop]) -> Probabilities:
        """float32 [len(crops), slots, alphabet]."""
        return self.read_pictures([crop.pixels for crop in crops])

    def read_pictures(self, pictures: Sequence[Pixels]) -> Probabilities:
        """Probabilities of BGR crops, float32 [len(pictures), slots, alphabet]; of those in doubt by several looks."""
        batch = self.prepare(pictures)
        slots = self.infer(batch)
        if doubtful := in_doubt(slots):
            further = self.prepare_further(pictures, batch, doubtful)
            looks = self.infer(further).reshape(len(doubtful), -1, *slots.shape[1:])
            for index, others in zip(doubtful, looks, strict=True):
                slots[index] = agreed_slots([slots[index], *others])
        return slots

    def prepare(self, crops: Sequence[Pixels]) -> Pixels:
        """The network's input: uint8 [N, height, width, channels] of BGR crops."""
        batch = np.empty((len(crops), self._height_px, self._width_px, self._channels), np.uint8)
        for index, pixels in enumerate(crops):
            code = cv2.COLOR_BGR2GRAY if self._channels == 1 else cv2.COLOR_BGR2RGB
            converted = np.asarray(cv2.cvtColor(pixels, code), np.uint8)
            picture = resize_crop(converted, self._width_px, self._height_px, self._interpolation)
            batch[index] = picture.reshape(self._height_px, self._width_px, self._channels)
        return batch

    def prepare_further(self, crops: Sequence[Pixels], batch: Pixels, doubtful: Sequence[int]) -> Pixels:
        """The network's input of the further looks, those of each crop in doubt one after the other.

        Args:
            crops: BGR crops.
        """
        return np.concatenate([[sharpen(batch[index]), *self.prepare(views_of(crops[index]))] for index in doubtful])

    def infer(self, batch: Pixels) -> Probabilities:
        """Probabilities of a prepared batch, calibrated: of one look at each crop."""
        if not self._session.takes_uint8:
            raise ModelError(f"{self.model_id}: input is not uint8")
        parts = [self._session.run(batch[i : i + BATCH_MAX]) for i in range(0, len(batch), BATCH_MAX)]
        slots = self._by_slot(np.concatenate(parts), len(batch)).astype(np.float32, copy=False)
        slots = _without_broken_rows(slots)
        return self._calibration.of(slots if self._columns is None else slots[:, :, self._columns])

    def _by_slot(self, output: Array, count: int) -> Array:
        """[count, slots, alphabet] of what the model gave, which may be flat."""
        if output.shape[0] != count or output.size == 0 or (output.size // count) % len(ALPHABET):
            raise ModelError(f"{self.model_id}: output {list(output.shape)} is not [N, slots, {len(ALPHABET)}]")
        return output.reshape(count, -1, len(ALPHABET))

    def predict(self, cropped_plate: Pixels) -> OcrResult | None:
        """The interface that fast-alpr calls: text with one confidence a character; None for an empty crop."""
        from fast_alpr import OcrResult  # noqa: PLC0415 - a unit itself does not use it

        if cropped_plate.size == 0:
            return None
        (slots,) = self.read_pictures([cropped_plate])
        indices = slots.argmax(axis=1)
        characters = [
            (ALPHABET[i], float(p)) for i, p in zip(indices, slots.max(axis=1), strict=True) if ALPHABET[i] != EMPTY
        ]
        return OcrResult("".join(text for text, _ in characters), [confidence for _, confidence in characters])


def in_doubt(slots: Probabilities) -> list[int]:
    """The places of the crops of one call that get further looks."""
    confidence = slots.max(axis=2).prod(axis=1)
    doubtful = np.flatnonzero((confidence >= IN_DOUBT[0]) & (confidence < IN_DOUBT[1]))
    return [int(place) for place in doubtful[:DOUBTFUL_MAX]]


def _without_broken_rows(slots: Probabilities) -> Probabilities:
    """The same; where the network gave no numbers for a crop, each character is as likely as the next."""
    broken = ~np.isfinite(slots).all(axis=(1, 2))
    if broken.any():
        slots = slots.copy()
        slots[broken] = 1 / slots.shape[-1]
    return slots


def _number(model: ModelFile, key: str, default: float, bounds: tuple[float, float]) -> float:
    """A number of the model's entry."""
    value = model.entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
        raise ModelError(f"{model.model_id}: {key} must be a number from {bounds[0]:g} to {bounds[1]:g}")
    return float(value)


def _interpolation(model: ModelFile) -> Interpolation:
    """How the model's entry wants its crops resized; linear where it says nothing, as readers were trained before."""
    wanted = model.entry.get("interpolation", "linear")
    for name in INTERPOLATIONS:
        if wanted == name:
            return name
    raise ModelError(f"{model.model_id}: interpolation must be {' or '.join(INTERPOLATIONS)}")


def columns_of(alphabet: str, pad: str) -> list[int] | None:
    """Where in a model's alphabet each character of ours stands; None where the two are the same."""
    if (alphabet, pad) == (ALPHABET, EMPTY):
        return None
    ours = ALPHABET.replace(EMPTY, "")
    if len(alphabet) != len(ALPHABET) or alphabet.count(pad) != 1 or set(alphabet.replace(pad, "")) != set(ours):
        raise ModelError(f"a reader's alphabet must be 0-9, A-Z and its pad_char, each once; not {alphabet[:80]!r}")
    return [alphabet.index(character) for character in ours] + [alphabet.index(pad)]


def sharpness_of(pixels: Pixels) -> float:
    """Variance of the Laplacian of a BGR crop at one size: small and blurred plates alike come out low."""
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), LOOK_PX)
    _, deviation = mean_and_deviation(cv2.Laplacian(grey, cv2.CV_16S))
    return deviation**2
