"""Static quantisation of exported models, with pictures of training to set the scales by."""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import GraphProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from rich.progress import track

from plate_training.contract import PADDING_GREY, Picture
from plate_training.data import Licence
from plate_training.detector_samples import WINDOW
from plate_training.samplers import detector_sampler, reader_sampler

OPERATIONS = {"detector": ["Conv", "Add", "Resize", "Relu"], "reader": ["Conv", "Add", "Relu"]}
"""What is quantised: convolutions, and what lies between them, so that values stay int8 on their way."""
BODY = {"detector": "/net/", "reader": "/net/features/"}
"""Names of the nodes it is done to."""
FLOAT = "/net/edges/Conv", "/net/centre/Conv"
"""The detector's heads: the logarithm of a distance does not bear steps of 1/255 of its range."""

Role = Literal["detector", "reader"]


@dataclass(frozen=True, slots=True)
class CalibrationPictures:
    """What the scales of the activations are set by.

    Args:
        licence: the set of training pictures to draw from.
        samples: the number of pictures.
        seed: the seed of the random draw.
    """

    licence: Licence
    samples: int
    seed: int

    def of_detector(self, high: int, wide: int) -> Iterator[Picture]:
        """Frames uint8 [1, high, wide, 1] of training windows, as many side by side as fit."""
        draw, rng = detector_sampler(licence=self.licence), np.random.default_rng(self.seed)
        for _ in range(self.samples):
            canvas = np.full((1, high, wide, 1), PADDING_GREY, np.uint8)
            for left in range(0, wide - WINDOW + 1, WINDOW):
                top = int(rng.integers(high - WINDOW + 1))
                canvas[0, top : top + WINDOW, left : left + WINDOW, 0] = draw(rng)[0]
            yield canvas

    def of_reader(self) -> Iterator[Picture]:
        """Crops uint8 [1, 64, 192, 1]."""
        draw, rng = reader_sampler(licence=self.licence), np.random.default_rng(self.seed)
        for _ in range(self.samples):
            yield draw(rng)[0][np.newaxis]


def quantise(role: Role, source: Path, target: Path, pictures: CalibrationPictures, *, reduce_range: bool) -> None:
    """Write the int8 form of a float model.

    Args:
        role: the model's role, detector or reader.
        source: the model file as it was exported.
        target: int8 file.
        pictures: the pictures that set the scales of the activations.
        reduce_range: weights in 7 bits, so that no sum of two products overflows 16.
    """
    # It asks for a preparation that has nothing to do here: export has folded every batch norm.
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "float32.onnx"
        model = stored_as_float32(onnx.load(str(source)))
        onnx.save(model, str(full))
        left_out = [node.name for node in model.graph.node if not _is_quantised(role, node.name, node.op_type)]
        quantize_static(
            str(full),
            str(target),
            _Inputs(role, model.graph, pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=OPERATIONS[role],
            nodes_to_exclude=left_out,
        )


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


def _is_quantised(role: Role, name: str, operation: str) -> bool:
    return name.startswith(BODY[role]) and operation in OPERATIONS[role] and name not in FLOAT


class _Inputs(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Inputs of one picture each."""

    def __init__(self, role: Role, graph: GraphProto, pictures: CalibrationPictures) -> None:
        entry = graph.input[0]
        high, wide = (side.dim_value for side in entry.type.tensor_type.shape.dim[1:3])
        samples = pictures.of_detector(high, wide) if role == "detector" else pictures.of_reader()
        progress = track(samples, "calibrate", total=pictures.samples, transient=True)
        self._left = ({entry.name: picture} for picture in progress)

    def get_next(self) -> dict[str, Any] | None:
        """The next input; None after the last."""
        return next(self._left, None)
