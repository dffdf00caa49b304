"""Tells from a few small samples a second that a camera gives pictures and yet sees nothing, or not enough.

A picture of a night ride is darker than a covered lens by day, so brightness alone says little. What tells is the
structure: the largest differences in each of 144 tiles, which noise does not reach. Real rides (501 frames by day, dusk
and night, tests/scripts/benchmarks/test_camera_view.py) set the limits: over a window the tile at the 90th percentile
has a structure of 127 levels or more, that of a covered lens 12 or less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 16, 9
"""Tiles of a picture across and down."""
BLANK_STRUCTURE = 30
"""A picture whose structure is at most this shows nothing, in grey levels."""
BRIGHT_GREY = 110
"""Mean grey from which a picture without structure is the sky, and below which something covers the lens."""
BURNT_SHARE = 0.25
"""Share of burnt-out pixels from which a picture is washed out; the rides have at most 0.09."""
SHARP_SHARE = 0.6
"""Share of the usual sharpness below which a camera is out of focus: blur of 2.5 px leaves 0.45, rides keep 0.8."""
STRUCTURE_SHARE = 0.65
"""Share of the usual structure below which a camera looks elsewhere: rides keep 0.88, the road's surface has 0.5."""
STILL_SHARE = 0.08
"""Most tiles that change between two samples where the picture stands still although the car drives."""
PASSING_SHARE = 0.4
"""Least tiles that change between two samples where the road passes by: of rides 0.7 do, of cars that pass a still
camera 0.08."""
BLIND_TILE_GREY, BLIND_TILE_STRUCTURE = 4, 45
"""Range of grey, and structure, up to which a tile showed nothing of the road in a window."""
BLIND_TILES = 0.12
"""Share of the picture that shows nothing, where it usually does, from which a lens is dirty; of rides 0.07 at most."""
FADED_TILE = 0.45
"""Share of a tile's usual structure below which it is blurred, as by a drop of water."""
FADED_TILES = 0.28
"""Share of such tiles from which a lens is dirty; none of the rides keeps 0.25 for as long as it takes to be told."""
EDGE_STRUCTURE = 24
"""Structure from which a tile has an edge by which sharpness can be told."""
EDGE_TILES_MIN = 6
CHANGED_GREY = 4
"""Change of a tile's mean between two samples by which it counts as changed."""

Tiles = NDArray[np.uint8]
Values = NDArray[np.float64]


class ViewFault(StrEnum):
    """What can be wrong with what a camera sees."""

    COVERED = "covered"
    WASHED_OUT = "washed out"
    OUT_OF_FOCUS = "out of focus"
    TURNED_AWAY = "turned away"
    DIRTY = "dirty"


@dataclass(frozen=True, eq=False)
class ViewSample:
    """What is measured of a picture, uint8 [9, 16] each."""

    grey: Tiles
    """Mean grey of each tile."""
    near: Tiles
    """Largest difference of neighbouring pixels in each tile: of a blurred edge it is small."""
    far: Tiles
    """Largest difference of pixels some way apart: the structure of a tile, blurred or not."""
    burnt_share: float
    """Share of burnt-out pixels, 0 to 1."""

    @cached_property
    def sharpness(self) -> float | None:
        """How much of an edge's height lies between two neighbouring pixels, 0 to 1; None without enough edges."""
        has_edge = self.far >= EDGE_STRUCTURE
        if np.count_nonzero(has_edge) < EDGE_TILES_MIN:
            return None
        return float(np.percentile(self.near[has_edge] / self.far[has_edge].astype(np.float64), 75))

    def changed_share(self, earlier: "ViewSample") -> float:
        """Share of tiles whose grey differs from an earlier sample's."""
        return float((np.abs(self.grey.astype(np.int16) - earlier.grey) > CHANGED_GREY).mean())


class ViewWindow:
    """What some successive samples of one camera have in common."""

    def __init__(self, samples: Sequence[ViewSample]) -> None:
        self._samples = samples
        self.tile_structure: Values = np.max([sample.far for sample in samples], axis=0).astype(np.float64)
        """The most structure of each tile, float64 [9, 16]."""
        self.structure = float(np.percentile(self.tile_structure, 90))
        self.grey_range: Values = np.ptp([sample.grey for sample in samples], axis=0).astype(np.float64)
        """By how much each tile's grey changed, float64 [9, 16]."""

    @property
    def sharpness(self) -> float | None:
        """The median of the samples'; None where half of them have none."""
        values = [sample.sharpness for sample in self._samples if sample.sharpness is not None]
        return float(np.median(values)) if 2 * len(values) >= len(self._samples) else None

    @property
    def is_still(self) -> bool:
        """Whether next to nothing changes in three of four steps: a car that stops has the speed of its last fix."""
        return float(np.percentile(self._changed_shares, 75)) <= STILL_SHARE

    @property
    def shows_road(self) -> bool:
        """Whether most steps change as much as where the road passes by."""
        return float(np.median(self._changed_shares)) >= PASSING_SHARE

    @cached_property
    def _changed_shares(self) -> Values:
        """Share of tiles that change in each step; what changes in all alike is the light, also on a dashboard."""
        greys = np.stack([sample.grey for sample in self._samples]).astype(np.float64)
        light = np.median(greys[1:] / np.maximum(greys[:-1], 1), axis=(1, 2), keepdims=True)
        return np.asarray((np.abs(greys[1:] - light * greys[:-1]) > CHANGED_GREY).mean(axis=(1, 2)))

    @property
    def blind_tiles(self) -> NDArray[np.bool_]:
        """The tiles in which neither edges nor changes are seen while those of others change, bool [9, 16]."""
        moving = float(np.percentile(self.grey_range, 75))
        steady = self.grey_range <= max(BLIND_TILE_GREY, 0.1 * moving)
        return np.asarray(steady & (self.tile_structure < BLIND_TILE_STRUCTURE), np.bool_)

    def blindness(self) -> ViewFault | None:
        """What is wrong with pictures that show nothing at all, whatever the camera usually sees."""
        if float(np.median([sample.burnt_share for sample in self._samples])) >= BURNT_SHARE:
            return ViewFault.WASHED_OUT
        if self.structure > BLANK_STRUCTURE:
            return None
        grey = float(np.median([sample.grey.mean() for sample in self._samples]))
        return ViewFault.TURNED_AWAY if grey >= BRIGHT_GREY else ViewFault.COVERED


class UsualView:
    """What a camera usually sees while the car drives; learnt from windows without a fault."""

    LEARN_S = 60.0
    """Driving after which the usual is known."""
    ADAPT_S = 60.0
    """Time in which it follows a lasting change, of the light or of the road."""
    QUANTILE, QUANTILE_STEP = 0.3, 0.05
    """A tile's structure is that which it exceeds in seven windows of ten, followed by so much a second."""
    JUDGED_STRUCTURE = 30.0
    """Tiles that usually have less, as sky and asphalt do, say nothing when they have none."""

    def __init__(self) -> None:
        self._learnt_s = 0.0
        self._sharpness: float | None = None
        self._structure = 0.0
        self._tile_structure: Values = np.zeros((ROWS, COLUMNS))
        self._blind_rate: Values = np.zeros((ROWS, COLUMNS))

    @property
    def is_known(self) -> bool:
        """Whether enough was seen to compare with."""
        return self._learnt_s >= self.LEARN_S

    def learn(self, window: ViewWindow, passed_s: float) -> None:
        """Take in a window that ends so many seconds after the one before."""
        weight = min(1.0, passed_s / max(passed_s, min(self._learnt_s, self.ADAPT_S)))
        if self._learnt_s == 0:
            self._tile_structure = np.maximum(window.tile_structure, 1.0)
        self._learnt_s += passed_s
        self._structure += weight * (window.structure - self._structure)
        self._blind_rate = self._blind_rate + weight * (window.blind_tiles - self._blind_rate)
        below = (window.tile_structure < self._tile_structure).astype(np.float64)
        self._tile_structure = self._tile_structure * np.exp(self.QUANTILE_STEP * passed_s * (self.QUANTILE - below))
        sharpness = window.sharpness
        if sharpness is not None:
            before = self._sharpness if self._sharpness is not None else sharpness
            self._sharpness = before + weight * (sharpness - before)

    def compare(self, window: ViewWindow) -> ViewFault | None:
        """What is wrong with pictures that show something, but not as usual; None until the usual is known."""
        if not self.is_known:
            return None
        sharpness = window.sharpness
        if sharpness is not None and self._sharpness is not None and sharpness < SHARP_SHARE * self._sharpness:
            return ViewFault.OUT_OF_FOCUS
        if window.structure < STRUCTURE_SHARE * self._structure:
            return ViewFault.TURNED_AWAY
        return ViewFault.DIRTY if self._is_dirty(window) else None

    def _is_dirty(self, window: ViewWindow) -> bool:
        """Whether part of the picture shows nothing, or is blurred, where it usually shows the road."""
        judged = self._tile_structure >= self.JUDGED_STRUCTURE
        unusual = (window.blind_tiles & judged) * (1 - np.minimum(1, 2 * self._blind_rate))
        if float(unusual.mean()) >= BLIND_TILES:
            return True
        if not judged.any():
            return False
        ratios = window.tile_structure[judged] / self._tile_structure[judged]
        overall = min(1.0, float(np.percentile(ratios, 75)))
        return float((ratios < FADED_TILE * overall).mean()) >= FADED_TILES
