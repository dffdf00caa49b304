"""The choice between float32 and int8: small models whose answers are known, and the real ones."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.services.models.choice import (
    ROUNDS_MIN,
    WARM_UP,
    Agreement,
    choose_models,
    compare_detectors,
    compare_readers,
    time_in_turns,
)
from alpr_edge.settings import Settings, VisionSettings
from alpr_edge.settings.schema import UnitSettings
from alpr_edge.vision.detector import Network, Picture
from alpr_edge.vision.model_files.choice import SAME_MIN, ModelChoice, chosen_files, read_choice
from alpr_edge.vision.model_files.folders import shipped_models
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.reader import OnnxReader
from tests.vision.models import detector_model, reader_model, slow_model, write_int8, write_models

NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
PLATE, MOVED = [0, 100, 100, 200, 150, 0, 0.9], [0, 130, 100, 230, 150, 0, 0.9]
FAINT = [*PLATE[:6], 0.3]
TEXT = "8ABC123"


def _grey() -> Pixels:
    return np.full((720, 1280, 3), 96, np.uint8)


def unit_of(folder: Path, models: Path) -> Settings:
    (folder / "data").mkdir(mode=0o700, exist_ok=True)
    return Settings(unit=UnitSettings(data_directory=folder / "data"), vision=VisionSettings(models_directory=models))


def networks(folder: Path, one: onnx.ModelProto, other: onnx.ModelProto) -> tuple[Network, Network]:
    write_models(folder, one, reader_model(TEXT))
    write_int8(folder, "detector", other)
    return Network(load_model(folder, "detector", "default"), 1), Network(
        load_model(folder, "detector", "default", "int8"), 1
    )


@pytest.mark.parametrize(
    ("rows", "agreement"),
    [
        ([PLATE], Agreement(2, 2)),
        ([FAINT], Agreement(1, 1)),
        ([MOVED], Agreement(2, 0)),
        ([], Agreement(1, 0)),
        ([PLATE, MOVED], Agreement(3, 2)),
    ],
)
def test_detectors_agree_on_boxes_that_either_is_sure_of(
    tmp_path: Path, rows: list[list[float]], agreement: Agreement
) -> None:
    one, other = networks(tmp_path, detector_model([PLATE]), detector_model(rows))
    tensor, _ = one.prepare(Picture(_grey()))
    assert compare_detectors(one, other, [tensor]) == agreement


@pytest.mark.parametrize(
    ("other", "agreement"),
    [
        (reader_model(TEXT, 0.99), Agreement(2, 2)),
        (reader_model(TEXT, 0.9), Agreement(1, 1)),
        (reader_model("8ABC124", 0.99), Agreement(2, 0)),
        (reader_model("8ABC124", 0.9), Agreement(1, 0)),
    ],
)
def test_readers_agree_on_texts_that_either_is_sure_of(
    tmp_path: Path, other: onnx.ModelProto, agreement: Agreement
) -> None:
    write_models(tmp_path, detector_model([]), reader_model(TEXT, 0.99))
    write_int8(tmp_path, "reader", other)
    one = OnnxReader(load_model(tmp_path, "reader", "default"), 1)
    two = OnnxReader(load_model(tmp_path, "reader", "default", "int8"), 1)
    assert compare_readers(one, two, [one.prepare([_grey()])]) == agreement


def test_both_are_timed_over_the_same_inputs_in_turns() -> None:
    calls: list[tuple[str, int]] = []
    times_ms = time_in_turns(
        [lambda value: calls.append(("a", value)), lambda value: calls.append(("b", value))], [1, 2]
    )
    assert len(times_ms) == 2
    assert calls[:4] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert len(calls) >= 2 * (WARM_UP + ROUNDS_MIN)


def test_the_faster_file_that_agrees_is_written_down_and_run(tmp_path: Path) -> None:
    models = write_models(
        tmp_path / "models", slow_model(detector_model([PLATE])), slow_model(reader_model(TEXT, 0.99))
    )
    write_int8(models, "detector", detector_model([PLATE]))
    write_int8(models, "reader", reader_model("8ABC124", 0.99))
    unit = unit_of(tmp_path, models)
    told: list[str] = []
    choice = choose_models(unit, NOW, lambda name, done, total: told.append(name))
    assert {part.part: part.taken for part in choice.parts} == {"detector": "int8", "reader": "float32"}
    detector, reader = choice.parts
    assert detector.same == detector.compared > 0
    assert reader.same == 0
    assert read_choice(tmp_path / "data") == choice
    assert choice.made == "2026-03-02T17:00:00.000Z"
    assert {"draw a street", "measure detector", "measure reader"} == set(told)
    files = chosen_files([models], ("default", "default"), tmp_path / "data")
    assert files.precisions == {"detector": "int8", "reader": "float32"}


def test_what_cannot_be_measured_is_one_line_and_leaves_the_choice(tmp_path: Path) -> None:
    models = write_models(tmp_path / "models", detector_model([PLATE]), reader_model(TEXT))
    unit = unit_of(tmp_path, models)
    with pytest.raises(ModelError, match="none of the models set has an int8 file; there is nothing to choose"):
        choose_models(unit, NOW)
    int8 = write_int8(models, "detector", detector_model([PLATE]))
    int8.write_bytes(b"changed")
    with pytest.raises(ModelError, match="SHA-256 is not the manifest's"):
        choose_models(unit, NOW)
    other = unit.vision.model_copy(update={"reader": "night"})
    with pytest.raises(ModelError, match=r"no \[reader\.night\]"):
        choose_models(unit.model_copy(update={"vision": other}), NOW)
    assert list((tmp_path / "data").iterdir()) == []
    (tmp_path / "data").rmdir()
    with pytest.raises(ModelError, match="no data folder there"):
        choose_models(unit, NOW)


def test_the_shipped_int8_files_agree_with_float32_on_this_processor(tmp_path: Path) -> None:
    choice: ModelChoice = choose_models(unit_of(tmp_path, shipped_models()), NOW)
    assert [part.part for part in choice.parts] == ["detector", "near", "reader"]
    measured = [part for part in choice.parts if part.int8 is not None]
    assert measured
    assert all(part.same >= SAME_MIN * part.compared for part in measured), measured
