import json
import stat
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.choice import (
    CHOICE_BYTES_MAX,
    CHOICE_FILE,
    ChosenFiles,
    FileTiming,
    ModelChoice,
    PartChoice,
    chosen_files,
    judge,
    model_parts,
    present_conditions,
    read_choice,
    used_models,
    write_choice,
)
from alpr_edge.vision.model_files.manifest import find_model, load_model, model_files
from tests.vision.models import (
    check_model,
    detector_model,
    name_check,
    name_states,
    reader_model,
    state_model,
    write_int8,
    write_models,
    write_near,
)

NAMES = "default", "default"


def timing(ms: float) -> FileTiming:
    return FileTiming(sha256="0" * 64, ms=ms)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Models with an int8 detector, and an int8 reader."""
    folder = write_models(tmp_path / "models", detector_model([]), reader_model("1"))
    write_near(folder, detector_model([]))
    write_int8(folder, "detector", detector_model([[0, 1, 1, 9, 9, 0, 0.9]]))
    write_int8(folder, "reader", reader_model("2"))
    (tmp_path / "data").mkdir(mode=0o700)
    return folder


@pytest.fixture
def data(tmp_path: Path, folder: Path) -> Path:
    """A unit's data folder with a choice: the detector runs int8."""
    write_choice(tmp_path / "data", choice_of(folder))
    return tmp_path / "data"


def choice_of(folder: Path) -> ModelChoice:
    parts = []
    for part, model in model_parts([folder], *NAMES).items():
        times = {"detector": (20.0, 10.0), "near": (5.0, None), "reader": (3.0, 2.9)}[part]
        float32 = FileTiming(sha256=model.sha256, ms=times[0])
        int8 = None
        if times[1] is not None:
            int8 = FileTiming(sha256=find_model([folder], model.role, model.name, "int8").sha256, ms=times[1])
        taken, why = judge(float32, int8, 100, 100)
        parts.append(
            PartChoice(
                part=part, name=model.name, float32=float32, int8=int8, compared=100, same=100, taken=taken, why=why
            )
        )
    return ModelChoice(made="2026-03-02T17:00:00Z", conditions=present_conditions(), parts=parts)


def files(folder: Path, data: Path | None) -> ChosenFiles:
    return chosen_files([folder], NAMES, data)


def edit(data: Path, change: dict[str, Any]) -> None:
    path = data / CHOICE_FILE
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")


@pytest.mark.parametrize(
    ("float32_ms", "int8_ms", "compared", "same", "taken", "why"),
    [
        (20, 10, 100, 100, "int8", "int8 takes 10.0 ms, float32 20.0 ms; it agrees on 100 of 100 plates"),
        (20, 17.9, 100, 97, "int8", "it agrees on 97 of 100 plates"),
        (20, 18.5, 100, 100, "float32", "10% less is needed"),
        (20, 40, 100, 100, "float32", "int8 takes 40.0 ms, float32 20.0 ms"),
        (20, 10, 100, 96, "float32", "int8 agrees on 96 of 100 plates; 97% are needed"),
        (20, 10, 29, 29, "float32", "sure of 29 plates together, 30 are needed"),
        (20, None, 0, 0, "float32", "it has no int8 file"),
    ],
)
def test_int8_is_taken_where_it_is_faster_and_agrees(
    float32_ms: float, int8_ms: float | None, compared: int, same: int, taken: str, why: str
) -> None:
    verdict = judge(timing(float32_ms), None if int8_ms is None else timing(int8_ms), compared, same)
    assert verdict[0] == taken
    assert why in verdict[1]


def test_an_int8_file_is_checked_as_every_file_and_shares_its_entry(folder: Path) -> None:
    model = load_model(folder, "detector", "default", "int8")
    assert model.entry["near"] == "near"
    assert model.content == (folder / "detector-default-int8.onnx").read_bytes()
    assert ("detector", "default", "int8") in model_files(folder)
    assert ("detector", "near", "int8") not in model_files(folder)
    with pytest.raises(ModelError, match=r"\[detector\.near\] has no int8 file"):
        load_model(folder, "detector", "near", "int8")
    (folder / "detector-default-int8.onnx").write_bytes(b"changed")
    with pytest.raises(ModelError, match="SHA-256 is not the manifest's"):
        load_model(folder, "detector", "default", "int8")


def test_a_choice_that_fits_is_run(folder: Path, data: Path) -> None:
    chosen = files(folder, data)
    assert (chosen.objection, chosen.choice) == ("", choice_of(folder))
    assert chosen.precisions == {"detector": "int8", "near": "float32", "reader": "float32"}
    assert chosen.detector.sha256 == load_model(folder, "detector", "default", "int8").sha256
    assert chosen.reader.sha256 == load_model(folder, "reader", "default").sha256
    assert stat.S_IMODE((data / CHOICE_FILE).stat().st_mode) == 0o600


def test_without_a_unit_or_an_int8_file_it_is_float32_and_nothing_is_missing(folder: Path, tmp_path: Path) -> None:
    plain = write_models(tmp_path / "plain", detector_model([]), reader_model("1"))
    for chosen in (files(folder, None), files(plain, tmp_path / "data")):
        assert set(chosen.precisions.values()) == {"float32"}
        assert (chosen.objection, chosen.choice) == ("", None)


def test_what_is_to_be_measured_can_be_asked_for(folder: Path) -> None:
    chosen = chosen_files([folder], NAMES, None, {"reader": "int8"})
    assert chosen.reader.sha256 == load_model(folder, "reader", "default", "int8").sha256
    assert chosen.precisions == {"detector": "float32", "near": "float32", "reader": "int8"}


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"conditions": {"processor": "another", "onnxruntime": "1"}}, "on another processor"),
        ({"version": 2}, "is no choice of model files as it was written"),
        ({"more": 1}, "is no choice of model files as it was written"),
        ({"parts": []}, "is no choice of model files as it was written"),
    ],
)
def test_a_choice_that_does_not_fit_is_not_run_and_says_why(
    folder: Path, data: Path, change: dict[str, Any], objection: str
) -> None:
    edit(data, change)
    chosen = files(folder, data)
    assert set(chosen.precisions.values()) == {"float32"}
    assert objection in chosen.objection


def test_a_choice_of_another_runtime_or_of_other_files_does_not_fit(folder: Path, data: Path) -> None:
    conditions = present_conditions()
    edit(data, {"conditions": {"processor": conditions.processor, "onnxruntime": "1.0"}})
    assert "with ONNX Runtime 1.0" in files(folder, data).objection
    write_choice(data, choice_of(folder))
    write_models(folder, detector_model([[0, 2, 2, 9, 9, 0, 0.9]]), reader_model("1"))
    write_int8(folder, "detector", detector_model([]))
    assert "for others than those of the settings" in files(folder, data).objection


def test_a_choice_edited_by_hand_is_not_run(folder: Path, data: Path) -> None:
    parts = json.loads((data / CHOICE_FILE).read_text(encoding="utf-8"))["parts"]
    edit(data, {"parts": [part | {"taken": "int8"} for part in parts]})
    chosen = files(folder, data)
    assert set(chosen.precisions.values()) == {"float32"}
    assert "as it was written" in chosen.objection


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"x" * (CHOICE_BYTES_MAX + 9)])
def test_whatever_stands_in_the_file_is_one_line(data: Path, content: bytes) -> None:
    (data / CHOICE_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="is no choice") as error:
        read_choice(data)
    assert "\n" not in str(error.value)


def test_a_file_that_is_missing_or_none_is_one_line(folder: Path, data: Path) -> None:
    (data / CHOICE_FILE).unlink()
    assert files(folder, data).objection == "no choice between float32 and int8 was made"
    (data / CHOICE_FILE).symlink_to(data / "elsewhere")
    assert "cannot be read" in files(folder, data).objection
    (data / CHOICE_FILE).unlink()
    (data / CHOICE_FILE).mkdir()
    assert "cannot be read" in files(folder, data).objection
    with pytest.raises(ModelError, match="the choice before still stands"):
        write_choice(data, choice_of(folder))


def test_a_damaged_int8_file_is_not_run(folder: Path, data: Path) -> None:
    (folder / "detector-default-int8.onnx").write_bytes(b"changed")
    chosen = files(folder, data)
    assert "SHA-256 is not the manifest's" in chosen.objection
    assert set(chosen.precisions.values()) == {"float32"}


def test_every_network_of_a_unit_is_told_and_one_that_is_named_in_vain_refused(folder: Path) -> None:
    before = used_models([folder], *NAMES)
    assert set(before) == {"detector", "near", "reader"}
    name_check(folder, check_model(0))
    name_states(folder, state_model(2))
    models = used_models([folder], *NAMES)
    assert set(models) - set(before) == {"plate-check", "state-reader"}
    manifest = folder / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('state_reader = "default"', 'state_reader = "gone"'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"state_reader names \[state-reader\.gone\], which is in no manifest"):
        used_models([folder], *NAMES)
