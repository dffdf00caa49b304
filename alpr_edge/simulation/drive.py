"""A whole drive by its seed: frames rendered when they are asked for, and the truth about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.simulation.bodies import LENGTH_M, SHAPES, BodySprites
from alpr_edge.simulation.camera import Corners, Pinhole
from alpr_edge.simulation.canvas import Picture, Sprite
from alpr_edge.simulation.plates.renderer import render_plate
from alpr_edge.simulation.scenario import Body, Kind, Vehicle, patrol, vehicles_of
from alpr_edge.simulation.street_textures import Texture, road_texture, wall_texture
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth

# The street: road, pavements, houses and sky, moving past.
#
# Road and house fronts are planes with one repeating texture each. Which point of its plane a pixel shows is computed
# once; a frame only moves the textures along. Further away the texture is blurred along the road and covered by haze:
# without both, distance flickers.

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


NEAREST_M = 1.5
FARTHEST_M = 90.0
PLATE_PX_MIN = 20.0
"""Narrower plates do not count as visible."""
HIDDEN_SHARE_MAX = 0.04
"""Most of a plate that a nearer car may cover: a strip along a side that ends before the longest serial begins."""
LOOK_PX = 200
"""Width at which a plate is looked at to measure how much of it is covered."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One vehicle at one moment; the end that carries its plate is ``ahead_m`` in front of the camera."""

    vehicle: Vehicle
    x_m: float
    ahead_m: float
    closing_mps: float
    """How fast it comes nearer."""

    def sideways_px_s(self, camera: Pinhole) -> float:
        """How fast it moves across the picture."""
        return camera.focal_px * self.x_m * self.closing_mps / self.ahead_m**2


def poses_at(vehicles: Sequence[Vehicle], along_m: float, speed_mps: float, second: float) -> list[Pose]:
    """All vehicles that are ahead and near enough to be drawn, when the camera is at ``along_m``."""
    poses = []
    for vehicle in vehicles:
        path = vehicle.path
        if not path.from_s <= second <= path.until_s:
            continue
        ahead_m = path.along.at(second) - along_m
        if NEAREST_M < ahead_m < FARTHEST_M:
            poses.append(Pose(vehicle, path.x_m(second), ahead_m, speed_mps - path.along.speed(second)))
    return poses


def plate_corners(camera: Pinhole, pose: Pose) -> Corners:
    """The plate's corners in the frame, clockwise from the top left: float32 [4, 2]."""
    design, shape = pose.vehicle.design, SHAPES[pose.vehicle.body]
    middle_m = shape.front_plate_m if pose.vehicle.kind is Kind.ONCOMING else shape.rear_plate_m
    half_m, tall_m = design.width_mm / 2000, design.height_mm / 2000
    left, right, low, high = pose.x_m - half_m, pose.x_m + half_m, middle_m - tall_m, middle_m + tall_m
    z = pose.ahead_m
    return camera.project([(left, high, z), (right, high, z), (right, low, z), (left, low, z)])


def visible_plates(camera: Pinhole, poses: Sequence[Pose]) -> Iterator[tuple[Vehicle, Box]]:
    """Every plate that is large enough, wholly in the frame and not behind a nearer car."""
    for pose in poses:
        corners = plate_corners(camera, pose)
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        inside = left >= 0 and top >= 0 and right <= camera.width_px and bottom <= camera.height_px
        if inside and right - left >= PLATE_PX_MIN:
            box, nearer = Box(left, top, right, bottom), [other for other in poses if other.ahead_m < pose.ahead_m]
            if hidden_share(camera, box, nearer) <= HIDDEN_SHARE_MAX:
                yield pose.vehicle, box


def hidden_share(camera: Pinhole, box: Box, nearer: Sequence[Pose]) -> float:
    """Share of a plate's box over which nearer cars are drawn: they are drawn here too, black over white."""
    scale = LOOK_PX / box.width_px
    view = camera.zoom(box.left_px, box.top_px, scale)
    look = np.full((round(box.height_px * scale), LOOK_PX, 3), 255, np.uint8)
    for other in nearer:
        _silhouette(other.vehicle.body, other.vehicle.kind).draw(look, view, (other.x_m, other.ahead_m), 0.0)
    return 1 - float(look.mean()) / 255


@cache
def _silhouette(body: Body, kind: Kind) -> BodySprites:
    """A car's pictures, whose paint does not matter: they are drawn without brightness."""
    return BodySprites.of(body, kind, (0, 0, 0))


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


FPS = 10.0
SECONDS = 26.0
START_TIME = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""When every drive begins."""


class Drive:
    """A simulated drive; the same arguments give the same one to the last pixel.

    Args:
        fps: frames a second.
    """

    def __init__(self, seed: int, seconds: float = SECONDS, fps: float = FPS) -> None:
        self.seed = seed
        self.seconds = seconds
        self.fps = fps
        self.camera = Pinhole()
        self.patrol = patrol(seconds)
        self.vehicles: tuple[Vehicle, ...] = vehicles_of(seed, seconds)

    @property
    def length(self) -> int:
        """Number of frames."""
        return max(1, round(self.seconds * self.fps))

    def frames(self) -> Iterator[tuple[int, Pixels, list[tuple[Vehicle, Box]]]]:
        """Every frame: its number, uint8 [720, 1280, 3] BGR, and the plates to be seen in it."""
        renderer = Renderer(self.camera, self.seed)
        for number in range(self.length):
            poses = self._poses(number)
            pixels = renderer.render(number, self.patrol.at(number / self.fps), poses)
            yield number, pixels, list(visible_plates(self.camera, poses))

    @cached_property
    def truth(self) -> DriveTruth:
        """What there is to be read; calculated without rendering."""
        boxes_by_vehicle: dict[int, dict[int, Box]] = {}
        for number in range(self.length):
            for vehicle, box in visible_plates(self.camera, self._poses(number)):
                boxes_by_vehicle.setdefault(vehicle.number, {})[number] = box
        return DriveTruth(
            self.fps, self.length, tuple(self._truth_of(index, boxes) for index, boxes in boxes_by_vehicle.items())
        )

    def _truth_of(self, index: int, boxes: dict[int, Box]) -> VehicleTruth:
        vehicle = self.vehicles[index]
        description = vehicle.hotlist_reason.description if vehicle.hotlist_reason else ""
        return VehicleTruth(vehicle.plate, vehicle.state, str(vehicle.kind), description, boxes)

    def _poses(self, number: int) -> list[Pose]:
        second = number / self.fps
        return poses_at(self.vehicles, self.patrol.at(second), self.patrol.speed(second), second)
