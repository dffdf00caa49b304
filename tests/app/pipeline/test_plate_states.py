"""A read goes on without a state where the reader of states fails, and that is in the log."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from structlog.testing import capture_logs

from alpr_edge.app.pipeline.plate_states import state_function
from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.manifest import load_model
from alpr_edge.vision.state_reader import StateReader
from tests.vision.models import detector_model, name_states, reader_model, state_model, write_models

WHITE = np.full((20, 40, 3), 255, np.uint8)


def reader_of(folder: Path, model: onnx.ModelProto) -> StateReader:
    write_models(folder, detector_model([]), reader_model(""))
    name_states(folder, model)
    return StateReader(load_model(folder, "state-reader", "default"))


def model_that_fails() -> onnx.ModelProto:
    """A reader of states that opens, and whose every inference fails: pixels do not come in sevens."""
    model = state_model(2)
    cast, *others = model.graph.node
    sevens = onnx.helper.make_node("Reshape", ["values", "sevens"], ["rows"])
    mean = onnx.helper.make_node("ReduceMean", ["rows"], ["mean"], axes=[0, 1], keepdims=0)
    others[0].output[0] = "brightness"
    added = onnx.helper.make_node("Add", ["brightness", "mean"], ["bright"])
    del model.graph.node[:]
    model.graph.node.extend([cast, sevens, mean, others[0], added, *others[1:]])
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([7, -1], np.int64), "sevens"))
    return model


def test_a_state_is_read_where_there_is_a_reader(tmp_path: Path) -> None:
    assert state_function(reader_of(tmp_path, state_model(2)))(WHITE) == "CO"
    assert state_function(None)(WHITE) is None


def test_a_failure_is_in_the_log_and_no_state_is_named(tmp_path: Path) -> None:
    reader = reader_of(tmp_path, model_that_fails())
    with pytest.raises(ModelError):
        reader.state_of(WHITE)
    with capture_logs() as lines:
        assert state_function(reader)(WHITE) is None
    assert [(line["event"], line["log_level"]) for line in lines] == [("state_reader.failed", "error")]
