import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.cli.plate_text import plate_text
from alpr_edge.domain.reads import Alternative
from tests.units import write_bare_unit
from tests.vision.models import (
    detector_model,
    name_states,
    reader_model,
    slow_model,
    state_model,
    write_int8,
    write_models,
)

ROWS = [[0, 100, 112, 150, 132, 0, 0.9], [0, 300, 200, 340, 220, 0, 0.5]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return write_models(tmp_path / "models", detector_model(ROWS), reader_model("8ABC123"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((720, 1280, 3), np.uint8))
    return folder


def test_one_json_line_an_image(models: Path, photos: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(photos), "--models", str(models), "--json"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(line["image"]).name for line in lines] == ["a.jpg", "b.png"]
    first = lines[0]
    assert set(first) == {"image", "width_px", "height_px", "plates", "elapsed_ms"}
    assert (first["width_px"], first["height_px"]) == (1280, 720)
    assert [plate["box_px"] for plate in first["plates"]] == [[200, 200, 300, 240], [600, 376, 680, 416]]
    assert {plate["plate"] for plate in first["plates"]} == {"8ABC123"}
    assert [plate["detection_confidence"] for plate in first["plates"]] == [0.9, 0.5]
    assert 0 < first["plates"][0]["confidence"] < 1


def test_a_units_choice_of_model_files_is_used(models: Path, photos: Path, tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    (tmp_path / "data").mkdir()
    settings.write_text(settings.read_text(encoding="utf-8") + f'[vision]\nmodels_directory = "{models}"\n')
    write_models(models, slow_model(detector_model(ROWS)), reader_model("8ABC123", 0.99))
    moved = [[*row[:6], row[6] - 0.01] for row in ROWS]
    write_int8(models, "detector", detector_model(moved))

    def confidences(*options: str) -> tuple[list[float], str]:
        words = ["read", str(photos / "a.jpg"), "--models", str(models), "--json", *options]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        plates = json.loads(result.stdout)["plates"]
        return [plate["detection_confidence"] for plate in plates], result.stderr

    assert confidences() == ([0.9, 0.5], "")
    assert confidences("--settings", str(settings)) == ([0.9, 0.5], "")
    done = CliRunner().invoke(app, ["models", "choose", "--settings", str(settings)])
    assert done.exit_code == 0, done.output
    assert confidences("--settings", str(settings)) == ([0.89, 0.49], "")
    assert confidences() == ([0.9, 0.5], "")


def test_unreadable_files_are_a_line_each_and_the_others_are_read(models: Path, photos: Path) -> None:
    (photos / "c.jpg").write_bytes(b"")
    (photos / "d.jpg").write_bytes(b"no picture at all")
    missing = photos / "e.jpg"
    result = CliRunner().invoke(app, ["read", str(photos), str(missing), "--models", str(models), "--json"])
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    errors = result.stderr.splitlines()
    assert len(errors) == 3
    for name, line in zip(("c.jpg", "d.jpg", "e.jpg"), errors, strict=True):
        assert line.startswith("alpr-edge: ")
        assert name in line


def test_a_person_reads_a_sentence(models: Path, photos: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(photos / "a.jpg"), "--models", str(models)])
    assert result.stdout.startswith(f"{photos / 'a.jpg'}: 8ABC123? (")


def test_a_photo_comes_by_standard_input(models: Path, photos: Path) -> None:
    data = (photos / "a.jpg").read_bytes()
    result = CliRunner().invoke(app, ["read", "-", "--models", str(models), "--json"], input=data)
    assert result.exit_code == 0, result.output
    fields = json.loads(result.stdout)
    assert (fields["image"], fields["width_px"], len(fields["plates"])) == ("-", 1280, 2)
    for nothing, says in ((b"", "-: the file is empty"), (b"no picture", "-: not an image")):
        result = CliRunner().invoke(app, ["read", "-", "--models", str(models)], input=nothing)
        assert (result.exit_code, says in result.stderr) == (1, True)


def test_a_folder_without_pictures_is_an_error_that_says_what_to_do(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    result = CliRunner().invoke(app, ["read", str(folder), "--models", str(models)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{folder}: no image in this folder (bmp, jpeg" in result.stderr
    result = CliRunner().invoke(app, ["read", str(folder / "notes.txt"), "--models", str(models)])
    assert (result.exit_code, "not an image (supported: BMP, JPEG" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("alternatives", "is_certain", "expected_text"),
    [
        ([("7ABC128", 0.9)], True, "7ABC12B"),
        ([("7ABC128", 0.3), ("1ABC12B", 0.2)], False, "[7?]ABC12[B?]"),
        ([("7ABC12", 0.3)], False, "7ABC12B?"),
        ([("7ABC128", 0.3), ("7ABC12", 0.3)], False, "7ABC12[B?]?"),
        ([("7ABC128", 0.001)], False, "7ABC12B?"),
        ([], False, "7ABC12B?"),
    ],
)
def test_characters_in_doubt_are_marked_for_people(
    alternatives: list[tuple[str, float]], is_certain: bool, expected_text: str
) -> None:
    others = [Alternative(*each) for each in alternatives]
    assert plate_text("7ABC12B", others, is_certain=is_certain) == expected_text


def test_missing_models_are_one_line_without_a_traceback(tmp_path: Path, photos: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alpr_edge", "read", str(photos), "--models", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "check vision.models_directory" in done.stderr


def test_models_verify_tells_which_file_differs(models: Path) -> None:
    assert CliRunner().invoke(app, ["models", "verify", "--models", str(models)]).exit_code == 0
    (models / "reader.onnx").write_bytes(b"changed")
    result = CliRunner().invoke(app, ["models", "verify", "--models", str(models), "--json"])
    assert result.exit_code == 1
    assert [json.loads(line)["ok"] for line in result.stdout.splitlines()] == [True, False]


def test_the_text_is_as_read_and_its_canonical_form_stands_beside_it(tmp_path: Path, photos: Path) -> None:
    models = write_models(tmp_path / "models", detector_model(ROWS), reader_model("8OBC120"))
    result = CliRunner().invoke(app, ["read", str(photos / "a.jpg"), "--models", str(models), "--json"])
    first = json.loads(result.stdout)["plates"][0]
    assert (first["plate"], first["plate_canonical"]) == ("8OBC120", "80BC120")


def test_the_state_of_a_plate_is_named_where_it_is_known(models: Path, photos: Path) -> None:
    """The photo is black but for a white plate."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[195:245, 195:305] = 255
    cv2.imwrite(str(photos / "a.jpg"), picture)
    words = ["read", str(photos / "a.jpg"), "--models", str(models)]
    assert [plate["state"] for plate in json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["plates"]] == [
        None,
        None,
    ]
    name_states(models, state_model(2))
    plates = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["plates"]
    assert [plate["state"] for plate in plates] == ["CO", None]
    line = CliRunner().invoke(app, words).stdout
    assert line.count("CO ") == 1
    assert "CO 8ABC123" in line


@pytest.mark.parametrize(("left", "state"), [(0, None), (20, "CO")])
def test_of_a_plate_that_the_edge_cuts_no_state_is_named(
    tmp_path: Path, photos: Path, left: int, state: str | None
) -> None:
    rows = [[0, left, 112, left + 50, 132, 0, 0.9]]
    models = write_models(tmp_path / "models", detector_model(rows), reader_model("8ABC123"))
    name_states(models, state_model(2))
    cv2.imwrite(str(photos / "a.jpg"), np.full((720, 1280, 3), 255, np.uint8))
    result = CliRunner().invoke(app, ["read", str(photos / "a.jpg"), "--models", str(models), "--json"])
    assert [(plate["plate"], plate["state"]) for plate in json.loads(result.stdout)["plates"]] == [("8ABC123", state)]


def test_a_box_in_which_nothing_can_be_read_is_listed_without_a_text(tmp_path: Path, photos: Path) -> None:
    models = write_models(tmp_path / "models", detector_model(ROWS), reader_model("8"))
    result = CliRunner().invoke(app, ["read", str(photos / "a.jpg"), "--models", str(models), "--json"])
    plates = json.loads(result.stdout)["plates"]
    assert [(plate["plate"], plate["plate_canonical"], plate["box_px"]) for plate in plates] == [
        ("", "", [200, 200, 300, 240])
    ]
