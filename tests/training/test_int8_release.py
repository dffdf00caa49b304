import runpy
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.addition import candidate
from alpr_edge.vision.model_files.folders import shipped_models
from alpr_edge.vision.model_files.manifest import ModelFile, load_model
from alpr_edge.vision.sessions import Session
from plate_training.contract import Picture
from plate_training.data.exported_models import Origin, read_origin
from plate_training.int8.quantisation import BYTES_MAX, CalibrationPictures, quantise
from plate_training.int8.release import (
    Combination,
    Trial,
    combination_of,
    every_picture,
    losses,
    take_or_refuse,
    try_out,
)
from plate_training.release.folder import install_models
from plate_training.release.licences import licence_text
from plate_training.release.manifest import Manifest, Role, files_of, read_manifest
from plate_training.release.tools import wheel_changes
from scripts.benchmarks.paired_comparison import Paired
from tests.scripts.benchmarks.benchmark_data import write_road
from tests.training.test_compare import FALSE, RIGHT
from tests.vision.models import detector_model, reader_model, save, write_models, write_near

FIRST_OF_READER = "/net/features/features.0/features.0.0/Conv"
MANIFEST: Manifest = {
    "detector": {"default": {"near": "near"}, "near": {}, "wide": {"near": "near"}},
    "reader": {"default": {}, "night": {}},
}


@dataclass(frozen=True, slots=True)
class NoisePictures(CalibrationPictures):
    """Noise in place of the training pictures: it sets scales as well, and needs no data."""

    def of_detector(self, high: int, wide: int) -> Iterator[Picture]:
        yield from self._noise(high, wide)

    def of_reader(self, high: int, wide: int) -> Iterator[Picture]:
        yield from self._noise(high, wide)

    def _noise(self, high: int, wide: int) -> Iterator[Picture]:
        rng = np.random.default_rng(self.seed)
        for _ in range(self.samples):
            yield rng.integers(0, 256, (1, high, wide, 1)).astype(np.uint8)


@pytest.mark.parametrize(("role", "name"), [("detector", "near"), ("reader", "default")])
def test_a_released_model_becomes_a_small_int8_file_of_the_same_contract(tmp_path: Path, role: Role, name: str) -> None:
    source = load_model(shipped_models(), role, name)
    target = tmp_path / "int8.onnx"
    quantise(role, shipped_models() / source.entry["file"], target, NoisePictures("all", 2, 1))
    assert target.stat().st_size < min(BYTES_MAX, len(source.content))
    assert read_origin(target) == Origin("all", source.entry["samples_seen"], source.entry["hours"])
    one, other = Session(source, 1), Session(candidate(target, role, name, {}), 1)
    assert (one.input_shape, one.takes_uint8) == (other.input_shape, other.takes_uint8)
    assert one.output_shape == other.output_shape
    graph = onnx.load(str(target)).graph
    types = {tensor.name: numpy_helper.to_array(tensor).dtype for tensor in graph.initializer}
    assert np.dtype(np.int8) in types.values()
    assert not [name for name, dtype in types.items() if dtype == np.float32 and name.endswith(".half")]
    if role == "reader":
        quantised = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
        (first,) = [node for node in graph.node if node.name == FIRST_OF_READER]
        assert first.input[1] not in quantised
    else:
        assert "Resize" not in [node.op_type for node in graph.node], "what int8_graph rearranges"


@pytest.mark.parametrize(
    ("role", "name", "files"),
    [
        ("detector", "default", Combination("default", "near", "default")),
        ("detector", "near", Combination("default", "near", "default")),
        ("detector", "wide", Combination("wide", "near", "default")),
        ("reader", "night", Combination("default", "near", "night")),
    ],
)
def test_a_file_is_tried_beside_those_it_runs_with(role: Role, name: str, files: Combination) -> None:
    assert combination_of(MANIFEST, role, name) == files


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = write_models(tmp_path / "models", detector_model([RIGHT]), reader_model("8ABC123"))
    write_near(folder, detector_model([]))
    manifest = folder / "manifest.toml"
    rows = 'licence = "AGPL-3.0-or-later"\ntrained_on = []\n'
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("sha256", rows + "sha256"), encoding="utf-8")
    return folder


def trial(folder: Path, model: onnx.ModelProto, role: Role = "detector") -> Trial:
    return Trial(role, "default", save(model, folder / f"{role}-int8.onnx"))


def test_every_set_is_looked_at_by_both_files(data: Path, models: Path, tmp_path: Path) -> None:
    write_road(data / "road")
    openers = every_picture(data, None, 0)
    manifest = read_manifest(models / "manifest.toml")
    same = try_out(models, manifest, [trial(tmp_path, detector_model([RIGHT]))], openers)["detector.default"]
    assert set(same) == {"found", "exact", "no_false_box"}
    assert all(pairs.only_a == pairs.only_b == 0 for pairs in same.values())
    assert same["no_false_box"].total == len(openers)
    other = try_out(models, manifest, [trial(tmp_path, detector_model([FALSE]))], openers)["detector.default"]
    assert (other["found"].only_a, other["found"].only_b) == (same["found"].both, 0)
    reader = try_out(models, manifest, [trial(tmp_path, reader_model("4XYZ123"), "reader")], openers)["reader.default"]
    assert reader["exact_true_boxes"].only_a == reader["exact_true_boxes"].both + reader["exact_true_boxes"].only_a > 0


def test_a_loss_that_the_test_sees_is_a_loss_and_a_gain_is_none() -> None:
    assert losses({"found": Paired(90, 6, 0, 4)}) == ["found 0.9600 to 0.9000 of 100 (p 0.031)"]
    assert losses({"found": Paired(90, 5, 0, 5), "exact": Paired(90, 0, 9, 1)}) == []


def test_a_file_is_taken_with_its_figures_and_a_refused_one_leaves_none(models: Path, tmp_path: Path) -> None:
    manifest = read_manifest(models / "manifest.toml")
    one = trial(tmp_path, detector_model([RIGHT]))
    assert take_or_refuse(manifest, one, {"found": Paired(90, 1, 2, 7)}, "the command") == ""
    assert not (models / "detector-int8.onnx").exists()
    install_models(models, manifest, [one.file])
    released: ModelFile = load_model(models, "detector", "default", "int8")
    assert released.content == one.file.read_bytes()
    table = tomllib.loads((models / "manifest.toml").read_text(encoding="utf-8"))["detector"]["default"]["int8"]
    found = {"float32": 0.91, "int8": 0.92, "of": 100, "only_float32": 1, "only_int8": 2, "mcnemar_p": 1.0}
    assert table["measured"] == {"command": "the command", "found": found}
    assert "detector.onnx and detector-int8.onnx: AGPL-3.0-or-later, saw" in licence_text(manifest)
    assert "detector-int8.onnx" in files_of(manifest)
    refusal = take_or_refuse(manifest, one, {"found": Paired(90, 6, 0, 4)}, "the command")
    assert refusal == (
        "detector.default: int8 loses: found 0.9600 to 0.9000 of 100 (p 0.031); the model has no int8 file"
    )
    assert "int8" not in manifest["detector"]["default"]
    assert (models / "detector-int8.onnx").exists()
    install_models(models, manifest)
    assert not (models / "detector-int8.onnx").exists()


def test_the_command_on_record_makes_the_same_files_again() -> None:
    script = runpy.run_path(str(shipped_models() / "training" / "release_int8"))
    for words in (
        "--scenes 1000 --samples 256",
        "detector.near reader.default --limit 9 --scenes 2 --samples 3 --reduce-range",
    ):
        assert script["_command"](script["_arguments"](words.split())) == f"models/training/release_int8 {words}"


def test_scales_are_set_by_pictures_that_the_model_itself_saw() -> None:
    script = runpy.run_path(str(shipped_models() / "training" / "release_int8"))
    manifest = {"detector": {"default": {"licence": "AGPL-3.0-or-later"}, "clean": {"licence": "Apache-2.0"}}}

    def licence_for(words: str) -> object:
        return script["_licence"](script["_arguments"](words.split()), manifest, words.partition(" ")[0])

    assert licence_for("detector.clean") == licence_for("detector.clean --licence clean") == "clean"
    assert licence_for("detector.default") == "all"
    assert licence_for("detector.default --licence clean") == "clean"
    with pytest.raises(ModelError, match="leave out --licence all"):
        licence_for("detector.clean --licence all")
    with pytest.raises(ModelError, match=r"no \[reader.default\]; there: detector.default, detector.clean"):
        licence_for("reader.default")


def test_the_wheel_carries_every_file_of_the_manifest() -> None:
    manifest = read_manifest(shipped_models() / "manifest.toml")
    assert wheel_changes(manifest) == []
    reader_int8 = manifest["reader"]["default"].pop("int8", None)
    changes = wheel_changes(manifest)
    assert [line.startswith("remove from ") for line in changes] == [True] * (reader_int8 is not None)
    names = {path.name for path in shipped_models().glob("*.onnx")}
    assert names == {*files_of(manifest), *([reader_int8["file"]] if reader_int8 else [])}


def test_a_detector_of_another_network_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    source = save(detector_model([RIGHT]), tmp_path / "other.onnx")
    with pytest.raises(SystemExit, match="not a detector of this network"):
        quantise("detector", source, tmp_path / "int8.onnx", NoisePictures("all", 1, 1))
    assert not (tmp_path / "int8.onnx").exists()
