"""What the training commands say to plain mistakes: one line, exit code 1, and nothing is written."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plate_training.data.exported_models import Origin, write_origin
from tests.vision.models import detector_model, save

TRAINING = Path(__file__).parents[2] / "models" / "training"
NO_LABELS = "us.csv: not there; run models/training/label first, or give --allow-missing-labels"
ROW = [0.0, 10, 20, 50, 40, 0, 0.8]


def complaint_of(command: str, *arguments: object) -> str:
    """The line with which a command ends that is called so."""
    words, sys.argv = sys.argv, [command, *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(TRAINING / command), run_name="__main__")
    finally:
        sys.argv = words
    line = str(end.value)
    assert "\n" not in line
    return line


def complaint_of_copy(training: Path, command: str, *arguments: object) -> str:
    """The same, of a copy of the commands elsewhere."""
    done = subprocess.run(
        [sys.executable, str(training / command), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(TRAINING.parents[1]), "ALPR_EDGE_DATA": str(training)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    return done.stderr.strip()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a detector, and a file that is no model."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "text.onnx").write_text("no model", encoding="utf-8")
    write_origin(save(detector_model([ROW]), folder / "detector.onnx"), Origin("all", 1, 0.1))
    return folder


def test_files_that_are_not_there_or_no_models_are_named_in_one_line(files: Path, tmp_path: Path) -> None:
    text, none, detector, out = (files / "text.onnx", files / "none.onnx", files / "detector.onnx", tmp_path / "o.onnx")
    assert complaint_of("average", none, detector, out) == f"average: {none}: cannot be read: No such file or directory"
    assert complaint_of("average", text, detector, out) == f"average: {text}: no model in ONNX form"
    assert complaint_of("average", detector, detector, tmp_path / "no" / "o.onnx").endswith("no such folder")
    assert complaint_of("quantise", "detector", text, out) == f"quantise: {text}: no model in ONNX form"
    assert complaint_of("calibrate", "--file", text) == f"calibrate: {text}: no model in ONNX form"
    assert not out.exists()


@pytest.mark.slow  # needs torch
def test_training_begins_nothing_with_a_plain_mistake(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert "no checkpoint to go on from" in complaint_of("train", "reader", "--resume", "--out", out)
    assert "cannot be read" in complaint_of("train", "reader", "--start", files / "none.onnx", "--out", out)
    assert "no model in ONNX form" in complaint_of("train", "reader", "--start", files / "text.onnx", "--out", out)
    assert "no such folder of fonts" in complaint_of("train", "reader", "--fonts", files / "none", "--out", out)
    assert not out.exists()
    complaint_of("train", "reader", "--hours", 0, "--out", out)
    assert "--hours: 0 is not above 0" in capsys.readouterr().err
    (files / "log.csv").touch()
    assert "--overwrite" in complaint_of("train", "reader", "--out", files)
    resized = complaint_of("resize", files / "text.onnx", tmp_path / "o.onnx", "--size", "320x192")
    assert resized == f"resize: {files / 'text.onnx'}: no model in ONNX form"


def test_without_the_texts_of_label_nothing_is_calibrated_and_no_int8_reader_is_made(tmp_path: Path) -> None:
    fresh, out = commands_without_labels(tmp_path), tmp_path / "out.onnx"
    assert complaint_of_copy(fresh, "calibrate").endswith(NO_LABELS)
    assert complaint_of_copy(fresh, "quantise", "reader", fresh.parent / "reader.onnx", out).endswith(NO_LABELS)
    assert complaint_of_copy(fresh, "release_int8").endswith(NO_LABELS)
    assert not out.exists()


@pytest.mark.slow  # needs torch
def test_without_the_texts_of_label_no_training_begins(tmp_path: Path) -> None:
    fresh = commands_without_labels(tmp_path)
    assert complaint_of_copy(fresh, "train", "reader", "--out", tmp_path / "out").endswith(NO_LABELS)
    assert not (tmp_path / "out").exists()


def commands_without_labels(folder: Path) -> Path:
    """A copy of the commands beside a released reader, where ``label`` was never run."""
    fresh = folder / "models" / "training"
    shutil.copytree(TRAINING, fresh, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    save(detector_model([ROW]), fresh.parent / "reader.onnx")
    manifest = '[reader.default]\nfile = "reader.onnx"\nsha256 = ""\n'
    (fresh.parent / "manifest.toml").write_text(manifest, encoding="utf-8")
    return fresh
