"""Where vehicles are in front of the camera, and which of their plates it can see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.simulation.bodies import SHAPES, BodySprites
from alpr_edge.simulation.camera import Corners, Pinhole
from alpr_edge.simulation.scenario import Body, Kind, Vehicle

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
