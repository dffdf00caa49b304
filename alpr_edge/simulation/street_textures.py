"""The repeating textures of a street: its road from above, its houses from the road."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.canvas import Bgr, Picture, tint

LANE_EDGE_M = 1.6
CENTRE_LINE_M = -1.6
RIGHT_KERB_M = 3.9
LEFT_KERB_M = -4.9
PAVEMENT_M = 2.4
_GRASS: Bgr = (62, 112, 92)
_PAVING: Bgr = (150, 156, 160)
_KERB: Bgr = (176, 180, 182)
_ASPHALT: Bgr = (92, 90, 88)
_WALLS: tuple[Bgr, ...] = (
    (170, 190, 205),
    (140, 160, 190),
    (196, 200, 200),
    (120, 140, 176),
    (186, 176, 160),
    (110, 124, 132),
)
_LEAVES: tuple[Bgr, ...] = ((48, 92, 70), (40, 78, 56), (58, 108, 92))


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture of a plane that repeats along the road.

    Args:
        pixels: uint8 [along, across, 4], premultiplied alpha.
        px_per_m: pixels a metre, the same in both directions.
        across_from_m: the position of the first column in metres (x of a road, height of a wall).
    """

    pixels: Picture
    px_per_m: int
    across_from_m: float

    @property
    def length_px(self) -> int:
        """Rows after which it repeats."""
        return int(self.pixels.shape[0])

    def blur_along(self, along_m: float) -> Picture:
        """Blurred along the road, with its first rows once more at the end."""
        size = round(along_m * self.px_per_m) | 1
        twice = np.concatenate([self.pixels] * 3) if size > 1 else self.pixels
        if size > 1:
            twice = cv2.blur(twice, (1, size)).astype(np.uint8, copy=False)[self.length_px : 2 * self.length_px]
        return np.concatenate([twice, twice[:2]])


def road_texture(rng: np.random.Generator) -> Texture:
    """24 m of road, 26 m wide: two lanes, a parking strip, kerbs, pavements and grass."""
    px_per_m, length_m, left_m, right_m = 60, 24, -13.0, 13.0
    size = length_m * px_per_m, round((right_m - left_m) * px_per_m)
    paint = np.empty((*size, 3), np.float32)

    def strip(from_m: float, to_m: float, colour: Bgr, along: slice = slice(None)) -> None:
        paint[along, round((from_m - left_m) * px_per_m) : round((to_m - left_m) * px_per_m)] = colour

    strip(left_m, right_m, _GRASS)
    strip(LEFT_KERB_M - PAVEMENT_M, RIGHT_KERB_M + PAVEMENT_M, _PAVING)
    for joint in range(0, size[0], px_per_m * 3 // 2):
        strip(LEFT_KERB_M - PAVEMENT_M, RIGHT_KERB_M + PAVEMENT_M, tint(_PAVING, 0.75), slice(joint, joint + 2))
    strip(LEFT_KERB_M - 0.2, RIGHT_KERB_M + 0.2, _KERB)
    strip(LEFT_KERB_M, RIGHT_KERB_M, _ASPHALT)
    for kerb_m in (LEFT_KERB_M, RIGHT_KERB_M - 0.3):
        strip(kerb_m, kerb_m + 0.3, tint(_ASPHALT, 0.85))
    strip(-1.0, -0.4, tint(_ASPHALT, 0.93))
    strip(0.4, 1.0, tint(_ASPHALT, 0.93))
    paint += _grain(size, rng)
    for dash in range(0, size[0], px_per_m * 12):
        strip(CENTRE_LINE_M - 0.06, CENTRE_LINE_M + 0.06, (70, 180, 215), slice(dash, dash + px_per_m * 3))
    strip(LANE_EDGE_M - 0.05, LANE_EDGE_M + 0.05, (215, 215, 212))
    opaque = np.full((*size, 1), 255, np.float32)
    return Texture(np.clip(np.concatenate([paint, opaque], axis=2), 0, 255).astype(np.uint8), px_per_m, left_m)


def wall_texture(rng: np.random.Generator) -> Texture:
    """96 m of house fronts, hedges and trees, 7 m high, with sky between."""
    px_per_m, length_m, height_m = 32, 96, 7
    picture = np.zeros((height_m * px_per_m, length_m * px_per_m, 4), np.uint8)
    painter = _Painter(picture, px_per_m)
    for begin_m in range(0, length_m, 16):
        tall_m = float(rng.uniform(3.6, 6.2))
        painter.house(begin_m + float(rng.uniform(0.5, 2)), float(rng.uniform(8.5, 11)), tall_m, rng)
        painter.hedge(begin_m + 11.5, 4.4, float(rng.uniform(0.9, 1.5)), rng)
        painter.tree(begin_m + float(rng.uniform(12, 15)), float(rng.uniform(4.2, 6.0)), rng)
    grain = _grain(picture.shape[:2], rng) * (picture[:, :, 3:] > 0)
    picture[:, :, :3] = np.clip(picture[:, :, :3] + grain, 0, 255)
    return Texture(np.ascontiguousarray(picture[::-1].transpose(1, 0, 2)), px_per_m, 0.0)


class _Painter:
    """Draws on a picture in metres along and above the ground."""

    def __init__(self, picture: Picture, px_per_m: int) -> None:
        self._picture = picture
        self._px_per_m = px_per_m

    def house(self, left_m: float, wide_m: float, tall_m: float, rng: np.random.Generator) -> None:
        """A front with a roof, a door and windows."""
        colour = _WALLS[int(rng.integers(len(_WALLS)))]
        roof = [
            (left_m - 0.3, tall_m),
            (left_m + wide_m + 0.3, tall_m),
            (left_m + wide_m - 0.8, tall_m + 0.8),
            (left_m + 0.8, tall_m + 0.8),
        ]
        self._polygon(roof, (70, 76, 92))
        self._box(left_m, left_m + wide_m, 0, tall_m, colour)
        self._box(left_m, left_m + wide_m, tall_m - 0.15, tall_m, tint(colour, 0.7))
        door_m = left_m + wide_m * float(rng.uniform(0.4, 0.55))
        self._box(door_m, door_m + 1.0, 0, 2.1, tint(colour, 0.45))
        for level_m in (0.9, 3.5):
            for place in (0.1, 0.25, 0.65, 0.82):
                if level_m + 1.5 < tall_m:
                    x = left_m + wide_m * place
                    self._box(x - 0.1, x + 1.2, level_m - 0.1, level_m + 1.4, tint(colour, 1.15))
                    self._box(x, x + 1.1, level_m, level_m + 1.3, (104, 88, 74))
                    self._box(x, x + 1.1, level_m + 0.7, level_m + 1.3, (140, 122, 104))

    def hedge(self, left_m: float, wide_m: float, tall_m: float, rng: np.random.Generator) -> None:
        """A row of bushes."""
        for _ in range(30):
            self._leaves(left_m + float(rng.uniform(0, wide_m)), float(rng.uniform(0, tall_m)), 0.35, rng)

    def tree(self, at_m: float, tall_m: float, rng: np.random.Generator) -> None:
        """A trunk and a crown."""
        self._box(at_m - 0.12, at_m + 0.12, 0, tall_m * 0.6, (48, 62, 76))
        for _ in range(60):
            angle, reach = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 1.4))
            self._leaves(at_m + reach * np.cos(angle), tall_m * 0.72 + 0.9 * reach * np.sin(angle), 0.45, rng)

    def _leaves(self, x_m: float, y_m: float, radius_m: float, rng: np.random.Generator) -> None:
        colour = tint(_LEAVES[int(rng.integers(len(_LEAVES)))], float(rng.uniform(0.8, 1.25)))
        centre = round(x_m * self._px_per_m), self._row(max(0.0, y_m))
        cv2.circle(self._picture, centre, round(radius_m * self._px_per_m), (*colour, 255), -1, cv2.LINE_AA)

    def _box(self, left_m: float, right_m: float, low_m: float, high_m: float, colour: Bgr) -> None:
        self._polygon([(left_m, low_m), (right_m, low_m), (right_m, high_m), (left_m, high_m)], colour)

    def _polygon(self, outline: list[tuple[float, float]], colour: Bgr) -> None:
        points = np.array([(round(x * self._px_per_m), self._row(y)) for x, y in outline], np.int32)
        cv2.fillPoly(self._picture, [points], (*colour, 255))

    def _row(self, above_m: float) -> int:
        return int(self._picture.shape[0]) - round(above_m * self._px_per_m)


def _grain(size: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Float32 [h, w, 1]: fine and coarse unevenness."""
    fine = rng.normal(0, 4, size[:2]).astype(np.float32)
    coarse = rng.normal(0, 4, (max(2, size[0] // 90), max(2, size[1] // 90))).astype(np.float32)
    return (fine + cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC))[:, :, np.newaxis]
