"""Replays one real ride through the unit's path, and finds which of its vehicles each read is of.

The pictures, one a second, are played as ``alpr-edge drive --source FOLDER --fps 1`` plays them. Seconds without a
plate are not part of the data: a picture follows the one before it after one second, whatever lay between. So vehicles
follow each other at one place more often than they did, which is the harder case.
"""

import itertools
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.replay.recording import open_recording
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import PlateRead, ReadingPlace, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.looks import IOU_MIN
from scripts.benchmarks.replay import Replay, replay
from scripts.benchmarks.sets import box_of, rows

RIDE = "dayride_type1_001"
"""The ride with texts. The detector was trained on its boxes, the reader on nothing of it."""
FPS = 1.0
CLEAR = "clear"
"""Legibility of a plate that can be read in this very picture."""
SEEN_AGAIN_S = 10
"""A vehicle whose plate nobody sees for longer has been seen a second time."""


@dataclass(frozen=True, slots=True)
class LabelledPlate:
    """A plate in one picture of the ride, labelled by eye."""

    box: Box
    vehicle: str
    """Number of the vehicle: the same whenever it is seen."""
    plate: str
    """Canonical text; empty where it is unreadable."""
    legibility: str

    @property
    def clear(self) -> bool:
        """Whether it can be read in this very picture."""
        return self.legibility == CLEAR


@dataclass(frozen=True, slots=True)
class RideVehicle:
    """A vehicle of the ride."""

    plate: str
    clear: bool
    """Whether its plate is clear in one picture at least. The text of one that is not may be wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Ride:
    """The pictures in order, with their plates."""

    pictures: tuple[Path, ...]
    plates: tuple[tuple[LabelledPlate, ...], ...]
    """Of each picture."""
    seconds: tuple[int, ...]
    """Of each picture its second in the ride as it was driven."""

    def sightings(self, vehicle: str) -> list[int]:
        """First second of each stretch in which the plate of a vehicle is never out of view for long."""
        seconds = [second for second, row in zip(self.seconds, self.plates, strict=True) if _shows(row, vehicle)]
        return seconds[:1] + [now for before, now in pairwise(seconds) if now - before > SEEN_AGAIN_S]

    @property
    def vehicles(self) -> dict[str, RideVehicle]:
        """Every vehicle by its number."""
        plates_by_vehicle = defaultdict(list)
        for plate in itertools.chain(*self.plates):
            plates_by_vehicle[plate.vehicle].append(plate)
        return {
            number: RideVehicle(plates[0].plate, any(p.clear for p in plates))
            for number, plates in plates_by_vehicle.items()
        }


@dataclass(frozen=True, slots=True, eq=False)
class RideRead:
    """A read that stands in the end."""

    read: PlateRead
    looks: tuple[ReadingPlace, ...]
    vehicle: str | None
    """Whose plate its box lies on, or else most of its looks; None: on no labelled plate."""
    vehicles: frozenset[str]
    """All those on whose plates its looks lie."""

    @property
    def is_merged(self) -> bool:
        """Whether its frames show the plates of several vehicles as one."""
        return len(self.vehicles) > 1


def open_ride(data: Path, limit: int | None = None) -> Ride:
    """The ride with texts; of its pictures the first ``limit``.

    Raises:
        CaptureError: its table cannot be read.
    """
    plates_by_image: dict[str, list[LabelledPlate]] = {}
    seconds = {}
    for row in rows(data / "dashcam" / "plates.csv"):
        plate = LabelledPlate(box_of(row), row["vehicle"], canonical(row["text"]), row["legibility"])
        plates_by_image.setdefault(row["image"], []).append(plate)
        seconds[row["image"]] = int(row["second"])
    images = sorted(plates_by_image)[:limit]
    return Ride(
        tuple(data / "dashcam" / image for image in images),
        tuple(tuple(plates_by_image[image]) for image in images),
        tuple(seconds[image] for image in images),
    )


def drive(ride: Ride, vision_models: VisionModels, vision: VisionSettings) -> Replay:
    """Replay the ride."""
    start = Instant("drive", 0, datetime.now(UTC), UtcSource.RTC)
    with tempfile.TemporaryDirectory() as folder:
        for picture in ride.pictures:
            (Path(folder) / picture.name).symlink_to(picture.resolve())
        recording = open_recording(folder, fps=FPS, nmea=None, hotlist=None, scratch=Path(folder))
        return replay(recording.frames(start), vision_models, vision)


def attribute_read(ride: Ride, closed: ReadUpdate) -> RideRead:
    """Find the vehicle that a read is of."""
    on = [(look, _vehicle_at(ride, look)) for look in closed.looks]
    counts = Counter(vehicle for _, vehicle in on if vehicle is not None)
    of_box = [vehicle for look, vehicle in on if look.box == closed.read.box and vehicle is not None]
    vehicle = of_box[0] if of_box else max(counts, key=counts.__getitem__, default=None)
    return RideRead(closed.read, closed.looks, vehicle, frozenset(counts))


def _vehicle_at(ride: Ride, look: ReadingPlace) -> str | None:
    """The vehicle whose plate a look lies on."""
    plates = ride.plates[look.frame_number]
    best = max(plates, key=lambda plate: plate.box.iou(look.box), default=None)
    return best.vehicle if best is not None and best.box.iou(look.box) >= IOU_MIN else None


def _shows(plates: Iterable[LabelledPlate], vehicle: str) -> bool:
    """Whether one of the plates is that vehicle's."""
    return any(plate.vehicle == vehicle for plate in plates)
