"""``ignore_areas`` in a settings file: what is an area, and what a fault says of one that is not."""

from pathlib import Path
from typing import Any

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import load, parse

CORNER = [[0.0, 0.9], [0.4, 0.9], [0.4, 1], [0, 1]]


def fault_of(areas: Any) -> str:  # noqa: ANN401 - whatever TOML holds
    with pytest.raises(SettingsError) as excinfo:
        parse({"camera": [{"kind": "v4l2", "ignore_areas": areas}]}, Path("/base"))
    (fault,) = excinfo.value.faults
    return fault.removeprefix("camera[0].ignore_areas: ")


def test_areas_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "unit.toml"
    path.write_text(
        f'[[camera]]\nkind = "rtsp"\nurl = "rtsp://192.0.2.1/"\nignore_areas = [{CORNER}]\n', encoding="utf-8"
    )
    (camera,) = load(path).camera
    assert camera.ignore_areas == (((0.0, 0.9), (0.4, 0.9), (0.4, 1.0), (0.0, 1.0)),)


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        (5, "expected a list of areas, each a list of corners such as [[0.0, 0.9]"),
        (CORNER, "area 1: expected corners as [x, y], each from 0 to 1"),
        ([CORNER, [[0.1, 0.1], [0.2, 1.2], [0.3, 0.3]]], "area 2: expected corners as [x, y], each from 0 to 1"),
        ([[[0.1, 0.1], [0.2, True], [0.3, 0.3]]], "area 1: expected corners as [x, y], each from 0 to 1"),
        ([[[0.1, 0.1], [0.2, float("nan")], [0.3, 0.3]]], "area 1: expected corners as [x, y], each from 0 to 1"),
        ([[[0.1, 0.1], [0.2, 0.2]]], "area 1: expected 3 to 32 corners, not 2"),
        ([[[0, 0], [1, 1], [1, 0], [0, 1]]], "area 1: its edges cross or lie on each other"),
        ([CORNER] * 17, "expected at most 16 areas, not 17"),
    ],
)
def test_what_is_no_area_is_one_plain_line(areas: Any, words: str) -> None:  # noqa: ANN401 - as above
    assert fault_of(areas).startswith(words)
