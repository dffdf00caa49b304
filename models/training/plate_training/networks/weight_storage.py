"""Weights of an exported model in half the bytes: float16 in the file, float32 in the computation."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALL = 256
"""Tensors of fewer values, such as biases and shapes, stay float32."""


def store_as_float16(path: Path) -> None:
    """Halve a file: large weights become float16 with a cast in front of their use."""
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            continue
        full = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{full}.half"))
        casts.append(helper.make_node("Cast", [f"{full}.half"], [full], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    model.producer_name, model.producer_version = "alpr-edge", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def stored_as_float32(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its float16 weights, and the casts in front of their use, made float32 weights."""
    graph = model.graph
    casts = {node.input[0]: node for node in graph.node if node.op_type == "Cast" and node.input[0].endswith(".half")}
    for tensor in graph.initializer:
        if (cast := casts.get(tensor.name)) is not None:
            values = numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, cast.output[0]))
            graph.node.remove(cast)
    return model
