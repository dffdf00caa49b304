"""A drive through an area in which nothing is collected: nothing is read inside, and everything outside."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.collection.drop_records import DropRecordStage
from alpr_edge.app.collection.no_collection import UNKNOWN_PLACE, CollectionLimits, FrameDrops
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.positioning import METRES_PER_DEGREE, position_at
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.position.log_source import LogSource, first_fix_utc
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, parse
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import nmea_lines
from alpr_edge.simulation.truth import DriveTruth
from alpr_edge.store.access_log.log import open_access_log
from tests.app.replay.test_drive import SECONDS, SEED, drive, final_reads, lines
from tests.staff import Staff
from tests.store.records import instant
from tests.units import write_bare_unit

RADIUS_M = 40.0
MARGIN_M = 80.0
"""What positions of this drive may be off, and the way of the longest pass."""


@pytest.fixture(scope="module")
def truth() -> DriveTruth:
    return Drive(SEED, SECONDS).truth


@pytest.fixture(scope="module")
def folders(truth: DriveTruth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, tuple[float, float]]:
    """The same drive without and with an area, and the centre of that: where the drive's middle read was."""
    before, after = tmp_path_factory.mktemp("without"), tmp_path_factory.mktemp("with")
    drive(truth, before, Settings())
    reads = final_reads(before)
    middle = reads[len(reads) // 2]["position"]
    centre = middle["lat_deg"], middle["lon_deg"]
    area = {"name": "clinic-1", "centre": list(centre), "radius_m": RADIUS_M}
    drive(truth, after, parse({"capture": {"no_collection_areas": [area]}}, after))
    return before, after, centre


def away_m(read: dict[str, dict[str, float]], centre: tuple[float, float]) -> float:
    """Metres from the centre of an area to a read's position."""
    lat_deg, lon_deg = read["position"]["lat_deg"], read["position"]["lon_deg"]
    east_m = (lon_deg - centre[1]) * METRES_PER_DEGREE * math.cos(math.radians(centre[0]))
    return math.hypot((lat_deg - centre[0]) * METRES_PER_DEGREE, east_m)


@pytest.mark.lengthy
def test_nothing_is_read_inside_and_everything_outside(folders: tuple[Path, Path, tuple[float, float]]) -> None:
    before, after, centre = folders
    placed = [read for read in lines(after / "reads.jsonl") if read["position"] is not None]
    assert all(away_m(read, centre) > RADIUS_M for read in placed)
    away = [read for read in final_reads(before) if read["position"] is not None]
    far = {read["plate"] for read in away if away_m(read, centre) > RADIUS_M + MARGIN_M}
    kept = {read["plate"] for read in final_reads(after)}
    assert far <= kept < {read["plate"] for read in final_reads(before)}
    (count,) = json.loads((after / "summary.json").read_text(encoding="utf-8"))["frames_not_collected"].values()
    assert count > 0


def test_over_the_track_of_a_drive_the_frames_inside_are_dropped_and_no_others(
    tmp_path: Path,
) -> None:
    """The log of the drive's receiver, and a frame each tenth of a second without its picture."""
    log = tmp_path / "drive.nmea"
    log.write_text("\n".join(nmea_lines(Drive(SEED, SECONDS))), encoding="ascii")
    begin = Instant("drive", 0, first_fix_utc(log), UtcSource.GNSS, 100.0)
    fixes = list(LogSource(log, begin).fixes())
    middle = fixes[len(fixes) // 2]
    area = {"name": "clinic-1", "centre": [middle.lat_deg, middle.lon_deg], "radius_m": RADIUS_M}
    settings = parse({"capture": {"no_collection_areas": [area]}}, tmp_path).capture
    limits = CollectionLimits(settings, lambda at: position_at(fixes, at, 5000.0))
    moments = {number: begin.shift(100.0 * number) for number in range(int(SECONDS * 10))}
    pixels = np.zeros((4, 4, 3), np.uint8)
    source = (Frame("front", number, at, pixels) for number, at in moments.items())
    kept = {frame.number for frame in source if limits.takes(frame)}
    for number, at in moments.items():
        fix = min(fixes, key=lambda each: abs(each.received_at.boottime_ns - at.boottime_ns))
        here = {"position": {"lat_deg": fix.lat_deg, "lon_deg": fix.lon_deg}}
        away = away_m(here, (middle.lat_deg, middle.lon_deg))
        if position_at(fixes, at, 5000.0) is None:
            assert number in kept, "under the bridge the receiver says nothing, and the setting says collect"
        elif away < RADIUS_M:
            assert number not in kept
        elif away > RADIUS_M + MARGIN_M:
            assert number in kept
    assert 0 < len(kept) < len(moments)
    assert limits.drops.figures() == {"clinic-1, front": len(moments) - len(kept)}


@pytest.mark.parametrize(("choice", "kept"), [("collect", 3), ("drop", 0)])
def test_while_the_position_is_unknown_the_setting_says(choice: str, kept: int, tmp_path: Path) -> None:
    area = {"name": "clinic-1", "centre": [37.0, -120.0], "radius_m": 100.0}
    settings = parse({"capture": {"position_unknown": choice, "no_collection_areas": [area]}}, tmp_path).capture
    limits = CollectionLimits(settings, lambda _: None)
    assert sum(limits.takes(frame) for frame in frames(3)) == kept
    assert limits.drops.figures() == ({f"{UNKNOWN_PLACE}, front": 3} if choice == "drop" else {})
    assert limits.drops.silent_cameras == (["front"] if choice == "drop" else [])


def test_the_position_at_the_capture_of_a_frame_decides(tmp_path: Path) -> None:
    area = {"name": "clinic-1", "centre": [37.0, -120.0], "radius_m": 100.0}
    settings = parse({"capture": {"no_collection_areas": [area]}}, tmp_path).capture
    asked: list[Instant] = []

    def locate(instant: Instant) -> Position:
        asked.append(instant)
        return Position(37.0 if len(asked) == 2 else 38.0, -120.0, 0.0, 1.0, "gnss", 0.0, 0.0)

    limits = CollectionLimits(settings, locate)
    numbers = [frame.number for frame in frames(3) if limits.takes(frame)]
    assert numbers == [0, 2]
    assert limits.drops.silent_cameras == []
    assert asked == [frame.captured_at for frame in frames(3)]


def test_without_areas_every_frame_is_used_and_no_position_asked_for() -> None:
    asked: list[Instant] = []
    limits = CollectionLimits(Settings().capture, asked.append)
    assert all(limits.takes(frame) for frame in frames(3))
    assert (asked, limits.drops.figures(), limits.drops.silent_cameras) == ([], {}, [])


def test_what_was_dropped_is_on_record_by_area_and_camera_and_nothing_else(tmp_path: Path) -> None:
    staff, drops = Staff(write_bare_unit(tmp_path)), FrameDrops()
    for area, camera_id in (("clinic-1", "front"), ("clinic-1", "front"), ("school-2", "rear")):
        drops.add(area, camera_id)
    stage = DropRecordStage(staff.unit, drops, SystemClock())
    stage.finish()
    stage.finish()
    records = [each for each in staff.records() if each.action == "drop_frames"]
    assert [(record.note, record.objects) for record in records] == [
        ("clinic-1: camera front 2 frames", ()),
        ("school-2: camera rear 1 frames", ()),
    ]
    assert drops.figures() == {"clinic-1, front": 2, "school-2, rear": 1}


def test_however_many_areas_there_are_none_is_left_out_of_the_record(tmp_path: Path) -> None:
    staff, drops = Staff(write_bare_unit(tmp_path)), FrameDrops()
    areas, cameras = [f"school-{number:02}-" + "x" * 54 for number in range(40)], [f"{n}" * 64 for n in range(8)]
    for area, camera_id in product(areas, cameras):
        drops.add(area, camera_id)
    DropRecordStage(staff.unit, drops, SystemClock()).finish()
    notes = [each.note for each in staff.records() if each.action == "drop_frames"]
    assert [note for note in notes if not note.endswith(" 1 frames")] == [], "none is cut off"
    told = {
        (area, part.split()[1])
        for area, _, parts in (note.partition(": ") for note in notes)
        for part in parts.split(", ")
    }
    assert told == set(product(areas, cameras))


def test_what_was_written_before_the_log_failed_is_not_written_again(tmp_path: Path) -> None:
    staff, drops, areas = Staff(write_bare_unit(tmp_path)), FrameDrops(), [f"school-{number}" for number in range(3)]
    for area in areas:
        drops.add(area, "front")
    text = "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    with open_access_log(staff.unit, migrate=False) as log:
        size = log.size()
        with log.writing() as rows:
            rows.exec_driver_sql(f"CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.sequence > {size} {text}")
    stage = DropRecordStage(staff.unit, drops, SystemClock())
    stage.record()
    with open_access_log(staff.unit, migrate=False) as log, log.writing() as rows:
        assert log.size() == size + 1
        rows.exec_driver_sql("DROP TRIGGER full")
    stage.finish()
    notes = [each.note for each in staff.records() if each.action == "drop_frames"]
    assert notes == [f"{area}: camera front 1 frames" for area in areas]


def frames(count: int) -> list[Frame]:
    """The first frames of a camera."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    return [Frame("front", number, instant(number), pixels) for number in range(count)]
