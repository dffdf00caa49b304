import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from plate_training.networks.weight_storage import stored_as_float32
from tests.vision.models import detector_model, save

ROOT = Path(__file__).parents[2]
RIGHT = [0, 100, 112, 150, 132, 0, 0.9]
"""The plate of every photo, in the network's input of 640x384."""
FALSE = [0, 300, 200, 340, 220, 0, 0.8]


def compare(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "models" / "training" / "compare"), "detector", *arguments],
        env=os.environ | {"ALPR_EDGE_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_two_detectors_meet_over_the_same_plates(tmp_path: Path, data: Path) -> None:
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
