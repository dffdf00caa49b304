"""Accounts for every read: what the unit said it stored, what the department holds, and which vehicles passed."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alpr_edge.department.db.engines.sqlite import DATABASE_NAME
from alpr_edge.domain.plates import canonical
from alpr_edge.simulation.truth import DriveTruth

READABLE_PX = 60.0
"""Width of a plate from which it has to be read; smaller ones are read as well, and by chance."""
FRAMES_MIN = 3
"""Frames in which it has to be that wide: votes of fewer are not settled."""


@dataclass(frozen=True, slots=True)
class DeliveredRead:
    """A read as the department holds it."""

    read_id: str
    camera_id: str
    plate: str
    first_seen: datetime | None
    last_seen: datetime | None
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Some time, by the computer's clock."""

    begin: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.begin <= moment <= self.end

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.begin).total_seconds()


def delivered_reads(department: Path, unit_id: str) -> list[DeliveredRead]:
    """The reads of a unit that the department holds."""
    query = (
        "SELECT read_id, camera_id, plate, first_seen, last_seen, supersedes FROM reads WHERE unit_id = ?"
        " ORDER BY first_seen"
    )
    with closing(sqlite3.connect(department / DATABASE_NAME)) as database:
        rows = database.execute(query, (unit_id,)).fetchall()
    return [DeliveredRead(row[0], row[1], row[2], _moment(row[3]), _moment(row[4]), row[5]) for row in rows]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def lost_reads(acknowledged: Iterable[str], delivered: Iterable[DeliveredRead]) -> set[str]:
    """Ids of the reads that the unit said it stored and that never arrived."""
    return set(acknowledged) - {read.read_id for read in delivered}


def doubled_reads(delivered: Iterable[DeliveredRead]) -> list[str]:
    """Ids of reads of a plate that the same camera read in the same moments once more.

    A read that corrects another one is no second read, nor is the next pass of the same vehicle.
    """
    doubled, newest = list[str](), dict[tuple[str, str], datetime]()
    dated = [read for read in delivered if read.first_seen is not None and not read.supersedes]
    for read in sorted(dated, key=lambda each: str(each.first_seen)):
        key, last = (read.camera_id, read.plate), read.last_seen or read.first_seen
        assert read.first_seen is not None, "those without were left out"
        assert last is not None, "the first is one"
        if key in newest and read.first_seen <= newest[key]:
            doubled.append(read.read_id)
        newest[key] = max(last, newest.get(key, last))
    return doubled


@dataclass(frozen=True, slots=True)
class PassCounts:
    """Vehicles whose plates were wide enough, outside the times of faults."""

    passes: int
    """How many came by, from the lengths of those times."""
    read: int
    """How many of these were read with their own text."""
    foreign: int
    """Reads, at any time, of a text that stands on no vehicle."""


def count_passes(
    truths: Mapping[str, DriveTruth], delivered: Sequence[DeliveredRead], clean: Mapping[str, Sequence[TimeSpan]]
) -> PassCounts:
    """Compare reads with the vehicles of the drives that each camera shows over and over.

    Args:
        truths: by camera, the truth of its drive.
        delivered: all reads of the unit.
        clean: by camera, the times in which nothing that it needs was faulty.
    """
    passes, read, foreign = 0.0, 0, 0
    for camera_id, truth in truths.items():
        readable, all_plates = set(_readable(truth)), {canonical(vehicle.plate) for vehicle in truth.vehicles}
        round_s = truth.frames / truth.fps
        passes += len(readable) * sum(span.seconds for span in clean[camera_id]) / round_s
        of_camera = [each for each in delivered if each.camera_id == camera_id]
        foreign += sum(each.plate not in all_plates for each in of_camera)
        seen = [(each.plate, each.first_seen) for each in of_camera if each.first_seen and each.plate in readable]
        read += len(_rounds([each for each in seen if any(s.holds(each[1]) for s in clean[camera_id])], round_s))
    return PassCounts(round(passes), read, foreign)


def _readable(truth: DriveTruth) -> Iterator[str]:
    for vehicle in truth.vehicles:
        if sum(box.width_px >= READABLE_PX for box in vehicle.boxes.values()) >= FRAMES_MIN:
            yield canonical(vehicle.plate)


def _rounds(seen: Sequence[tuple[str, datetime]], round_s: float) -> list[tuple[str, datetime]]:
    """One read of each vehicle a round: a pass that was read twice counts once."""
    by_plate: dict[str, list[datetime]] = defaultdict(list)
    for plate, moment in sorted(seen):
        moments = by_plate[plate]
        if not moments or (moment - moments[-1]).total_seconds() >= round_s / 2:
            moments.append(moment)
    return [(plate, moment) for plate, moments in by_plate.items() for moment in moments]
