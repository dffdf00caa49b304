import os
import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.vision.model_files.manifest import load_model
from plate_training.data.exported_models import Origin, write_origin
from plate_training.release.manifest import read_manifest
from tests.scripts.benchmarks.benchmark_data import write_road
from tests.training.test_compare import FALSE, RIGHT
from tests.vision.models import detector_model, reader_model, save, write_models

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A clean run whose weights, with those it started from, saw 1,640 samples, and which found every plate."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "log.csv").write_text("hours,samples_seen,figure,value\n0.5,640,centre,1\n", encoding="utf-8")
    origin = '{"licence": "clean", "samples_before": 1000, "hours_before": 1.0}'
    (folder / "origin.json").write_text(origin, encoding="utf-8")
    write_origin(save(detector_model([RIGHT]), folder / "detector.onnx"), Origin("clean", 1640, 1.5))
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = write_models(tmp_path / "models", detector_model([FALSE]), reader_model("8ABC123"))
    manifest = folder / "manifest.toml"
    rows = 'licence = "AGPL-3.0-or-later"\ntrained_on = []\n'
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("sha256", rows + "sha256"), encoding="utf-8")
    return folder


def release(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "models" / "training" / "release"), "detector", *arguments],
        env=os.environ | {"ALPR_EDGE_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_released_file_is_measured_and_says_what_it_saw(data: Path, models: Path, run: Path) -> None:
    write_road(data / "road")
    options = ("--only", "road,us,speed")
    done = release(data, "--name", "clean", "--run", str(run), "--models", str(models), *options)
    assert done.returncode == 0, done.stderr
    assert load_model(models, "detector", "clean").content == (run / "detector.onnx").read_bytes()
    manifest = read_manifest(models / "manifest.toml")
    entry = manifest["detector"]["clean"]
    assert (entry["licence"], entry["samples_seen"], entry["hours"]) == ("Apache-2.0", 1640, 1.5)
    assert (entry["input_height"], entry["input_width"]) == (384, 640)
    assert entry["measured"]["photos_recall_iou50"]["value"] == 1
    assert entry["measured"]["road_found_40px"]["of"] == 3
    assert entry["measured"]["detector_frame_to_boxes"]["threads"] == 2
    assert manifest["detector"]["default"]["file"] == "detector.onnx"
    assert "detector-clean.onnx: Apache-2.0" in (models / "LICENSE").read_text(encoding="utf-8")
    assert '"models/detector-clean.onnx" = ' in done.stdout


def test_a_file_that_does_not_say_what_it_saw_is_no_clean_one(data: Path, models: Path, run: Path) -> None:
    save(detector_model([RIGHT]), run / "detector.onnx")
    done = release(data, "--name", "clean", "--run", str(run), "--models", str(models), "--only", "us")
    assert done.returncode == 0, done.stderr
    entry = read_manifest(models / "manifest.toml")["detector"]["clean"]
    assert (entry["licence"], entry["samples_seen"], entry["hours"]) == ("AGPL-3.0-or-later", 1640, 1.5)


def test_a_file_of_unknown_length_is_refused(data: Path, models: Path, run: Path) -> None:
    save(detector_model([RIGHT]), run / "detector.onnx")
    (run / "log.csv").unlink()
    done = release(data, "--run", str(run), "--models", str(models))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "does not say how long it was trained" in done.stderr


def test_nothing_changes_when_measuring_fails(data: Path, models: Path, run: Path) -> None:
    before = {path: path.read_bytes() for path in models.iterdir()}
    (run / "detector.onnx").write_bytes(save(detector_model([RIGHT]), run / "other.onnx").read_bytes()[:-9])
    (data / "dashcam" / "boxes.csv").unlink()
    for options in (["--run", str(run)], ["--run", str(run), "--file", str(run / "other.onnx")]):
        done = release(data, *options, "--models", str(models), "--only", "dashcam")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in models.iterdir()} == before
