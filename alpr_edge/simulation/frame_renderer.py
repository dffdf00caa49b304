"""One frame of a drive: the street, the vehicles far to near, their plates, and what a sensor does to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from alpr_edge.simulation.bodies import LENGTH_M, BodySprites
from alpr_edge.simulation.camera import Pinhole
from alpr_edge.simulation.canvas import Picture, Sprite
from alpr_edge.simulation.plates.renderer import render_plate
from alpr_edge.simulation.poses import Pose, plate_corners
from alpr_edge.simulation.scenario import Vehicle
from alpr_edge.simulation.scenery import Street

PLATE_PX = 192
"""Height at which a plate is rendered before it is put on its car."""
NOISE = 2.5
"""Standard deviation of the sensor's noise, of 255."""
_NOISE_MARGIN_PX = 64


@dataclass(frozen=True, slots=True, eq=False)
class _VehicleSprites:
    """The pictures of one vehicle."""

    body: BodySprites
    plate: Sprite


class Renderer:
    """Draws frames."""

    def __init__(self, camera: Pinhole, seed: int) -> None:
        self._camera = camera
        self._seed = seed
        rng = np.random.default_rng([seed, 1])
        self._street = Street(camera, rng)
        self._sprites: dict[int, _VehicleSprites] = {}
        size = camera.height_px + _NOISE_MARGIN_PX, camera.width_px + _NOISE_MARGIN_PX, 3
        self._noise = np.round(rng.normal(0, NOISE, size)).astype(np.int16)

    def render(self, number: int, along_m: float, poses: Sequence[Pose]) -> Picture:
        """Frame ``number``, read-only; ``poses`` of what is in front of the camera, in any order."""
        frame = self._street.draw(along_m)
        visible_numbers = {pose.vehicle.number for pose in poses}
        self._sprites = {key: sprites for key, sprites in self._sprites.items() if key in visible_numbers}
        for pose in sorted(poses, key=lambda pose: -pose.ahead_m):
            self._draw(frame, pose)
        return self._add_sensor_noise(frame, np.random.default_rng([self._seed, 2, number]))

    def _draw(self, frame: Picture, pose: Pose) -> None:
        sprites, camera = self._sprites_of(pose.vehicle), self._camera
        half_m = sprites.body.shape.width_m / 2
        brightness = float(0.94 + 0.06 * np.cos(pose.vehicle.number))
        _shadow(frame, camera, (pose.x_m - half_m, pose.x_m + half_m, pose.ahead_m, pose.ahead_m + LENGTH_M))
        streak_px = abs(pose.sideways_px_s(camera)) * camera.exposure_s
        sprites.body.draw(frame, camera, (pose.x_m, pose.ahead_m), brightness, streak_px)
        sprites.plate.draw(frame, plate_corners(camera, pose), brightness, streak_px)

    def _sprites_of(self, vehicle: Vehicle) -> _VehicleSprites:
        """The vehicle's pictures, made when it appears and dropped when it has left."""
        if vehicle.number not in self._sprites:
            body = BodySprites.of(vehicle.body, vehicle.kind, vehicle.paint_bgr)
            self._sprites[vehicle.number] = _VehicleSprites(body, self._plate(vehicle))
        return self._sprites[vehicle.number]

    def _plate(self, vehicle: Vehicle) -> Sprite:
        rng = np.random.default_rng([self._seed, 3, vehicle.number])
        plate = render_plate(vehicle.plate, vehicle.design, rng, height_px=PLATE_PX)
        inside = cv2.bitwise_and(plate.pixels, plate.pixels, mask=plate.outline)
        return Sprite.of(np.dstack([inside, plate.outline]))

    def _add_sensor_noise(self, frame: Picture, rng: np.random.Generator) -> Picture:
        """Vary the exposure a little, and add noise."""
        gain = 0.97 + 0.03 * float(np.sin(rng.uniform(0, 2 * np.pi)))
        top, left = (int(offset) for offset in rng.integers(_NOISE_MARGIN_PX, size=2))
        noise = self._noise[top : top + frame.shape[0], left : left + frame.shape[1]]
        picture = cv2.add(cv2.convertScaleAbs(frame, alpha=gain), noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
        picture.setflags(write=False)
        return picture


def _shadow(frame: Picture, camera: Pinhole, ground: tuple[float, float, float, float]) -> None:
    """Darken the road under a car (left, right, near, far in metres)."""
    left, right, near, far = ground
    for grown_m, keep in ((0.25, 0.85), (0.12, 0.75), (-0.02, 0.6)):
        nearest = max(0.6, near - grown_m)
        corners = camera.project(
            [
                (left - grown_m, 0.0, far),
                (right + grown_m, 0.0, far),
                (right + grown_m, 0.0, nearest),
                (left - grown_m, 0.0, nearest),
            ]
        )
        low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int) + 1
        x0, y0 = np.maximum(low, 0)
        x1, y1 = np.minimum(high, frame.shape[1::-1])
        if x0 >= x1 or y0 >= y1:
            continue
        mask = np.zeros((int(y1 - y0), int(x1 - x0)), np.uint8)
        cv2.fillConvexPoly(mask, np.round(corners - (x0, y0)).astype(np.int32), 255, cv2.LINE_AA)
        part = frame[y0:y1, x0:x1]
        dark = cv2.convertScaleAbs(part, alpha=keep)
        cv2.copyTo(dark, mask, part)
