"""The folder of released models while something is released into it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.plate_check import FEATURES
from plate_training.release.folder import install_models
from plate_training.release.manifest import Manifest, check_entry_of, read_manifest
from tests.vision.models import check_model, detector_model, name_check, reader_model, save, write_models

ROOT = Path(__file__).parents[2]
ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plate_training.release.folder import install_models
from plate_training.release.manifest import read_manifest

models, file = map(Path, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
install_models(models, read_manifest(models / "manifest.toml"), [file])
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = write_models(tmp_path / "models", detector_model([]), reader_model("8ABC123"))
    name_check(folder, check_model(0))
    text = (folder / "manifest.toml").read_text(encoding="utf-8")
    rows = 'licence = "AGPL-3.0-or-later"\ntrained_on = []\n'
    (folder / "manifest.toml").write_text(text.replace("sha256", rows + "sha256"), encoding="utf-8")
    return folder


@pytest.fixture
def new(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return save(check_model(1), tmp_path / "new" / "plate-check.onnx")


def with_new(models: Path, new: Path) -> Manifest:
    manifest = read_manifest(models / "manifest.toml")
    manifest["plate-check"]["default"] = check_entry_of(new, 23)
    return manifest


def test_a_model_and_its_entry_come_together(models: Path, new: Path) -> None:
    install_models(models, with_new(models, new), [new])
    assert load_model(models, "plate-check", "default").content == new.read_bytes()
    assert "plate-check.onnx: AGPL-3.0-or-later" in (models / "LICENSE").read_text(encoding="utf-8")
    assert {oct(path.stat().st_mode & 0o777) for path in models.glob("plate-check.onnx")} == {"0o644"}
    assert not [path for path in models.iterdir() if path.name.startswith(".")]


def test_a_full_disk_leaves_the_folder_as_it_was(models: Path, new: Path) -> None:
    before = {path: path.read_bytes() for path in models.iterdir()}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "models" / "training")])
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(models), str(new)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "nothing was released" in done.stderr
    assert {path: path.read_bytes() for path in models.iterdir()} == before


def test_a_folder_that_cannot_be_written_keeps_its_models(models: Path, new: Path) -> None:
    manifest = with_new(models, new)
    before = load_model(models, "plate-check", "default")
    (models / "LICENSE").mkdir()
    with pytest.raises(ModelError, match="nothing was released"):
        install_models(models, manifest, [new])
    assert load_model(models, "plate-check", "default").content == before.content


def test_a_file_that_no_entry_names_any_more_goes_last(models: Path) -> None:
    manifest = read_manifest(models / "manifest.toml")
    del manifest["plate-check"]
    install_models(models, manifest)
    assert not (models / "plate-check.onnx").exists()
    assert "plate-check" not in read_manifest(models / "manifest.toml")


@pytest.mark.slow  # needs torch
@pytest.mark.filterwarnings("ignore")  # of torch, about how it exports
def test_a_check_and_a_state_reader_come_with_their_entries_or_not_at_all(models: Path, new: Path) -> None:
    from plate_training.plate_check.net import fit_plate_check  # noqa: PLC0415 - needs torch

    net = fit_plate_check(np.random.default_rng(1).random((8, FEATURES)).astype(np.float32), np.arange(8) > 3)
    training = ROOT / "models" / "training"
    release_check = runpy.run_path(str(training / "fit_plate_check"))["_release"]
    release_states = runpy.run_path(str(training / "fit_state"))["_release"]
    before = {path.name: path.read_bytes() for path in models.iterdir()}
    (models / "LICENSE").mkdir()
    with pytest.raises(ModelError, match="nothing was released"):
        release_check(models, "default", net)
    with pytest.raises(ModelError, match="nothing was released"):
        release_states(models, new, {"command": "the command"})
    (models / "LICENSE").rmdir()
    assert {path.name: path.read_bytes() for path in models.iterdir()} == before
    release_check(models, "default", net)
    release_states(models, new, {"command": "the command"})
    assert load_model(models, "plate-check", "default").content != before["plate-check.onnx"]
    assert load_model(models, "state-reader", "default").content == new.read_bytes()
    manifest = read_manifest(models / "manifest.toml")
    keys = manifest["detector"]["default"]["check"], manifest["reader"]["default"]["state_reader"]
    assert keys == ("default", "default")
