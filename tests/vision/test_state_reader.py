"""Whether the state of a plate is named where it is sure, and a file that cannot name any is refused."""

from pathlib import Path

import numpy as np
import pytest

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.model_files.manifest import find_state_reader, load_model
from alpr_edge.vision.state_reader import PADDING_GREY, StateReader, fit_plate
from tests.vision.models import detector_model, name_states, reader_model, state_model, write_models

CHANGED = "changed"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A reader whose plates are of Colorado where they are white."""
    write_models(tmp_path, detector_model([]), reader_model("8ABC123"))
    name_states(tmp_path, state_model(2))
    return tmp_path


def plate(grey: int, width_px: int) -> Pixels:
    return np.full((max(1, width_px // 2), width_px, 3), grey, np.uint8)


@pytest.mark.parametrize(("grey", "state"), [(255, "CO"), (190, "CO"), (160, None), (90, None), (0, None)])
def test_a_state_is_named_from_its_probability_on_and_none_of_a_plate_of_no_state(
    models: Path, grey: int, state: str | None
) -> None:
    reader = StateReader(load_model(models, "state-reader", "default"))
    assert [reader.state_of(plate(grey, width_px)) for width_px in (28, 90, 700)] == [state] * 3


@pytest.mark.parametrize("shape", [(14, 27, 3), (1, 1, 3), (0, 40, 3), (40, 0, 3)])
def test_a_plate_smaller_than_those_that_were_learned_is_not_named(models: Path, shape: tuple[int, int, int]) -> None:
    assert StateReader(load_model(models, "state-reader", "default")).state_of(np.full(shape, 255, np.uint8)) is None


def test_the_network_that_a_reader_names_is_opened_and_on_record(models: Path) -> None:
    opened = open_vision_models(VisionSettings(models_directory=models))
    assert opened.states is not None
    assert opened.states.model_id in opened.model_ids
    assert opened.states.model_id.startswith("state-reader:default:")


def test_a_reader_that_names_none_comes_without(tmp_path: Path) -> None:
    write_models(tmp_path, detector_model([]), reader_model(""))
    assert find_state_reader([tmp_path], load_model(tmp_path, "reader", "default")) is None
    assert open_vision_models(VisionSettings(models_directory=tmp_path)).states is None


@pytest.mark.parametrize(
    "facts",
    [
        "probability_min = 0.7",
        'states = "CO"\nprobability_min = 0.7',
        'states = ["CO", "Utah"]\nprobability_min = 0.7',
        'states = ["CO", "ut"]\nprobability_min = 0.7',
        'states = ["CO", 7]\nprobability_min = 0.7',
        'states = ["CO"]\nprobability_min = 0.7',
        'states = ["CO", "UT"]',
        'states = ["CO", "UT"]\nprobability_min = 1.0',
        'states = ["CO", "UT"]\nprobability_min = "most"',
    ],
)
def test_an_entry_that_does_not_fit_its_file_is_refused(models: Path, facts: str) -> None:
    name_states(models, state_model(2), facts)
    with pytest.raises(ModelError, match="state-reader:default"):
        open_vision_models(VisionSettings(models_directory=models))


@pytest.mark.parametrize("shape", [("N", 64, 128, 1), ("N", "high", "wide", 3), ("N", 64, 3), (4, 64, 128, 3)])
def test_a_file_that_takes_no_plates_in_colour_is_refused(models: Path, shape: tuple[int | str, ...]) -> None:
    name_states(models, state_model(2, shape))
    with pytest.raises(ModelError, match="state-reader:default"):
        open_vision_models(VisionSettings(models_directory=models))


@pytest.mark.parametrize("damage", [CHANGED, "missing", "no name"])
def test_a_network_that_cannot_be_used_is_never_left_out(models: Path, damage: str) -> None:
    file, manifest = models / "state-reader.onnx", models / "manifest.toml"
    if damage == CHANGED:
        file.write_bytes(file.read_bytes() + b" ")
    elif damage == "missing":
        file.unlink()
    else:
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace('state_reader = "default"', "state_reader = 1"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"state.reader"):
        open_vision_models(VisionSettings(models_directory=models))


@pytest.mark.parametrize(("height_px", "rows"), [(200, 64), (400, 64), (800, 64), (100, 32), (86, 28), (1, 1)])
@pytest.mark.parametrize("every", [1, 8])
def test_a_plate_keeps_its_colours_and_one_that_is_wider_its_shape(height_px: int, rows: int, every: int) -> None:
    plate = np.zeros((height_px, 400, 3), np.uint8)
    plate[:, :200] = 255, 0, 0
    fitted = fit_plate(np.ascontiguousarray(plate[::every, ::every]), (128, 64))
    assert fitted.shape == (64, 128, 3)
    assert fitted[32, 16].tolist() == [255, 0, 0] or rows == 1
    assert fitted[32, 112].tolist() == [0, 0, 0] or rows == 1
    is_grey = (fitted == PADDING_GREY).all(axis=(1, 2))
    assert abs(int((~is_grey).sum()) - rows) <= every // 2
