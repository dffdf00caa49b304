"""The file by which the page learns of the car's speed: it comes back as written, has no position, and fails closed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.position.vehicle_state_file import read_vehicle_state, write_vehicle_state
from tests.position.test_fix_history import BOOT, fix_at

FIX = fix_at(1)
STATE = VehicleState(BOOT).follow(replace(FIX, speed_mps=1.5), BOOT.shift(1200), is_day=False)


def test_a_state_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_vehicle_state(tmp_path) is None
    for state in (STATE, VehicleState(BOOT)):
        write_vehicle_state(tmp_path, state)
        assert read_vehicle_state(tmp_path) == state


def test_no_position_stands_in_it(tmp_path: Path) -> None:
    write_vehicle_state(tmp_path, STATE)
    (text,) = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert set(json.loads(text)["figures"]) == {
        "boot_id", "written_ns", "fix_ns", "speed_mps", "slow_since_ns", "is_day"
    }  # fmt: skip
    assert str(FIX.lat_deg) not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("written_ns", None), ("fix_ns", "1"), ("speed_mps", "slow"), ("slow_since_ns", 1.5), ("is_day", 1)],
)
def test_a_file_of_another_kind_says_nothing(tmp_path: Path, name: str, value: object) -> None:
    write_vehicle_state(tmp_path, STATE)
    (path,) = tmp_path.iterdir()
    content = json.loads(path.read_text(encoding="utf-8"))
    content["figures"][name] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    assert read_vehicle_state(tmp_path) is None


def test_a_file_cut_short_says_nothing(tmp_path: Path) -> None:
    write_vehicle_state(tmp_path, STATE)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert read_vehicle_state(tmp_path) is None
