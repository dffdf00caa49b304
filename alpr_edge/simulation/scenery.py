"""The street: road, pavements, houses and sky, moving past.

Road and house fronts are planes with one repeating texture each. Which point of its plane a pixel shows is computed
once; a frame only moves the textures along. Further away the texture is blurred along the road and covered by haze:
without both, distance flickers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.simulation.camera import Pinhole
from alpr_edge.simulation.canvas import Picture
from alpr_edge.simulation.street_textures import Texture, road_texture, wall_texture

Floats = NDArray[np.float32]
HAZE_BGR = (222, 212, 204)
HAZE_M = 150.0
_BANDS_M = ((0.5, 11.0, 0.0), (11.0, 24.0, 0.25), (24.0, 50.0, 1.0), (50.0, 300.0, 5.0))
"""(from, to, blur along the road) in metres."""
RIGHT_WALL_X_M = 8.5
LEFT_WALL_X_M = -10.0


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """A part of the frame that looks at one plane within one range of distance.

    Args:
        texture: uint8 [along, across, 4].
        along_px: texture row where nothing has moved yet; [h, 1] of a road, [1, w] of a wall.
        across_px: float32 [h, w], texture column.
        haze: uint8 [h, w, 3], what the haze adds to an opaque pixel.
        clear: uint8 [h, w, 3], how much of 255 comes through it.
    """

    rows: slice
    columns: slice
    texture: Picture
    along_px: Floats
    across_px: Floats
    haze: Picture
    clear: Picture

    def draw(self, frame: Picture, moved_px: float) -> None:
        """Lay the plane on the frame after it moved towards the camera."""
        period_px = self.texture.shape[0] - 2
        rows = np.broadcast_to((self.along_px + moved_px % period_px) % period_px, self.across_px.shape)
        rows = np.ascontiguousarray(rows, np.float32)
        patch = cv2.remap(self.texture, self.across_px, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        alpha = cv2.merge([np.ascontiguousarray(patch[:, :, 3])] * 3)
        hazy = cv2.multiply(np.ascontiguousarray(patch[:, :, :3]), self.clear, scale=1 / 255)
        hazy = cv2.add(hazy, cv2.multiply(self.haze, alpha, scale=1 / 255))
        part = frame[self.rows, self.columns]
        part[:] = cv2.add(cv2.multiply(part, cv2.bitwise_not(alpha), scale=1 / 255), hazy)


class Street:
    """Draws everything that stands still."""

    def __init__(self, camera: Pinhole, rng: np.random.Generator) -> None:
        self._sky = _sky(camera, rng)
        road, left, right = road_texture(rng), wall_texture(rng), wall_texture(rng)
        self._planes = (
            (road.px_per_m, tuple(_road_bands(camera, road))),
            (left.px_per_m, tuple(_wall_bands(camera, left, LEFT_WALL_X_M))),
            (right.px_per_m, tuple(_wall_bands(camera, right, RIGHT_WALL_X_M))),
        )

    def draw(self, along_m: float) -> Picture:
        """The empty street from ``along_m``: uint8 [H, W, 3]."""
        frame = self._sky.copy()
        for px_per_m, bands in self._planes:
            for band in bands:
                band.draw(frame, along_m * px_per_m)
        return frame


def _road_bands(camera: Pinhole, texture: Texture) -> Iterator[_Band]:
    rows = np.arange(camera.height_px, dtype=np.float32)
    below = np.maximum(rows - camera.horizon_px, 1e-3)
    ahead_m = np.where(rows > camera.horizon_px, camera.focal_px * camera.above_road_m / below, np.inf)
    columns = np.arange(camera.width_px, dtype=np.float32)
    for from_m, to_m, blur_m in _BANDS_M:
        inside = np.flatnonzero((ahead_m >= from_m) & (ahead_m < to_m))
        z_m = ahead_m[inside, np.newaxis]
        x_m = (columns - camera.vanishing_x_px) * z_m / camera.focal_px
        yield _band(inside, np.arange(camera.width_px), texture, blur_m, z_m, x_m)


def _wall_bands(camera: Pinhole, texture: Texture, x_m: float) -> Iterator[_Band]:
    columns = np.arange(camera.width_px, dtype=np.float32)
    aside = (columns - camera.vanishing_x_px) * np.float32(np.sign(x_m))
    ahead_m = np.where(aside > 0, camera.focal_px * abs(x_m) / np.maximum(aside, 1e-3), np.inf)
    for from_m, to_m, blur_m in _BANDS_M:
        inside = np.flatnonzero((ahead_m >= from_m) & (ahead_m < to_m))
        if len(inside) == 0:
            continue
        z_m = ahead_m[np.newaxis, inside]
        foot = int(camera.horizon_px + camera.focal_px * camera.above_road_m / z_m.min()) + 1
        rows = np.arange(min(foot, camera.height_px), dtype=np.float32)[:, np.newaxis]
        above_m = camera.above_road_m - (rows - camera.horizon_px) * z_m / camera.focal_px
        yield _band(np.arange(len(rows)), inside, texture, blur_m, z_m, above_m)


def _band(
    rows: NDArray[np.intp], columns: NDArray[np.intp], texture: Texture, blur_m: float, z_m: Floats, across_m: Floats
) -> _Band:
    haze = np.broadcast_to((1 - np.exp(-z_m / HAZE_M))[:, :, np.newaxis], (*across_m.shape, 3))
    return _Band(
        rows=slice(int(rows[0]), int(rows[-1]) + 1),
        columns=slice(int(columns[0]), int(columns[-1]) + 1),
        texture=texture.blur_along(blur_m),
        along_px=(z_m * texture.px_per_m).astype(np.float32),
        across_px=((across_m - texture.across_from_m) * texture.px_per_m).astype(np.float32),
        haze=np.round(haze * np.array(HAZE_BGR)).astype(np.uint8),
        clear=np.round(255 * (1 - haze)).astype(np.uint8),
    )


def _sky(camera: Pinhole, rng: np.random.Generator) -> Picture:
    """Uint8 [H, W, 3]: sky with thin clouds above hills, haze where the road meets them."""
    height, width, horizon = camera.height_px, camera.width_px, round(camera.horizon_px)
    shares = np.clip(np.arange(height, dtype=np.float32) / horizon, 0, 1)[:, np.newaxis, np.newaxis]
    picture = (1 - shares) * np.array((226, 178, 128), np.float32) + shares * np.array(HAZE_BGR, np.float32)
    picture = np.repeat(picture, width, axis=1)
    clouds = cv2.resize(rng.normal(0, 1, (7, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    picture += np.clip(clouds, 0, 2)[:, :, np.newaxis] * 14
    hills = horizon - 26 - 16 * np.sin(np.linspace(0, 9, width) + float(rng.uniform(0, 6))) * np.linspace(0.3, 1, width)
    below = np.arange(height)[:, np.newaxis] > hills[np.newaxis, :]
    picture[below] = (194, 182, 168)
    return np.clip(picture, 0, 255).astype(np.uint8)
