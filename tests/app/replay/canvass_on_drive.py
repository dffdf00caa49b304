"""Canvasses that are started in the middle of a simulated drive, as the page does, and the truth of what they hold."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from alpr_edge.app.replay.replay import Progress
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.ground.areas import GroundPolygon, parse_ground_area
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.plates import canonical
from alpr_edge.settings import Settings
from alpr_edge.simulation.drive import SECONDS, START_TIME, Drive
from alpr_edge.simulation.scenario import has_fix
from alpr_edge.simulation.source import place_at
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth
from alpr_edge.store.canvass.canvass_reads import hold_earlier_reads
from alpr_edge.store.canvass.canvass_rows import add_canvass
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import held_reads, reads
from alpr_edge.store.keys import load_key

START_FRAME = 32
FROM_M, TO_M = 8.0, 73.0
"""The part of the road that the area covers."""
SEEN_WELL_MIN = 5
"""Frames from which the oracle reads every plate."""
UNIT = "unit-1"
FIX_S_MAX = Settings().position.fix_age_ms_max / 1000


def road_area() -> GroundPolygon:
    """A strip along a part of the road."""
    (lat_deg, west), (_, east) = place_at(FROM_M), place_at(TO_M)
    corners = ((lat_deg - 0.001, west), (lat_deg + 0.001, west), (lat_deg + 0.001, east), (lat_deg - 0.001, east))
    return GroundPolygon(corners)


def canvass_of(number: int, *, everywhere: bool, before: timedelta) -> Canvass:
    """A canvass that starts at :data:`START_FRAME`."""
    utc = START_TIME + timedelta(seconds=START_FRAME / 10)
    return Canvass(
        canvass_id=f"{UNIT}:canvass-{number}",
        incident=f"26-00000{number}",
        offence="homicide",
        area=None if everywhere else parse_ground_area(str(road_area())),
        partials=(),
        before=before,
        lasts=timedelta(hours=1),
        by=HoldPerson("ana", "Ana Ruiz", "2f1c"),
        started=Instant("drive", START_FRAME * NS_PER_S // 10, utc, UtcSource.GNSS, 500.0),
        ends=utc + timedelta(hours=1),
    )


CANVASSES = (
    canvass_of(1, everywhere=False, before=timedelta()),
    canvass_of(2, everywhere=False, before=timedelta(minutes=1)),
    canvass_of(3, everywhere=True, before=timedelta()),
)


@dataclass(frozen=True)
class CanvassOnDrive:
    """Starts the canvasses of a drive into a folder, and tells which plates are held for each afterwards."""

    out: Path

    @property
    def progress(self) -> Progress:
        """What the replay is given."""
        return Progress(lambda done, _: self.start() if done == START_FRAME else None, lambda _: None)

    def start(self) -> None:
        """Start them all."""
        database = self._open()
        for canvass in CANVASSES:
            with database.write() as connection:
                add_canvass(connection, canvass, UNIT)
        database.close()

    def plates(self, canvass: Canvass) -> set[str]:
        """The canonical plates that are held for a canvass once its earlier reads were looked through."""
        database = self._open()
        while hold_earlier_reads(database, UNIT):
            pass
        of_hold = select(held_reads.c.read_id).where(held_reads.c.hold_id == canvass.canvass_id)
        with database.read() as connection:
            found = set(connection.scalars(select(reads.c.plate).where(reads.c.read_id.in_(of_hold))))
        database.close()
        return found

    def _open(self) -> Database:
        data = self.out / "unit"
        return Database.open(data, load_key("outbox", data / "keys"), migrate=False)


@dataclass(frozen=True)
class CanvassTruth:
    """Which vehicles of a drive a canvass has to hold, by the truth of the drive, and which it may not."""

    inside: set[str]
    outside: set[str]

    @classmethod
    def of(cls, canvass: Canvass, truth: DriveTruth, drive: Drive) -> "CanvassTruth":
        """By the whole way on which a plate could be seen: one that crosses an edge is neither."""
        inside, outside = set(), set()
        for vehicle in truth.vehicles:
            if len(vehicle.boxes) < SEEN_WELL_MIN:
                continue
            is_before = vehicle.last_frame < START_FRAME - 1 and not canvass.before
            is_during = vehicle.first_frame >= START_FRAME or bool(canvass.before)
            if is_before or (canvass.area is not None and _is_beside(vehicle, drive)):
                outside.add(canonical(vehicle.plate))
            elif is_during and (canvass.area is None or _is_within(vehicle, drive)):
                inside.add(canonical(vehicle.plate))
        return cls(inside, outside)


def _is_within(vehicle: VehicleTruth, drive: Drive) -> bool:
    first_m, last_m = (drive.patrol.at(frame / 10) for frame in (vehicle.first_frame, vehicle.last_frame))
    return first_m > FROM_M and last_m < TO_M


def _is_beside(vehicle: VehicleTruth, drive: Drive) -> bool:
    """Whether it was seen outside of the area alone, and a fix was always near enough in time to say so."""
    first_m, last_m = (drive.patrol.at(frame / 10) for frame in (vehicle.first_frame, vehicle.last_frame))
    return (last_m < FROM_M or first_m > TO_M) and all(_is_placed(frame / 10) for frame in vehicle.boxes)


def _is_placed(second: float) -> bool:
    return any(has_fix(fix_s) and abs(fix_s - second) <= FIX_S_MAX for fix_s in range(int(SECONDS) + 1))
