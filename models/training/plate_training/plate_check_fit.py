"""Fits the check of boxes, and measures it on photos that it was not fitted to."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from plate_training.plate_check_net import PlateCheckNet, fit_plate_check
from plate_training.plate_check_samples import PhotoBoxes
from scripts.benchmarks.road.photos import FAR_PX, NEAR_PX

FOLDS, SEED = 5, 1
SCORE_MIN = 0.3
"""``vision.detection_confidence_min``."""
PROBABILITIES = tuple(round(0.05 * step, 2) for step in range(2, 19))
INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What a least probability comes to, on American road photos; the last on the others, where no plate is."""

    probability_min: float
    found_40px: float
    found_under_40px: float
    found_320px: float
    false_a_photo: float
    false_elsewhere: float

    def values(self) -> list[float]:
        """In the order of the columns."""
        return list(asdict(self).values())


def fit_whole(photos: Sequence[PhotoBoxes]) -> PlateCheckNet:
    """The network fitted to every picture that is not kept for validation."""
    return _fit([photo for photo in photos if not photo.is_kept])


def cross_validate(photos: Sequence[PhotoBoxes]) -> Iterator[CheckFigures]:
    """A row for each of :data:`PROBABILITIES`; each photo is judged by a network that did not see it."""
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(photos))
    judged: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(photos)
    for fold in range(FOLDS):
        net = _fit([photo for photo, own in zip(photos, folds, strict=True) if own != fold])
        for index in np.flatnonzero(folds == fold):
            judged[index] = net.probabilities(photos[index].features)
    return (_figures(photos, judged, least) for least in PROBABILITIES)


def _fit(photos: Sequence[PhotoBoxes]) -> PlateCheckNet:
    features, labels = (np.concatenate([getattr(photo, name) for photo in photos]) for name in ("features", "labels"))
    known = labels >= 0
    return fit_plate_check(features[known], labels[known] == 1)


def _figures(photos: Sequence[PhotoBoxes], judged: Sequence[NDArray[np.float32]], least: float) -> CheckFigures:
    found: list[tuple[float, bool]] = []
    false, elsewhere = [], []
    for photo, probabilities in zip(photos, judged, strict=True):
        accepted = (probabilities >= least) & (photo.scores >= SCORE_MIN)
        (false if photo.is_american else elsewhere).append(int((accepted & photo.false_boxes).sum()))
        if photo.is_american:
            hits = [index is not None and bool(accepted[index]) for index in photo.found_by]
            found += zip(photo.widths_px, hits, strict=True)
    shares = (_share(found, *edges) for edges in ((FAR_PX, INFINITY), (0.0, FAR_PX), (NEAR_PX, INFINITY)))
    return CheckFigures(least, *shares, float(np.mean(false)), float(np.mean(elsewhere)))


def _share(found: Sequence[tuple[float, bool]], low: float, high: float) -> float:
    return float(np.mean([is_found for width_px, is_found in found if low <= width_px < high]))
