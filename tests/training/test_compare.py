import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Crop
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, render_plate
from alpr_edge.vision.reader import OnnxReader
from plate_training.evaluation.comparison import open_model
from plate_training.networks.weight_storage import stored_as_float32
from tests.scripts.benchmarks.benchmark_data import OTHER, PLATE, SIDES, sides, write_rows
from tests.vision.models import detector_model, save

ROOT = Path(__file__).parents[2]
RIGHT = [0, 100, 112, 150, 132, 0, 0.9]
"""The plate of every photo, in the network's input of 640x384."""
FALSE = [0, 300, 200, 340, 220, 0, 0.8]
NIGHT = "nightride_type3_001"


def compare(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "models" / "training" / "compare"), "detector", *arguments],
        env=os.environ | {"ALPR_EDGE_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def draw_plate(photo: Path, box: Box) -> None:
    picture, (left, top, right, bottom) = cv2.imread(str(photo)), box.within(1280, 720)
    assert picture is not None
    plate = render_plate("8ABC123", BUILT_IN_DESIGNS[0], np.random.default_rng(1)).pixels
    picture[top:bottom, left:right] = cv2.resize(plate, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(photo), picture)


def test_two_detectors_meet_over_the_same_plates(tmp_path: Path, data: Path) -> None:
    """Both give boxes with a plate in them: one that is labelled, and one that is not."""
    for photo in data.rglob("*.jpg"):
        draw_plate(photo, PLATE)
        draw_plate(photo, OTHER)
    a = save(detector_model([RIGHT]), tmp_path / "a.onnx")
    b = save(detector_model([FALSE]), tmp_path / "b.onnx")
    done = compare(data, str(a), str(b), "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["figure"]: row for row in map(json.loads, done.stdout.splitlines())}
    figures = rows["photos.recall_iou50"]
    assert [figures[key] for key in ("both", "only_a", "only_b", "neither")] == [0, 3, 0, 0]
    assert (figures["difference"], figures["mcnemar_p"]) == (-1, 0.25)
    assert rows["dashcam.nightride_type3_001.recall_iou50"]["only_a"] == 1
    assert rows["negatives.without_a_false_box"]["neither"] == 1
    quiet = compare(data, str(a), str(b), "--json", "--confidence-min", "0.25", "0.85")
    rows = {row["figure"]: row for row in map(json.loads, quiet.stdout.splitlines())}
    assert rows["negatives.without_a_false_box"]["only_b"] == 1


def test_a_detector_as_file_has_what_stands_beside_the_default_one(tmp_path: Path, data: Path) -> None:
    """What it gives on nothing is not taken for a plate, and a plate that fills a third of the frame is found."""
    near = Box(400, 200, 880, 440)
    frame = [f"{NIGHT}.jpg", NIGHT, 1, *sides(near)]
    write_rows(data / "dashcam" / "boxes.csv", [["image", "ride", "second", *SIDES], frame])
    draw_plate(data / "dashcam" / f"{NIGHT}.jpg", near)
    file = save(detector_model([FALSE]), tmp_path / "near.onnx")
    done = compare(data, str(file), "default", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["figure"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows["negatives.without_a_false_box"]["both"] == 1
    assert rows[f"dashcam.{NIGHT}.recall_iou50"]["both"] == 1


def test_the_released_reader_answers_alike_by_name_and_as_a_file(tmp_path: Path) -> None:
    file = shutil.copy(ROOT / "models" / "reader.onnx", tmp_path / "reader.onnx")
    rng = np.random.default_rng(4)
    plates = [render_plate(text, BUILT_IN_DESIGNS[0], rng).pixels for text in ("8ABC123", "4XYZ890", "7QIO108")]
    crops = [Crop(i, Box(0, 0, 60, 30), cv2.resize(plate, (60, 30)).astype(np.uint8)) for i, plate in enumerate(plates)]
    by_name, by_file = (OnnxReader(open_model("reader", name), 1).read(crops) for name in ("default", str(file)))
    assert np.array_equal(by_name, by_file)


def test_what_is_no_model_is_one_line(tmp_path: Path, data: Path) -> None:
    done = compare(data, "default", str(tmp_path / "none.onnx"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"compare: {tmp_path / 'none.onnx'}: cannot be read: No such file or directory"]


def test_weights_stored_as_float16_become_float32_and_mean_the_same() -> None:
    nodes = [
        helper.make_node("Cast", ["w.half"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    inlet, outlet = (helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 4)) for name in "xy")
    weights = numpy_helper.from_array(np.arange(16).reshape(4, 4).astype(np.float16), "w.half")
    model = stored_as_float32(helper.make_model(helper.make_graph(nodes, "test", [inlet], [outlet], [weights])))
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    values = numpy_helper.to_array(model.graph.initializer[0])
    assert values.dtype == np.float32
    assert (values == np.arange(16).reshape(4, 4)).all()
