import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner, Result

from alpr_edge.app.factories import open_vision_models
from alpr_edge.cli import app
from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import ALPHABET
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.recognition.voting import vote
from alpr_edge.settings import load
from alpr_edge.vision.model_files.choice import CHOICE_FILE
from alpr_edge.vision.model_files.manifest import MODEL_BYTES_MAX, load_model
from alpr_edge.vision.plate_config import parse_plate_config
from tests.vision.models import (
    SLOTS,
    detector_model,
    reader_model,
    save,
    slow_model,
    write_int8,
    write_models,
)

OFFICIAL_INPUT = 1, 3, 384, 384
ROWS = [[0, 162, 177, 222, 207, 0, 0.9], [0, 10, 20, 30, 40, 0, 0.1]]
"""The first is where the plate of the trial frame is: 1280x720 in 384x384 is 0.3 of its size, 84 px from above."""
BACKWARDS = ALPHABET[35::-1] + "-"
CONFIG = {
    "max_plate_slots": str(SLOTS),
    "alphabet": f"'{BACKWARDS}'",
    "pad_char": "'-'",
    "img_height": "64",
    "img_width": "128",
    "keep_aspect_ratio": "false",
    "interpolation": "linear",
    "image_color_mode": "rgb",
    "plate_regions": "[Here, There]",
}


@dataclass(frozen=True)
class Unit:
    folder: Path
    settings: Path
    detector: Path
    reader: Path
    config: Path

    @property
    def models_folder(self) -> Path:
        return self.folder / "data" / "models"

    def invoke(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["models", *arguments, "--settings", str(self.settings)])

    def add(self, *options: str) -> Result:
        return self.invoke("add", str(self.detector), str(self.reader), "--config", str(self.config), *options)

    def refusal(self, *options: str) -> str:
        """The one line of a refusal, after which everything is as before."""
        before = sorted(self.folder.rglob("*"))
        result = self.add(*options)
        assert result.exit_code == 1, result.output
        assert sorted(self.folder.rglob("*")) == before
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("alpr-edge: ")
        return line


def backwards_reader(text: str) -> onnx.ModelProto:
    """Reads ``text`` by the alphabet that runs backwards."""
    spelt = "".join(ALPHABET[BACKWARDS.index(character)] for character in text.ljust(SLOTS, "-"))
    return reader_model(spelt, shape=("N", 64, 128, 3))


def write_config(path: Path, **other: str) -> Path:
    path.write_text("".join(f"{key}: {value}\n" for key, value in (CONFIG | other).items()), encoding="utf-8")
    return path


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    write_models(tmp_path / "shipped", detector_model([]), reader_model("1"))
    (tmp_path / "data").mkdir(mode=0o700)
    settings = tmp_path / "alpr-edge.toml"
    settings.write_text('unit.data_directory = "data"\nvision.models_directory = "shipped"\n', encoding="utf-8")
    return Unit(
        tmp_path,
        settings,
        save(detector_model(ROWS, OFFICIAL_INPUT, TensorProto.FLOAT), tmp_path / "yolo-v9-t-384.onnx"),
        save(backwards_reader("8ABC123"), tmp_path / "cct_s.v2.onnx"),
        write_config(tmp_path / "plate_config.yaml"),
    )


def test_added_models_are_found_by_their_name_and_read_in_our_alphabet(unit: Unit) -> None:
    result = unit.add("--name", "official")
    assert result.exit_code == 0, result.output
    assert 'detector = "official"' in result.stdout
    text = unit.settings.read_text(encoding="utf-8")
    unit.settings.write_text(f'{text}vision.detector = "official"\nvision.reader = "official"\n', encoding="utf-8")
    settings = load(unit.settings)
    vision_models = open_vision_models(settings.vision, settings.unit.data_directory)
    frame = Frame("front", 0, Instant("boot", 0), np.zeros((720, 1280, 3), np.uint8))
    (reading,) = vision_models.recogniser.recognise(frame)
    assert vote([reading]).plate == "8ABC123"
    assert (reading.box.left_px, reading.box.top_px) == pytest.approx((540, 310), abs=1)
    assert [model.split(":")[1] for model in vision_models.model_ids] == ["official", "official"]


def test_the_entry_says_what_the_model_is_and_the_files_are_the_owners_alone(unit: Unit) -> None:
    addition = json.loads(unit.add("--json").stdout)
    assert addition == {
        "detector": "yolo-v9-t-384",
        "reader": "cct_s.v2",
        "folder": str(unit.models_folder),
        "plate_found": True,
        "text_right": True,
    }
    entry = load_model(unit.models_folder, "reader", "cct_s.v2").entry
    assert entry["licence"] == "unknown: see its source"
    assert (entry["alphabet"], entry["pad_char"], entry["slots"]) == (BACKWARDS, "-", SLOTS)
    assert entry["bytes"] == unit.reader.stat().st_size
    assert (unit.models_folder / entry["plate_config"]).read_bytes() == unit.config.read_bytes()
    assert stat.S_IMODE(unit.models_folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in unit.models_folder.iterdir()} == {0o600}
    assert len(list(unit.models_folder.iterdir())) == 4
    detector = load_model(unit.models_folder, "detector", "yolo-v9-t-384").entry
    assert (detector["input_height"], detector["input_width"], detector["channels"]) == (384, 384, 3)


def test_verify_shows_added_models_too_and_which_of_them_changed(unit: Unit) -> None:
    assert len(unit.invoke("verify").stdout.splitlines()) == 2
    unit.add()
    unit.add("--name", "second")
    lines = unit.invoke("verify").stdout.splitlines()
    assert [line.split(":")[1] for line in lines] == [
        *("default", "default"),
        *("second", "yolo-v9-t-384"),
        *("cct_s.v2", "second"),
    ]
    assert all(line.endswith("as in the manifest") for line in lines)
    (unit.models_folder / "reader-second.onnx").write_bytes(b"changed")
    result = unit.invoke("verify", "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["ok"] for line in result.stdout.splitlines()] == [True] * 5 + [False]


def test_a_reader_with_one_flat_output_beside_others_is_read(unit: Unit) -> None:
    model = backwards_reader("8ABC123")
    graph = model.graph
    graph.node.append(helper.make_node("Reshape", ["plate", "flat"], ["flattened"]))
    graph.initializer.append(numpy_helper.from_array(np.array([-1, SLOTS * 37], np.int64), "flat"))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("column", TensorProto.FLOAT, ("N", 1, 1)))
    graph.output.append(helper.make_tensor_value_info("flattened", TensorProto.FLOAT, ("N", SLOTS * 37)))
    for node in graph.node:
        node.input[:] = ["inner" if name == "plate" else name for name in node.input]
        node.output[:] = [{"plate": "inner", "flattened": "plate"}.get(name, name) for name in node.output]
    graph.output[1].name = "plate"
    save(model, unit.reader)
    assert json.loads(unit.add("--json").stdout)["text_right"]


def test_a_plate_that_is_not_found_or_misread_is_said_and_refuses_nothing(unit: Unit) -> None:
    save(detector_model(ROWS[1:], OFFICIAL_INPUT, TensorProto.FLOAT), unit.detector)
    save(backwards_reader("8ABC124"), unit.reader)
    result = unit.add()
    assert result.exit_code == 0
    assert "not found by the detector, not read right by the reader" in result.stdout


def test_a_name_that_is_taken_or_no_name_is_refused(unit: Unit) -> None:
    assert "[detector.default] already; give another --name" in unit.refusal("--name", "default")
    unit.add()
    assert "[detector.yolo-v9-t-384] already" in unit.refusal()
    assert "is no name for a model" in unit.refusal("--name", "../up")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (detector_model(ROWS, (1, 384, 384, 2)), "not a static image"),
        (reader_model("8ABC123", shape=(1, 384, 640, 1)), "not rows of 7"),
        (detector_model([[0, 1, 1, 9, 9, 0, 7]], OFFICIAL_INPUT, TensorProto.FLOAT), "score from 0 to 1"),
        (detector_model(ROWS, OFFICIAL_INPUT, TensorProto.DOUBLE), "inference failed"),
    ],
)
def test_a_detector_of_another_kind_is_one_line(unit: Unit, model: onnx.ModelProto, reason: str) -> None:
    save(model, unit.detector)
    line = unit.refusal()
    assert reason in line
    assert str(unit.detector) in line


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (detector_model(ROWS), "is not [N, slots, 37]"),
        (reader_model("8ABC123", alphabet=36, shape=("N", 64, 128, 3)), "is not [N, slots, 37]"),
        (reader_model("8ABC123"), "takes (64, 128, 1), its configuration says (64, 128, 3)"),
        (reader_model("8ABC123", shape=("N", 64, "W", 3)), "is not [N, height, width, 1 or 3]"),
        (reader_model("8ABC123", shape=(1, 64, 128, 3)), "inference failed"),
    ],
)
def test_a_reader_of_another_kind_is_one_line(unit: Unit, model: onnx.ModelProto, reason: str) -> None:
    save(model, unit.reader)
    line = unit.refusal()
    assert reason in line
    assert str(unit.reader) in line


def test_scores_that_are_no_probabilities_are_refused(unit: Unit) -> None:
    model = backwards_reader("8ABC123")
    (slots,) = [tensor for tensor in model.graph.initializer if tensor.name == "slots"]
    slots.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(slots) * 2, "slots"))
    save(model, unit.reader)
    assert "not a probability for each character" in unit.refusal()


def test_a_model_with_two_inputs_is_refused(unit: Unit) -> None:
    model = detector_model(ROWS, OFFICIAL_INPUT, TensorProto.FLOAT)
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, (1,)))
    save(model, unit.detector)
    assert "2 inputs and 1 outputs" in unit.refusal()


@pytest.mark.parametrize("which", ["detector", "reader", "config"])
def test_a_file_that_is_missing_or_no_model_is_one_line(unit: Unit, which: str) -> None:
    path: Path = getattr(unit, which)
    path.write_text("[just some: notes", encoding="utf-8")
    assert str(path) in unit.refusal()
    path.unlink()
    assert f"{path}: cannot be read: No such file" in unit.refusal()
    path.mkdir()
    assert f"{path}: cannot be read: Is a directory" in unit.refusal()


def test_a_file_too_large_for_a_model_is_not_read(unit: Unit) -> None:
    with unit.detector.open("wb") as file:
        file.truncate(MODEL_BYTES_MAX + 1)
    assert "larger than" in unit.refusal()


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"alphabet": "'0123456789'"}, "must be 0-9, A-Z and its pad_char"),
        ({"pad_char": "'_'"}, "must be 0-9, A-Z and its pad_char"),
        ({"alphabet": "1234"}, "alphabet: must be a valid string"),
        ({"max_plate_slots": "7"}, "9 slots, its configuration says 7"),
        ({"img_width": "140"}, "its configuration says (64, 140, 3)"),
        ({"keep_aspect_ratio": "true"}, "keep_aspect_ratio: must be false"),
        ({"image_color_mode": "hsv"}, "image_color_mode: must be 'grayscale' or 'rgb'"),
        ({"interpolation": "area"}, "interpolation: must be 'linear' or 'cubic'"),
    ],
)
def test_a_configuration_that_does_not_fit_is_one_line(unit: Unit, other: dict[str, str], reason: str) -> None:
    write_config(unit.config, **other)
    assert reason in unit.refusal()


@given(st.one_of(st.binary(max_size=200), st.text("[]{}-:&*!|>'\"\n ab", max_size=80).map(str.encode)))
def test_whatever_stands_in_a_configuration_is_one_line(content: bytes) -> None:
    with pytest.raises(ModelError) as error:
        parse_plate_config(content, Path("plate_config.yaml"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 60_000,
        b"a: " + b"#" * 70_000,
        b"- 1",
        b"when: 2024-99-99",
        b"when: !!timestamp x",
        b"count: !!int ''",
        b"true: !!bool x",
        b"\xff\xfe",
    ],
)
def test_a_configuration_made_to_hurt_is_one_line(content: bytes) -> None:
    with pytest.raises(ModelError) as error:
        parse_plate_config(content, Path("plate_config.yaml"))
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_used_is_one_line(unit: Unit) -> None:
    unit.models_folder.mkdir(mode=0o755)
    unit.models_folder.chmod(0o755)
    assert "others may enter this folder" in unit.refusal()
    unit.models_folder.rmdir()
    unit.models_folder.parent.rmdir()
    assert "no data folder there; is this the unit" in unit.refusal()


def test_a_place_taken_by_a_folder_leaves_the_manifest_as_it_was(unit: Unit) -> None:
    unit.add()
    before = (unit.models_folder / "manifest.toml").read_bytes()
    (unit.models_folder / "reader-next.onnx").mkdir()
    result = unit.add("--name", "next")
    assert result.exit_code == 1
    assert "nothing was added" in result.stderr
    assert (unit.models_folder / "manifest.toml").read_bytes() == before
    assert not list(unit.models_folder.glob(".part-*"))


@pytest.fixture
def unit_with_int8(unit: Unit) -> Unit:
    """Its detector's int8 file is much faster and finds the same; its reader's reads something else."""
    found = [0, 270, 155, 370, 205, 0, 0.9]
    write_models(unit.folder / "shipped", slow_model(detector_model([found])), reader_model("8ABC123", 0.99))
    write_int8(unit.folder / "shipped", "detector", detector_model([found]))
    write_int8(unit.folder / "shipped", "reader", reader_model("4XYZ123", 0.99))
    return unit


def test_the_files_to_run_are_measured_shown_and_run(unit_with_int8: Unit) -> None:
    unit = unit_with_int8
    missing = unit.invoke("choice")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert missing.stderr == (
        "alpr-edge: float32 is run: no choice between float32 and int8 was made; run: alpr-edge models choose\n"
    )
    result = unit.invoke("choose", "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    choice = json.loads(result.stdout)
    assert {part["part"]: part["taken"] for part in choice["parts"]} == {"detector": "int8", "reader": "float32"}
    path = unit.folder / "data" / CHOICE_FILE
    assert json.loads(path.read_text(encoding="utf-8")) == choice
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = unit.invoke("choice")
    assert shown.exit_code == 0
    assert re.search(r"detector +\S+ ms +\S+ ms +\d+ of \d+ +int8", shown.stdout)
    assert json.loads(unit.invoke("choice", "--json").stdout) == {
        "fits": True,
        "objection": "",
        "files": {"detector": "int8", "reader": "float32"},
        "choice": choice,
    }
    settings = load(unit.settings)
    models = open_vision_models(settings.vision, settings.unit.data_directory)
    assert models.warnings == ()
    int8 = load_model(unit.folder / "shipped", "detector", "default", "int8")
    assert models.model_ids[0] == int8.model_id
    path.write_bytes(b"{}")
    spoilt = unit.invoke("choice", "--json")
    assert spoilt.exit_code == 1
    assert json.loads(spoilt.stdout)["fits"] is False
    assert "is no choice of model files as it was written" in spoilt.stderr
    models = open_vision_models(settings.vision, settings.unit.data_directory)
    assert "models: float32 is used: " in models.warnings[0]
    assert models.precisions == {"detector": "float32", "reader": "float32"}


def test_a_choice_is_told_with_its_reasons(unit_with_int8: Unit) -> None:
    result = unit_with_int8.invoke("choose")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "int8 agrees on 0 of" in text
    assert "ONNX Runtime" in text
    assert "from their next start" in text


def test_what_cannot_be_chosen_is_one_line(unit: Unit) -> None:
    result = unit.invoke("choose")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("none of the models set has an int8 file; there is nothing to choose\n")
    shown = unit.invoke("choice")
    assert (shown.exit_code, shown.stdout) == (0, "float32 is run: no model of the settings has an int8 file\n")
    (unit.folder / "shipped" / "manifest.toml").unlink()
    for command in ("choose", "choice"):
        result = unit.invoke(command)
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
        assert "cannot be read" in result.stderr


def test_verify_shows_int8_files_too(unit_with_int8: Unit) -> None:
    lines = unit_with_int8.invoke("verify").stdout.splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["as in the manifest", "(int8): as in the manifest"] * 2
    (unit_with_int8.folder / "shipped" / "reader-default-int8.onnx").write_bytes(b"changed")
    result = unit_with_int8.invoke("verify", "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["ok"] for line in result.stdout.splitlines()] == [True, True, True, False]
    assert json.loads(result.stdout.splitlines()[-1])["precision"] == "int8"
