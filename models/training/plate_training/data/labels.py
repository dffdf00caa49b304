"""Which text a real crop gets, given what came with it and what two readers make of it.

Texts that came with crops are wrong where somebody took one character for another (I for D, 1 for 0, V for Y on worn
Brazilian plates): a reader that learns them learns to misread.
"""

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError
from plate_training.contract import canonical
from plate_training.data.pictures import LABELS, REGIONS

TRUSTED = {"us": True, "br": False, "eu": False}
"""Whether the texts that came with a region's crops stand unless both readers contradict them."""
FORMS = {
    "us": r"[0-9A-Z]{2,9}",
    "br": r"[0-9A-Z]{3}[0-9]{4}",
    "eu": r"[0-9A-Z]{4,8}",
    "road": r"(?=.*[0-9])[0-9A-Z]{5,8}",
}
"""Canonical texts that a region's plates can have (the letter O is the digit 0)."""
BANDS_ALIKE = 2
SCORE_MIN = 0.9
"""A teacher alone is believed where it reads the same in so many bands of a crop, each with such a score."""


@dataclass(frozen=True, slots=True)
class OcrReading:
    """What another reader makes of a band of a crop: the text as it reads it, and its score from 0 to 1."""

    text: str
    score: float


def require_labels(folder: Path = LABELS) -> None:
    """Refuse to go on without the texts that ``label`` writes: those that came with the crops are partly wrong.

    Args:
        folder: where they lie; git ignores it, so a fresh checkout has none.

    Raises:
        AlprEdgeError: one of the tables is not there.
    """
    for table in (*REGIONS, "road"):
        if not (folder / f"{table}.csv").is_file():
            hint = "run models/training/label first, or give --allow-missing-labels"
            raise AlprEdgeError(f"{folder / table}.csv: not there; {hint}")


def text_for(region: str, source_text: str, own: str, others: AbstractSet[str]) -> str | None:
    """The canonical text to learn, or None for a crop to leave out.

    Args:
        region: "us", "br" or "eu".
        source_text: canonical text that came with the crop; empty where none did.
        own: the text that our reader gives.
        others: the texts that another reader gives for the whole crop and for bands of it.
    """
    if source_text and source_text in others:
        return source_text
    if own in others and re.fullmatch(FORMS[region], own):
        return own
    return source_text if source_text and TRUSTED[region] else None


def taught_text(region: str, readings: Sequence[OcrReading]) -> str | None:
    """The canonical text of a plate that a teacher alone has read, or None where it is not sure.

    Our reader has no say: it drops narrow characters, so its consent would leave out just the plates it has to learn.
    """
    counts = Counter(canonical(reading.text) for reading in readings if reading.score >= SCORE_MIN)
    text, times = counts.most_common(1)[0] if counts else ("", 0)
    return text if times >= BANDS_ALIKE and re.fullmatch(FORMS[region], text) else None
