"""Looks at plates as recognition gave them, with what is true, in files that every release can be fed from."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.recognition.boxes import Box

IOU_MIN = 0.3
"""IoU from which a look lies on a plate; also one does whose middle is inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A box of one frame, and what the reader made of it."""

    frame: int
    box: Box
    detection_confidence: float
    slot_probabilities: NDArray[np.float32]
    sharpness: float
    is_accepted: bool
    small_crop: NDArray[np.uint8]
    is_cut: bool


@dataclass(frozen=True, slots=True, eq=False)
class TrueVehicle:
    """A vehicle that the frames show."""

    text: str
    """Canonical text of its plate; empty where none is known."""
    is_clear: bool
    """Whether the text is beyond doubt."""
    boxes: dict[int, Box]
    """Where its plate is, by frame."""

    def shows(self, frame: int, box: Box) -> float:
        """How much a box of a frame is this vehicle's plate: from :data:`IOU_MIN` by overlap, less by its middle."""
        true_box = self.boxes.get(frame)
        if true_box is None:
            return 0.0
        overlap = true_box.iou(box)
        if overlap >= IOU_MIN:
            return overlap
        x, y = box.centre_px
        is_inside = true_box.left_px <= x <= true_box.right_px and true_box.top_px <= y <= true_box.bottom_px
        return max(overlap, IOU_MIN / 100) if is_inside else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LookSequence:
    """Frames of one camera in order: when each was taken and how large it is, the looks at it, the vehicles in it."""

    source: str
    name: str
    frames: tuple[tuple[float, int, int], ...]
    """Milliseconds, width and height of each."""
    looks: tuple[Look, ...]
    vehicles: tuple[TrueVehicle, ...]

    def vehicle_at(self, frame: int, box: Box) -> int | None:
        """Number of the vehicle on whose plate a box of a frame lies."""
        shares = [vehicle.shows(frame, box) for vehicle in self.vehicles]
        best = max(range(len(shares)), key=shares.__getitem__, default=None)
        return best if best is not None and shares[best] > 0 else None

    def is_found(self, vehicle: int, *, accepted_only: bool = True) -> bool:
        """Whether one look at least that is taken for a plate lies on a vehicle's plate."""
        looks = (look for look in self.looks if look.is_accepted or not accepted_only)
        return any(self.vehicle_at(look.frame, look.box) == vehicle for look in looks)

    def first_frames(self, count: int) -> "LookSequence":
        """The beginning of it."""
        looks = tuple(look for look in self.looks if look.frame < count)
        return LookSequence(self.source, self.name, self.frames[:count], looks, self.vehicles)


def store(path: Path, sequences: Sequence[LookSequence], origin: dict[str, Any]) -> None:
    """Write sequences and where they come from: numbers to ``path`` with the suffix npz, what is true with json."""
    looks = [(number, look) for number, one in enumerate(sequences) for look in one.looks]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(
        unfinished,
        sequence=np.array([number for number, _ in looks], np.int32),
        frame=np.array([look.frame for _, look in looks], np.int32),
        box=np.array([_sides(look.box) for _, look in looks], np.float64).reshape(-1, 4),
        confidence=np.array([look.detection_confidence for _, look in looks], np.float64),
        slots=np.array([look.slot_probabilities for _, look in looks], np.float32),
        sharpness=np.array([look.sharpness for _, look in looks], np.float64),
        accepted=np.array([look.is_accepted for _, look in looks], np.bool_),
        small_crop=np.array([look.small_crop for _, look in looks], np.uint8),
        cut=np.array([look.is_cut for _, look in looks], np.bool_),
    )
    unfinished.replace(path.with_suffix(".npz"))
    told = {"origin": origin, "sequences": [_json_of(one) for one in sequences]}
    unfinished = path.with_suffix(".part.json")
    unfinished.write_text(json.dumps(told), encoding="utf-8")
    unfinished.replace(path.with_suffix(".json"))


def origin_of(path: Path) -> dict[str, Any] | None:
    """Where stored sequences come from; None: none are stored."""
    truth = path.with_suffix(".json")
    return dict(json.loads(truth.read_text(encoding="utf-8"))["origin"]) if truth.is_file() else None


def load(path: Path) -> list[LookSequence]:
    """Read what :func:`store` wrote."""
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sequences"]
    with np.load(path.with_suffix(".npz")) as file:
        columns = {name: file[name] for name in file.files}
    looks: list[list[Look]] = [[] for _ in told]
    for i, number in enumerate(columns["sequence"]):
        looks[number].append(
            Look(
                int(columns["frame"][i]),
                Box(*map(float, columns["box"][i])),
                float(columns["confidence"][i]),
                columns["slots"][i],
                float(columns["sharpness"][i]),
                bool(columns["accepted"][i]),
                columns["small_crop"][i],
                bool(columns["cut"][i]),
            )
        )
    return [_sequence(one, of_one) for one, of_one in zip(told, looks, strict=True)]


def default_folder() -> Path:
    """Where looks are kept unless it is said: outside the tree, so that several checkouts share them."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "alpr-edge" / "looks"


def _sides(box: Box) -> list[float]:
    return [box.left_px, box.top_px, box.right_px, box.bottom_px]


def _json_of(one: LookSequence) -> dict[str, Any]:
    vehicles = [
        {
            "text": vehicle.text,
            "clear": vehicle.is_clear,
            "boxes": {frame: _sides(box) for frame, box in vehicle.boxes.items()},
        }
        for vehicle in one.vehicles
    ]
    return {"source": one.source, "name": one.name, "frames": one.frames, "vehicles": vehicles}


def _sequence(told: dict[str, Any], looks: Sequence[Look]) -> LookSequence:
    vehicles = tuple(
        TrueVehicle(one["text"], one["clear"], {int(frame): Box(*sides) for frame, sides in one["boxes"].items()})
        for one in told["vehicles"]
    )
    frames = tuple((float(ms), int(width), int(height)) for ms, width, height in told["frames"])
    return LookSequence(told["source"], told["name"], frames, tuple(looks), vehicles)
