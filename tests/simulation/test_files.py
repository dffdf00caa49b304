import csv
import json
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.positioning import position_at
from alpr_edge.position.log_source import LogSource, first_fix_utc
from alpr_edge.position.sentences import Rejection
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.drive import START_TIME, Drive
from alpr_edge.simulation.hotlist_feed import DIFFERENCES_MIN, OTHERS
from alpr_edge.simulation.scenario import GPS_LOSS_S
from alpr_edge.simulation.source import SimulatedSource, place_at, write_companions, write_drive
from alpr_edge.simulation.truth import DriveTruth

START = Instant("boot", 0)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def test_log_parses_to_a_fix_a_second_with_a_gap(tmp_path: Path) -> None:
    drive = Drive(seed=1)
    companions = write_companions(tmp_path, drive)
    source = LogSource(companions.nmea, START)
    fixes = list(source.fixes())
    begin_s, end_s = GPS_LOSS_S
    seconds = [round(fix.received_at.ms_since(START) / 1000) for fix in fixes]
    assert seconds == [second for second in range(27) if not begin_s <= second < end_s]
    assert source.tally.rejections == {Rejection.VOID: 2 * (27 - len(fixes))}
    assert first_fix_utc(companions.nmea) == companions.start_time == START_TIME
    assert all(fix.utc == START_TIME + timedelta(seconds=second) for fix, second in zip(fixes, seconds, strict=True))


def test_position_of_a_frame_is_where_the_patrol_car_was(tmp_path: Path) -> None:
    drive = Drive(seed=1)
    fixes = list(LogSource(write_companions(tmp_path, drive).nmea, START).fixes())
    for second in (0.0, 3.7, 9.4, 11.5):
        position = position_at(fixes, START.shift(second * 1000), 5000)
        assert position is not None
        lat_deg, lon_deg = place_at(drive.patrol.at(second))
        assert position.lat_deg == pytest.approx(lat_deg, abs=1e-6)
        assert position.lon_deg == pytest.approx(lon_deg, abs=5e-6)
    assert position_at(fixes, START.shift(17_500), 5000) is None


@pytest.mark.parametrize("seed", range(6))
def test_hotlist_has_the_wanted_and_nobody_else_who_passes(tmp_path: Path, seed: int) -> None:
    drive = Drive(seed, seconds=60)
    rows = rows_of(write_companions(tmp_path, drive).hotlist)
    assert len(rows) == OTHERS
    rows_by_plate = {row["Plate Number"]: row for row in rows}
    hotlist_reasons = {vehicle.plate: vehicle.hotlist_reason for vehicle in drive.vehicles if vehicle.hotlist_reason}
    for plate, reason in hotlist_reasons.items():
        assert (rows_by_plate[plate]["Description"], rows_by_plate[plate]["State/Province"]) == (
            reason.description,
            reason.state,
        )
    for vehicle in drive.vehicles:
        others = [plate for plate in rows_by_plate if plate not in hotlist_reasons]
        assert all(distance(plate, vehicle.plate) >= DIFFERENCES_MIN for plate in others)


def distance(one: str, other: str) -> int:
    pairs = zip(canonical(one), canonical(other), strict=False)
    return abs(len(one) - len(other)) + sum(a != b for a, b in pairs)


@pytest.mark.parametrize("seed", range(6))
def test_one_wanted_plate_is_listed_for_another_state(seed: int) -> None:
    wanted_vehicles = [vehicle for vehicle in Drive(seed).vehicles if vehicle.hotlist_reason]
    assert sum(v.hotlist_reason is not None and v.hotlist_reason.state != v.state for v in wanted_vehicles) >= 1
    assert sum(v.hotlist_reason is not None and v.hotlist_reason.state == v.state for v in wanted_vehicles) >= 2


def test_written_drive_can_be_read_back(tmp_path: Path) -> None:
    drive = Drive(seed=2, seconds=0.5)
    progress: list[tuple[int, int]] = []
    companions = write_drive(tmp_path / "drive", drive, lambda done, total: progress.append((done, total)))
    pictures = sorted((tmp_path / "drive" / "frames").iterdir())
    assert progress == [(number, 5) for number in range(1, 6)]
    assert [picture.name for picture in pictures] == [f"{number:06d}.jpg" for number in range(5)]
    for picture, (_, pixels, _) in zip(pictures, drive.frames(), strict=True):
        read = cv2.imread(str(picture))
        assert read is not None
        assert np.abs(read.astype(int) - pixels).mean() < 4
    truth = DriveTruth.load(companions.truth)
    assert [v.plate for v in truth.vehicles] == [v.plate for v in drive.truth.vehicles]
    assert truth.frames == drive.length
    for vehicle, original in zip(truth.vehicles, drive.truth.vehicles, strict=True):
        assert (vehicle.first_frame, vehicle.last_frame) == (original.first_frame, original.last_frame)
        assert all(box.iou(original.boxes[number]) > 0.99 for number, box in vehicle.boxes.items())


def test_companions_are_the_same_each_time(tmp_path: Path) -> None:
    camera = SimulatedCamera(kind="simulated", seed=7, seconds=26)
    one = write_companions(tmp_path / "one", Drive(7))
    other = SimulatedSource(camera, START).write_companions(tmp_path / "other")
    for name in ("nmea", "hotlist", "truth"):
        assert getattr(one, name).read_bytes() == getattr(other, name).read_bytes()


def test_frames_are_never_mixed_with_others(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "holiday.jpg").write_bytes(b"")
    with pytest.raises(CaptureError, match="not empty"):
        write_drive(tmp_path, Drive(1, seconds=0.1))


def test_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for write in (write_drive, write_companions):
        with pytest.raises(CaptureError, match="cannot be written"):
            write(tmp_path / "file", Drive(1, seconds=0.1))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fps": 1, "frames": 2, "vehicles": [{}]}', "\x00"])
def test_file_that_is_no_truth_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaptureError, match="not the truth"):
        DriveTruth.load(path)


def test_missing_truth_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read"):
        DriveTruth.load(tmp_path / "truth.json")


def test_truth_names_kind_and_frames(tmp_path: Path) -> None:
    value = json.loads(write_companions(tmp_path, Drive(1)).truth.read_text(encoding="utf-8"))
    assert value["frames"] == 260
    first = value["vehicles"][0]
    assert set(first) == {"plate", "state", "kind", "wanted", "first_frame", "last_frame", "boxes_px"}
