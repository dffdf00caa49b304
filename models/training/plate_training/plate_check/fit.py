"""Fits the check of boxes, and judges photos by networks that were not fitted to them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plate_training.plate_check.net import PlateCheckNet, fit_plate_check
from plate_training.plate_check.samples import PhotoBoxes

FOLDS, SEED = 5, 1


def fit_whole(photos: Sequence[PhotoBoxes]) -> PlateCheckNet:
    """The network fitted to every picture that is not kept for validation."""
    return _fit([photo for photo in photos if not photo.is_kept])


def cross_validate(photos: Sequence[PhotoBoxes]) -> list[NDArray[np.float32]]:
    """How likely each box is a plate, float32 [boxes] a picture, by a network that did not see the picture."""
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(photos))
    judged: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(photos)
    for fold in range(FOLDS):
        net = _fit([photo for photo, own in zip(photos, folds, strict=True) if own != fold])
        for index in np.flatnonzero(folds == fold).tolist():
            judged[index] = net.probabilities(photos[index].features)
    return judged


def _fit(photos: Sequence[PhotoBoxes]) -> PlateCheckNet:
    features, labels = (np.concatenate([getattr(photo, name) for photo in photos]) for name in ("features", "labels"))
    known = labels >= 0
    return fit_plate_check(features[known], labels[known] == 1)
