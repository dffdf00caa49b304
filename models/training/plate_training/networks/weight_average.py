"""The mean of two models' weights (Wortsman et al., CVPR 2022: robust fine-tuning).

Weights before and after a further stretch of training lie close enough that every point between them is a working
model, and the middle is often better than either end: what the stretch taught is kept, what it forgot comes back.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from plate_training.data.exported_models import origin_of_both, read_model, read_origin, set_origin


def average(one: Path, other: Path, share: float, target: Path) -> None:
    """Write a model with the weights between two of one network.

    Args:
        one: an exported model.
        other: one exported from the same network, trained on from it.
        share: the share of the other's weights, 0 to 1.
        target: the file to write.

    It may have seen what either of them may have seen.

    Raises:
        ModelError: one is no model.
        SystemExit: the two are not of one network.
    """
    first, mixture = read_model(one), read_model(other)
    pairs = list(zip(_weights(first), _weights(mixture), strict=False))
    same = len(_weights(first)) == len(_weights(mixture)) and all(a.dims == b.dims for a, b in pairs)
    if not same or [node.op_type for node in first.graph.node] != [node.op_type for node in mixture.graph.node]:
        raise SystemExit(f"{one} and {other} are not of one network")
    for before, after in pairs:
        old, new = (numpy_helper.to_array(tensor) for tensor in (before, after))
        mean = (1 - share) * old.astype(np.float32) + share * new.astype(np.float32)
        after.CopyFrom(numpy_helper.from_array(mean.astype(new.dtype), after.name))
    set_origin(mixture, origin_of_both(read_origin(one), read_origin(other)))
    onnx.checker.check_model(mixture)
    onnx.save(mixture, str(target))


def _weights(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """Tensors of real numbers; shapes and indices are whole ones."""
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return [tensor for tensor in model.graph.initializer if tensor.data_type in kinds]
