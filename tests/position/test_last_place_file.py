"""The file by which the uplink learns where the car was: it comes back as written, coarsely, and fails to nothing."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.position.last_place_file import read_last_place, remove_last_place, write_last_place

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLACE = LastPlace.of(37.6391234, -120.9969876, NOON.replace(microsecond=123_456))


def test_a_place_comes_back_coarse_and_for_this_user_alone(tmp_path: Path) -> None:
    assert read_last_place(tmp_path / "runtime") is None
    write_last_place(tmp_path / "runtime", PLACE)
    (path,) = (tmp_path / "runtime").iterdir()
    assert read_last_place(tmp_path / "runtime") == PLACE == LastPlace(37.639, -120.997, NOON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "1234" not in path.read_text(encoding="utf-8")
    for _ in range(2):
        remove_last_place(tmp_path / "runtime")
    assert read_last_place(tmp_path / "runtime") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("lat_deg", value) for value in ("north", 91, None)),
        *(("at", value) for value in (7, "2026-03-02T12:00", "noon")),
        ("lon_deg", float("inf")),
    ],
)
def test_a_file_of_another_kind_says_nothing(tmp_path: Path, name: str, value: object) -> None:
    write_last_place(tmp_path, PLACE)
    (path,) = tmp_path.iterdir()
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {name: value}), encoding="utf-8")
    assert read_last_place(tmp_path) is None
    path.write_text("[]", encoding="utf-8")
    assert read_last_place(tmp_path) is None
