"""Where the car was last is told by a trusted fix at a trusted time alone, and nowhere where nothing is collected."""

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from alpr_edge.app.store_upkeep.steps import LastPlaceFile
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.position.last_place_file import read_last_place, write_last_place
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import Settings, load
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings
from tests.cli.unit.fit_unit import Receiver
from tests.position.test_fix_history import NOON, fix_at, fix_history_of
from tests.units import write_unit

DEPARTMENT = "https://alpr.example.org"
AREA = """
[[capture.no_collection_areas]]
name = "school"
centre = [37.0, -121.0]
radius_m = 300.0
"""


def settings_of(folder: Path, *, url: str = DEPARTMENT, uplink: str = "", more: str = "") -> Settings:
    return load(write_unit(folder / "car", "car-1", url, uplink=uplink, more=more))


def at_second(second: float, source: UtcSource = UtcSource.GNSS) -> Instant:
    instant = Instant("boot", 0, NOON, source).shift(second * 1000)
    return replace(instant, uncertainty_ms=100.0)


def test_a_place_is_written_coarsely_and_again_when_it_is_another_or_half_a_minute_old(tmp_path: Path) -> None:
    settings, fixes = settings_of(tmp_path), fix_history_of()
    clock = ReplayedClock(at_second(0, UtcSource.RTC))
    place, folder = LastPlaceFile(settings, clock, fixes), settings.unit.runtime_directory
    place.step()
    fixes.add(fix_at(1))
    clock.move_to(at_second(1, UtcSource.RTC))
    place.step()
    assert read_last_place(folder) is None, "the time is not trusted"
    told = []
    for second in range(2, 44):
        clock.move_to(at_second(second))
        driven_deg = max(0, second - 40) * 2.1e-4
        fixes.add(replace(fix_at(second), lat_deg=37.0001 + driven_deg, speed_mps=22.0 if driven_deg else 0.0))
        place.step()
        told.append(read_last_place(folder))
    assert list(dict.fromkeys(told)) == [
        LastPlace(37.0, -121.0, at_second(2).utc or NOON),
        LastPlace(37.0, -121.0, at_second(32).utc or NOON),
        LastPlace(37.001, -121.0, at_second(42).utc or NOON),
    ]
    clock.move_to(at_second(400))
    place.step()
    assert read_last_place(folder) == told[-1], "without a fix the last place stays, with its time"


def test_nothing_is_told_in_an_area_in_which_nothing_is_collected(tmp_path: Path) -> None:
    settings, fixes = settings_of(tmp_path, more=AREA), fix_history_of()
    clock = ReplayedClock(at_second(0))
    place = LastPlaceFile(settings, clock, fixes)
    for second, is_told in ((1, False), (60, True)):
        clock.move_to(at_second(second))
        fixes.add(fix_at(second))
        place.step()
        assert (read_last_place(settings.unit.runtime_directory) is not None) == is_told


def test_a_unit_that_may_not_tell_removes_what_it_told_before(tmp_path: Path) -> None:
    clock, fixes = ReplayedClock(at_second(1)), fix_history_of(fix_at(1))
    for number, (url, uplink) in enumerate(((DEPARTMENT, "heartbeat_place = false"), ("", ""))):
        settings = settings_of(tmp_path / str(number), url=url, uplink=uplink)
        write_last_place(settings.unit.runtime_directory, LastPlace(37.0, -121.0, NOON))
        LastPlaceFile(settings, clock, fixes).step()
        assert read_last_place(settings.unit.runtime_directory) is None


def test_a_folder_that_cannot_be_written_is_logged_once_and_ends_nothing(tmp_path: Path) -> None:
    settings, fixes = settings_of(tmp_path), fix_history_of(fix_at(1))
    folder = settings.unit.runtime_directory
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way", encoding="utf-8")
    place = LastPlaceFile(settings, ReplayedClock(at_second(1)), fixes)
    with structlog.testing.capture_logs() as logs:
        place.step()
        place.step()
    assert [each["event"] for each in logs] == ["position.place_not_written"]
    folder.unlink()
    place.step()
    assert read_last_place(folder) is not None


def test_the_daemon_of_the_cameras_tells_the_place_of_its_receiver(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(2)), DEPARTMENT, fps=5, pass_gap_ms=400)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[position]\ndevice = "{tmp_path}/tty"\n')
    with Receiver(tmp_path / "tty"), daemon("run", "--settings", str(settings)) as run:
        wait_for_health(tmp_path, lambda _: read_last_place(tmp_path / "runtime") is not None)
        place = read_last_place(tmp_path / "runtime")
        assert place is not None
        assert (place.lat_deg, place.lon_deg) == (round(place.lat_deg, 3), round(place.lon_deg, 3))
        assert abs(datetime.now(UTC) - place.at) < timedelta(minutes=5)
        health = (tmp_path / "runtime" / "run.json").read_text(encoding="utf-8")
        assert "lat_deg" not in health, "others who read the health learn no place"
        assert run.end(signal.SIGTERM) == 0
