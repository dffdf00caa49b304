"""Every read accounted for: what was lost, what came twice, and which vehicles were read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.simulation.truth import DriveTruth, VehicleTruth
from scripts.soak.accounts import (
    FRAMES_MIN,
    READABLE_PX,
    DeliveredRead,
    TimeSpan,
    count_passes,
    doubled_reads,
    lost_reads,
)

BEGUN = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def read(read_id: str, at_s: float, plate: str = "1ABC234", camera: str = "front") -> DeliveredRead:
    first = BEGUN + timedelta(seconds=at_s)
    return DeliveredRead(read_id, camera, plate, first, first + timedelta(seconds=3), None)


def vehicle(plate: str, width_px: float, frames: int = FRAMES_MIN) -> VehicleTruth:
    return VehicleTruth(plate, "CA", "parked", "", {n: Box(0, 0, width_px, 30) for n in range(frames)})


def test_what_was_stored_and_never_arrived_is_lost() -> None:
    assert lost_reads(["a", "b", "a"], [read("a", 0), read("c", 9)]) == {"b"}


@pytest.mark.parametrize(
    ("second", "doubled"),
    [
        (read("b", 2.0), ["b"]),
        (read("b", 0.0), ["b"]),
        (read("b", 52.0), []),
        (read("b", 2.0, camera="left"), []),
        (read("b", 2.0, plate="9XYZ876"), []),
        (replace(read("b", 2.0), supersedes="a"), []),
        (replace(read("b", 2.0), first_seen=None, last_seen=None), []),
    ],
    ids=["while it is in view", "at once", "next round", "other camera", "other vehicle", "correction", "no date"],
)
def test_a_plate_that_one_camera_read_twice_in_the_same_moments_is_doubled(
    second: DeliveredRead, doubled: list[str]
) -> None:
    assert doubled_reads([read("a", 0.0), second]) == doubled


def test_a_read_that_never_closed_lasts_a_moment() -> None:
    assert doubled_reads([replace(read("a", 0.0), last_seen=None), read("b", 1.0)]) == []


def test_vehicles_count_where_their_plates_are_wide_and_nothing_was_faulty() -> None:
    truth = DriveTruth(
        5.0, 250, (vehicle("1ABC234", READABLE_PX), vehicle("2ABC234", 20), vehicle("3ABC234", 90, FRAMES_MIN - 1))
    )
    clean = [
        TimeSpan(BEGUN, BEGUN + timedelta(seconds=100)),
        TimeSpan(BEGUN + timedelta(seconds=150), BEGUN + timedelta(seconds=200)),
    ]
    delivered = [
        read("a", 10.0),
        read("b", 13.0),  # the same pass once more
        read("c", 60.0),
        read("d", 120.0),  # while something was faulty
        read("e", 20.0, plate="2ABC234"),  # small
        read("f", 30.0, plate="1ABC23A"),  # misread
        read("g", 10.0, camera="left"),
    ]
    counts = count_passes({"front": truth}, delivered, {"front": clean})
    assert (counts.passes, counts.read, counts.foreign) == (3, 2, 1)
