"""What a check of boxes comes to at each probability from which on a box counts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from plate_training.plate_check.samples import PhotoBoxes
from scripts.benchmarks.road.photos import FAR_PX, NEAR_PX

SCORE_MIN = 0.3
"""``vision.detection_confidence_min``."""
PROBABILITIES = tuple(round(0.05 * step, 2) for step in range(2, 19))
INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What a least probability comes to, on American road photos; the last on all other pictures."""

    probability_min: float
    found_40px: float
    found_under_40px: float
    found_320px: float
    false_a_photo: float
    false_elsewhere: float

    def values(self) -> list[float]:
        """In the order of the columns."""
        return list(asdict(self).values())


def check_figures(photos: Sequence[PhotoBoxes], judged: Sequence[NDArray[np.float32]]) -> Iterator[CheckFigures]:
    """A row for each of :data:`PROBABILITIES`.

    Args:
        photos: the boxes of every picture.
        judged: how likely each of them is a plate, float32 [boxes] a picture.
    """
    return (_figures(photos, judged, least) for least in PROBABILITIES)


def unread_shares(photos: Sequence[PhotoBoxes], judged: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    """Shares of the boxes on no plate, and of those on plates, that are not read: their probability is 0."""
    labels, unread = np.concatenate([photo.labels for photo in photos]), np.concatenate(judged) == 0
    return _mean(unread[labels == 0]), _mean(unread[labels == 1])


def _figures(photos: Sequence[PhotoBoxes], judged: Sequence[NDArray[np.float32]], least: float) -> CheckFigures:
    found: list[tuple[float, bool]] = []
    false: list[int] = []
    elsewhere: list[int] = []
    for photo, probabilities in zip(photos, judged, strict=True):
        accepted = (probabilities >= least) & (photo.scores >= SCORE_MIN)
        (false if photo.is_american else elsewhere).append(int((accepted & photo.false_boxes).sum()))
        if photo.is_american:
            hits = [index is not None and bool(accepted[index]) for index in photo.found_by]
            found += zip(photo.widths_px, hits, strict=True)
    far, under, near = (_share(found, *edges) for edges in ((FAR_PX, INFINITY), (0.0, FAR_PX), (NEAR_PX, INFINITY)))
    return CheckFigures(least, far, under, near, _mean(false), _mean(elsewhere))


def _share(found: Sequence[tuple[float, bool]], low: float, high: float) -> float:
    return _mean([is_found for width_px, is_found in found if low <= width_px < high])


def _mean(values: Sequence[float] | NDArray[np.bool_]) -> float:
    """Not a number where there is nothing to go by."""
    return float(np.mean(values)) if len(values) else float("nan")
