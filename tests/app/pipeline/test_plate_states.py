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
    """A state reader that fails with every plate that is not black."""
    model = state_model(2)
    cast, mean, *others = model.graph.node
    mean.output[0] = "mean"
    place = [
        onnx.helper.make_node("ReduceMax", ["values"], ["brightest"], keepdims=0),
        onnx.helper.make_node("Cast", ["brightest"], ["place"], to=onnx.TensorProto.INT64),
        onnx.helper.make_node("Gather", ["nothing", "place"], ["zero"]),
        onnx.helper.make_node("Add", ["mean", "zero"], ["bright"]),
    ]
    nodes = [cast, mean, *place, *others]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(1, np.float32), "nothing"))
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
