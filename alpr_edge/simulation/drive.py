"""A whole drive by its seed: frames rendered when they are asked for, and the truth about them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.simulation.camera import Pinhole
from alpr_edge.simulation.frame_renderer import Renderer
from alpr_edge.simulation.poses import Pose, poses_at, visible_plates
from alpr_edge.simulation.scenario import Vehicle, patrol, vehicles_of
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth

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
