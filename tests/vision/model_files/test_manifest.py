from pathlib import Path

import pytest

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.manifest import ModelFile, find_model, load_model, model_names
from alpr_edge.vision.sessions import Session
from tests.vision.models import detector_model, reader_model, write_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_models(tmp_path, detector_model([]), reader_model("8ABC123"))


def test_a_model_says_which_it_is(folder: Path) -> None:
    model = load_model(folder, "detector", "default")
    assert model.model_id == f"detector:default:{model.sha256[:12]}"
    assert model_names(folder) == [("detector", "default"), ("reader", "default")]


def test_a_changed_file_is_never_run(folder: Path) -> None:
    path = folder / "detector.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="SHA-256 is not the manifest's"):
        load_model(folder, "detector", "default")


def test_a_missing_file_entry_or_manifest_is_one_line_that_names_the_setting(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"no \[detector\.night\]; there: default; check vision\.detector"):
        load_model(folder, "detector", "night")
    (folder / "detector.onnx").unlink()
    with pytest.raises(ModelError, match=r"cannot be read: No such file.*check vision\.models_directory"):
        load_model(folder, "detector", "default")
    (folder / "manifest.toml").write_text("[detector", encoding="utf-8")
    with pytest.raises(ModelError, match="not valid TOML"):
        load_model(folder, "detector", "default")
    (folder / "manifest.toml").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        model_names(folder)


def test_a_model_is_looked_for_in_one_folder_after_another(folder: Path, tmp_path: Path) -> None:
    added_folder = tmp_path / "added"
    assert find_model((folder, added_folder), "reader", "default").name == "default"
    write_models(added_folder, detector_model([]), reader_model("1"))
    manifest = added_folder / "manifest.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("[reader.default]", "[reader.night]"), "utf-8")
    assert find_model((folder, added_folder), "reader", "night").content == (added_folder / "reader.onnx").read_bytes()
    first = find_model((folder, added_folder), "detector", "default")
    assert first.content == (folder / "detector.onnx").read_bytes()
    with pytest.raises(ModelError, match=r"no \[reader\.day\]; there: default, night; check vision\.reader"):
        find_model((folder, added_folder), "reader", "day")
    with pytest.raises(ModelError, match=r"cannot be read.*check vision\.models_directory"):
        find_model((tmp_path / "none", added_folder), "reader", "night")


def test_a_folder_that_is_none_is_one_line(folder: Path) -> None:
    with pytest.raises(ModelError, match="Not a directory"):
        find_model((folder, folder / "detector.onnx"), "reader", "night")


def test_a_text_file_as_model_is_one_line(folder: Path) -> None:
    path = folder / "detector.onnx"
    path.write_text("this is no model", encoding="utf-8")
    spoilt = ModelFile("detector", "default", "0" * 64, path.read_bytes(), {})
    with pytest.raises(ModelError, match="not a usable ONNX model") as error:
        Session(spoilt, 1)
    assert "\n" not in str(error.value)
