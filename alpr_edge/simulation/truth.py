"""The truth of a drive: each vehicle's plate, state and boxes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.recognition.boxes import Box


@dataclass(frozen=True, slots=True)
class VehicleTruth:
    """One vehicle whose plate can be seen at least once."""

    plate: str
    """The serial as printed, without separators."""
    state: str
    kind: str
    hotlist_description: str
    """Its description on the drive's hotlist; empty when it is not on it."""
    boxes: dict[int, Box]
    """Frame number to the plate's box, in order."""

    @property
    def first_frame(self) -> int:
        """First frame with a visible plate."""
        return min(self.boxes)

    @property
    def last_frame(self) -> int:
        return max(self.boxes)


@dataclass(frozen=True, slots=True)
class DriveTruth:
    """The truth of a drive, in order of first appearance."""

    fps: float
    frames: int
    vehicles: tuple[VehicleTruth, ...]

    def in_frame(self, number: int) -> Iterator[tuple[VehicleTruth, Box]]:
        """The plates of one frame."""
        for vehicle in self.vehicles:
            box = vehicle.boxes.get(number)
            if box is not None:
                yield vehicle, box

    def save(self, path: Path) -> None:
        """Write as JSON. Raises OSError."""
        vehicles = [
            {
                "plate": vehicle.plate,
                "state": vehicle.state,
                "kind": vehicle.kind,
                "wanted": vehicle.hotlist_description,
                "first_frame": vehicle.first_frame,
                "last_frame": vehicle.last_frame,
                "boxes_px": {str(number): _rounded_sides(box) for number, box in vehicle.boxes.items()},
            }
            for vehicle in self.vehicles
        ]
        value = {"fps": self.fps, "frames": self.frames, "vehicles": vehicles}
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "DriveTruth":
        """Read what :meth:`save` wrote."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return cls(float(value["fps"]), int(value["frames"]), tuple(_vehicle(v) for v in value["vehicles"]))
        except OSError as error:
            raise CaptureError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CaptureError(f"{path}: not the truth of a simulated drive; write the drive again") from None


def _vehicle(value: dict[str, Any]) -> VehicleTruth:
    boxes = {int(number): Box(*map(float, sides)) for number, sides in value["boxes_px"].items()}
    return VehicleTruth(str(value["plate"]), str(value["state"]), str(value["kind"]), str(value["wanted"]), boxes)


def _rounded_sides(box: Box) -> list[float]:
    return [round(side, 2) for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)]
