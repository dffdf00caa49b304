"""``unit check --snapshot``: a picture whose plates cannot be read, with the areas to ignore drawn in."""

import json
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.cli.unit.fit_unit import CARD_PX, write_fit_unit


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_fit_unit(tmp_path)
    area = "ignore_areas = [[[0.0, 0.9], [0.4, 0.9], [0.4, 1.0], [0.0, 1.0]]]\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('path = "frames"\n', f'path = "frames"\n{area}'), encoding="utf-8")
    return path


def snapshot(settings: Path, file: Path, *more: str) -> Result:
    words = ["unit", "check", "--snapshot", str(file), "--settings", str(settings), *more]
    return CliRunner().invoke(app, words)


def test_plates_are_black_and_areas_are_drawn(tmp_path: Path, settings: Path) -> None:
    file = tmp_path / "view.png"
    done = snapshot(settings, file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    picture = cv2.imread(str(file))
    assert picture is not None
    assert picture.shape == (720, 1280, 3)
    # The test card's plate lies within 300 to 500 down and 490 to 770 across; no stroke of it is left.
    black = (picture[300:500, 490:770] == 0).all(axis=2)
    assert black.sum() > CARD_PX * CARD_PX / 2
    assert is_red(picture, (round(0.2 * 1279), round(0.9 * 719)))
    assert not is_red(picture, (round(0.2 * 1279), round(0.85 * 719)))


def test_a_program_gets_one_object(tmp_path: Path, settings: Path) -> None:
    file = tmp_path / "view.png"
    done = snapshot(settings, file, "--json")
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    assert json.loads(done.stdout) == {"file": str(file), "bytes": file.stat().st_size}


def is_red(picture: np.ndarray, place: tuple[int, int]) -> bool:
    """Whether an area's line passes a place of the picture."""
    x, y = place
    around = picture[y - 2 : y + 3, x - 2 : x + 3].astype(int)
    return bool(((around[..., 2] > 200) & (around[..., :2].max(axis=2) < 60)).any())


def test_no_file_is_replaced_and_none_is_written_without_a_camera(tmp_path: Path, settings: Path) -> None:
    file = tmp_path / "view.png"
    file.write_bytes(b"mine")
    assert "already exists" in snapshot(settings, file).stderr
    assert file.read_bytes() == b"mine"
    assert "expected a file name ending in .png" in snapshot(settings, tmp_path / "view.gif").stderr
    refusal = snapshot(settings, tmp_path / "other.png", "--camera", "rear")
    assert (refusal.exit_code, "there are: front" in refusal.stderr) == (2, True)
    assert not (tmp_path / "other.png").exists()
