"""Where vehicles are in front of the camera, and which of their plates it can see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.simulation.bodies import LENGTH_M, SHAPES
from alpr_edge.simulation.camera import Corners, Pinhole
from alpr_edge.simulation.scenario import Kind, Vehicle

NEAREST_M = 1.5
FARTHEST_M = 90.0
PLATE_PX_MIN = 20.0
"""Narrower plates do not count as visible."""
HIDDEN_SHARE_MAX = 0.02
"""Most of a plate that a nearer car may cover."""


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
        if inside and right - left >= PLATE_PX_MIN and not _is_hidden(camera, pose, corners, poses):
            yield pose.vehicle, Box(left, top, right, bottom)


def _is_hidden(camera: Pinhole, pose: Pose, corners: Corners, poses: Sequence[Pose]) -> bool:
    area = cv2.contourArea(corners)
    for other in poses:
        if other.ahead_m < pose.ahead_m:
            overlap, _ = cv2.intersectConvexConvex(corners, _silhouette(camera, other))
            if overlap > HIDDEN_SHARE_MAX * area:
                return True
    return False


def _silhouette(camera: Pinhole, pose: Pose) -> Corners:
    """Convex outline of a car's box in the frame."""
    shape = SHAPES[pose.vehicle.body]
    xs = pose.x_m - shape.width_m / 2, pose.x_m + shape.width_m / 2
    zs = pose.ahead_m, pose.ahead_m + LENGTH_M
    box = camera.project([(x, y, z) for x in xs for y in (0.0, shape.height_m) for z in zs])
    return np.asarray(cv2.convexHull(box), np.float32).reshape(-1, 2)
