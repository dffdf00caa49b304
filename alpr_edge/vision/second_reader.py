"""A second reader: the recogniser of rapidocr (PP-OCRv6 small, Apache-2.0) asked about plates the first is not sure of.

It was trained by others on text of every kind, so it errs elsewhere than ours. Of the package only the weights in its
wheel are used: their bytes are checked against the one hash known here and run in a session of ours, so nothing of the
package is imported and nothing is fetched. Three bands of the crop's height are read at once: what stands above and
below the serial of an American plate is text as well.
"""

import hashlib
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.voting import Opinion
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.vision.model_files.manifest import ModelFile
from alpr_edge.vision.sessions import Session

PACKAGE = "rapidocr"
WEIGHTS = "models/PP-OCRv6_rec_small.onnx"
SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
"""Hash of the weights in the wheel of rapidocr 3.10."""
BANDS = (0.0, 1.0), (0.18, 0.85), (0.25, 0.8)
"""Parts of a crop's height in which the serial may stand."""
LENGTHS = range(4, 9)
"""Characters that are more likely a serial than a legend."""
HEIGHT_PX = 48
WIDTHS_PX = 16, 640
"""Least and greatest width of a band in the network."""
BAND_PX_MIN = 8
LABELS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
"""Canonical characters; the letter O counts with the digit 0, small letters with capitals, all else as no character."""
BLANK = len(LABELS)

Columns = NDArray[np.float64]
"""float64 [columns, labels and blank]: how likely each label is in each column of a band; rows sum to 1."""


class OnnxSecondReader:
    """Reads one crop at a time."""

    def __init__(self, model: ModelFile, threads: int = 1) -> None:
        self._session = Session(model, threads)
        characters = self._session.metadata("character").splitlines()
        # Class 0 is CTC's blank; the characters follow in order.
        self._classes = [
            [i for i, one in enumerate(characters, start=1) if canonical(one) == label] for label in LABELS
        ]
        if not all(self._classes):
            raise ModelError(f"{model.model_id}: its characters are not those of a text recogniser")

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._session.model_id

    def consider(self, crop: Pixels, texts: Sequence[str]) -> Opinion:
        """What it reads in a crop (uint8 [H, W, 3] BGR), and how likely it holds each canonical text."""
        bands = self._columns(crop)
        read = max(
            (_best(columns) for columns in bands), key=lambda candidate: (len(candidate[0]) in LENGTHS, candidate[1])
        )[0]
        all_texts = dict.fromkeys([*texts, *([read] if read else [])])
        return Opinion(read, {text: max(likelihood(columns, text) for columns in bands) for text in all_texts})

    def _columns(self, crop: Pixels) -> list[Columns]:
        """The columns of each band, from one inference."""
        height = crop.shape[0]
        parts = [crop[int(a * height) : max(int(a * height) + BAND_PX_MIN, int(b * height))] for a, b in BANDS]
        parts = [part for part in parts if part.size] or [crop]
        widths = [int(np.clip(round(HEIGHT_PX * part.shape[1] / part.shape[0]), *WIDTHS_PX)) for part in parts]
        batch = np.zeros((len(parts), 3, HEIGHT_PX, max(widths)), np.float32)
        for row, part, width in zip(batch, parts, widths, strict=True):
            band = cv2.resize(part, (width, HEIGHT_PX)).astype(np.float32)
            row[:, :, :width] = (band / 127.5 - 1).transpose(2, 0, 1)
        output = self._session.run(batch)
        labels = np.stack([output[:, :, group].sum(axis=2) for group in self._classes], axis=2).astype(np.float64)
        return list(np.concatenate([labels, np.maximum(0, 1 - labels.sum(axis=2, keepdims=True))], axis=2))


def _best(columns: Columns) -> tuple[str, float]:
    """The text of the likeliest labels, and the least sure of its characters."""
    text, sure, before = "", list[float](), BLANK
    for label, share in zip(columns.argmax(axis=1).tolist(), columns.max(axis=1).tolist(), strict=True):
        if label not in {before, BLANK}:
            text += LABELS[label]
            sure.append(share)
        elif label == before != BLANK:
            sure[-1] = max(sure[-1], share)
        before = label
    return text, min(sure, default=0.0)


def likelihood(columns: Columns, text: str) -> float:
    """Probability that the columns spell the text, over all its alignments (CTC's forward sum, Graves et al. 2006)."""
    if not text or any(character not in LABELS for character in text):
        return 0.0
    labels = [BLANK]
    for character in text:
        labels += [LABELS.index(character), BLANK]
    # A label may follow the one before the last only over a blank that parts two different characters.
    leap = np.array([i > 2 and label not in {BLANK, labels[i - 2]} for i, label in enumerate(labels)])
    forward = np.zeros(len(labels))
    forward[:2] = columns[0, labels[:2]]
    for column in columns[1:]:
        before = np.concatenate([[0.0, 0.0], forward])
        forward = (forward + before[1:-1] + leap * before[:-2]) * column[labels]
    return float(min(1.0, forward[-1] + forward[-2]))


def load_second_reader(search: Sequence[str] | None = None) -> ModelFile:
    """The weights in rapidocr's wheel.

    Args:
        search: folders in which packages lie; None: where Python looks for them.

    Raises:
        ModelError: the package is not installed, or its weights are not those known here.
    """
    spec = PathFinder.find_spec(PACKAGE, search)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            'vision.second_reader is set, but rapidocr is not installed: pip install "alpr-edge[second-reader]"'
        )
    path = Path(spec.submodule_search_locations[0]) / WEIGHTS
    with io_errors(f"{path}: cannot be read", ModelError, "install rapidocr 3.10"):
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ModelError(f"{path}: not the weights of rapidocr 3.10; install that version")
    return ModelFile("second-reader", "rapidocr", SHA256, content, {})
