"""Static quantisation of exported models, with pictures of training to set the scales by."""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from rich.progress import track

from alpr_edge.vision.picture_size import resize_crop
from plate_training.contract import PADDING_GREY, Picture
from plate_training.data.exported_models import Origin, origin_of_both, read_model, read_origin, write_origin
from plate_training.data.pictures import Licence
from plate_training.detector.sampler import detector_sampler
from plate_training.detector.samples import WINDOW
from plate_training.int8.graph import FIRST, HEAD, keep_bytes, pixel_moments
from plate_training.networks.weight_storage import store_as_float16, stored_as_float32
from plate_training.reader.sampler import reader_sampler

OPERATIONS = {"detector": ["Conv", "Add", "Resize", "Relu"], "reader": ["Conv", "Add", "Relu"]}
"""What is quantised: convolutions, and what lies between them, so that values stay int8 on their way."""
BODY = {"detector": "/net/", "reader": "/net/features/"}
"""Names of the nodes it is done to."""
FLOAT = (
    FIRST,
    HEAD,
    "/net/features/features.0/features.0.0/Conv",
)
"""What is not quantised so: each network's first layer, and the detector's head.

A first layer has one channel to sum over: int8 instructions are no faster at it, and its input, bright pixels in the
full range of a byte, is what saturates without dot products (the detector's becomes another one,
:mod:`~plate_training.int8.graph`). The logarithm of a distance, which the head gives, does not bear steps of 1/255 of
its range.
"""
MOMENT_PICTURES = 32
"""Pictures by which the weights of the detector's first layer are rounded."""
BYTES_MAX = 2_000_000
"""Greatest size of an int8 file: the repository and every release carry it beside the float32 file."""

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
        """Frames uint8 [1, high, wide, 1] of training windows, as many side by side as fit; of a low frame, parts."""
        draw, rng = detector_sampler(licence=self.licence), np.random.default_rng(self.seed)
        rows = min(high, WINDOW)
        for _ in range(self.samples):
            canvas = np.full((1, high, wide, 1), PADDING_GREY, np.uint8)
            for left in range(0, wide - WINDOW + 1, WINDOW):
                top, window_top = int(rng.integers(high - rows + 1)), int(rng.integers(WINDOW - rows + 1))
                window = draw(rng)[0][window_top : window_top + rows]
                canvas[0, top : top + rows, left : left + WINDOW, 0] = window
            yield canvas

    def of_reader(self, high: int, wide: int) -> Iterator[Picture]:
        """Crops uint8 [1, high, wide, 1]."""
        draw = reader_sampler(licence=self.licence, shows_mistakes=False)
        rng = np.random.default_rng(self.seed)
        for _ in range(self.samples):
            yield resize_crop(draw(rng)[0], wide, high).reshape(1, high, wide, 1)


def quantise(
    role: Role, source: Path, target: Path, pictures: CalibrationPictures, *, reduce_range: bool = False
) -> None:
    """Write the int8 form of a float model.

    Args:
        role: the model's role, detector or reader.
        source: the model file as it was exported.
        target: int8 file.
        pictures: the pictures that set the scales of the activations.
        reduce_range: weights in 7 bits, so that on no processor a sum of two products overflows 16.

    Raises:
        ModelError, SystemExit: the source is no model, or no detector as it is exported now.
    """
    model, origin = stored_as_float32(read_model(source)), read_origin(source)
    if role == "detector" and not {FIRST, HEAD} <= {node.name for node in model.graph.node}:
        raise SystemExit(f"{source}: not a detector of this network, or exported by an earlier version")
    # It asks for a preparation that has nothing to do here: export has folded every batch norm.
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "float32.onnx"
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
    if role == "detector":
        onnx.save(keep_bytes(onnx.load(str(target)), _moments(model.graph, pictures)), str(target))
    store_as_float16(target)
    write_origin(target, origin_of_both(origin, Origin(pictures.licence)))


def _moments(graph: GraphProto, pictures: CalibrationPictures) -> NDArray[np.float64]:
    """Mean products of neighbouring pixels, over :data:`MOMENT_PICTURES` of the pictures."""
    few = islice(pictures.of_detector(*_input_sides(graph)), MOMENT_PICTURES)
    return np.asarray(np.mean([pixel_moments(picture[0, :, :, 0]) for picture in few], axis=0), np.float64)


def _input_sides(graph: GraphProto) -> tuple[int, int]:
    """Height and width of a model's input in pixels."""
    high, wide = (int(side.dim_value) for side in graph.input[0].type.tensor_type.shape.dim[1:3])
    return high, wide


def _is_quantised(role: Role, name: str, operation: str) -> bool:
    return name.startswith(BODY[role]) and operation in OPERATIONS[role] and name not in FLOAT


class _Inputs(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Inputs of one picture each."""

    def __init__(self, role: Role, graph: GraphProto, pictures: CalibrationPictures) -> None:
        samples = (pictures.of_detector if role == "detector" else pictures.of_reader)(*_input_sides(graph))
        progress = track(samples, "calibrate", total=pictures.samples, transient=True)
        self._left = ({graph.input[0].name: picture} for picture in progress)

    def get_next(self) -> dict[str, Any] | None:
        """The next input; None after the last."""
        return next(self._left, None)
