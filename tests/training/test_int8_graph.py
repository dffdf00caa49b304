from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from plate_training.int8.graph import (
    BLOCK,
    FIRST,
    HEAD,
    WEIGHT_MAX,
    keep_bytes,
    pixel_moments,
    round_together,
    side_by_side,
)

SIDE = 32


def picture(seed: int) -> NDArray[np.uint8]:
    """Neighbouring pixels much alike, as in real ones."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (SIDE // 4, SIDE // 4)).astype(np.uint8)
    return np.clip(np.kron(coarse, np.ones((4, 4))) + rng.normal(0, 5, (SIDE, SIDE)), 0, 255).astype(np.uint8)


def convolve(pixels: NDArray[Any], kernel: NDArray[Any]) -> NDArray[np.float64]:
    """A kernel [channels, 3, 3] over every second pixel of a picture with a black edge."""
    edged = np.pad(pixels.astype(np.float64), 1)
    windows = np.lib.stride_tricks.sliding_window_view(edged, (3, 3))[:-1:2, :-1:2]
    return np.asarray(np.einsum("hwrc,krc->khw", windows, kernel))


def test_blocks_of_pixels_give_what_single_ones_give() -> None:
    kernel = np.random.default_rng(1).integers(-64, 65, (3, 3, 3)).astype(np.int8)
    pixels = picture(2)
    wide = side_by_side(kernel).astype(np.float64)
    assert wide.shape == (3 * BLOCK // 2, BLOCK, 3, 2)
    blocks = np.pad(pixels.astype(np.float64), ((1, 1), (BLOCK, 0))).reshape(SIDE + 2, SIDE // BLOCK + 1, BLOCK)
    windows = np.lib.stride_tricks.sliding_window_view(blocks, (3, 2), axis=(0, 1))[:-1:2]
    out = np.einsum("hwbrc,kbrc->hwk", windows, wide).reshape(SIDE // 2, SIDE // 2, 3)
    assert np.array_equal(out.transpose(2, 0, 1), convolve(pixels, kernel))


def test_weights_are_rounded_so_that_their_errors_cancel_over_pictures() -> None:
    kernel = np.random.default_rng(3).normal(0, 1, (16, 3, 3)).astype(np.float32)
    moments = np.mean([pixel_moments(picture(seed)) for seed in range(8)], axis=0)
    whole, scales = round_together(kernel, moments)
    assert int(np.abs(whole).max()) == WEIGHT_MAX
    each = np.rint(kernel / scales[:, None, None])
    others = [picture(seed) for seed in range(20, 30)]

    def error(weights: NDArray[Any]) -> float:
        made = weights * scales[:, None, None]
        return float(np.mean([np.square(convolve(one, made) - convolve(one, kernel)).mean() for one in others]))

    assert error(whole) < 0.5 * error(each)


def model() -> onnx.ModelProto:
    """The first layer, a doubling and the head of a detector, with weights that are whole numbers of 1/64."""
    rng = np.random.default_rng(4)
    first = rng.integers(-63, 64, (4, 1, 3, 3)) / 64
    first[:, 0, 0, 0] = 1
    head = rng.normal(0, 0.5, (5, 4, 1, 1))
    nodes = [
        helper.make_node("Reshape", ["frames", "planes"], ["grey"]),
        helper.make_node("Cast", ["grey"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["float", "white"], ["light"]),
        helper.make_node("Conv", ["light", "w1", "b1"], ["c1"], FIRST, strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "/net/relu"),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], "/net/middle"),
        helper.make_node("Relu", ["c2"], ["r2"], "/net/relu2"),
        helper.make_node("Resize", ["r2", "", "twice"], ["wide"], "/net/Resize", mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        helper.make_node("Conv", ["wide", "w3", "b3"], ["out"], HEAD),
    ]  # fmt: skip
    tensors = {
        "planes": np.array([1, 1, SIDE, SIDE], np.int64),
        "white": np.float32(255),
        "w1": first.astype(np.float32),
        "b1": rng.normal(0, 0.2, 4).astype(np.float32),
        "w2": rng.normal(0, 0.5, (4, 4, 1, 1)).astype(np.float32),
        "b2": rng.normal(0, 0.2, 4).astype(np.float32),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "w3": head.astype(np.float32),
        "b3": rng.normal(0, 0.2, 5).astype(np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, [1, SIDE, SIDE, 1])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 5, SIDE, SIDE])],
        [numpy_helper.from_array(np.asarray(values), name) for name, values in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    def __init__(self) -> None:
        self._left = iter(range(4))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        seed = next(self._left, None)
        return None if seed is None else {"frames": picture(seed)[None, :, :, None]}


@pytest.fixture
def int8_model(tmp_path: Path) -> onnx.ModelProto:
    """As ``quantise`` has it before anything is rearranged."""
    onnx.save(model(), str(tmp_path / "float32.onnx"))
    quantize_static(
        str(tmp_path / "float32.onnx"),
        str(tmp_path / "int8.onnx"),
        Pictures(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv", "Resize", "Relu"],
        nodes_to_exclude=[FIRST, HEAD],
    )
    return onnx.load(str(tmp_path / "int8.onnx"))


def run(one: onnx.ModelProto, seed: int) -> NDArray[np.float32]:
    session = ort.InferenceSession(one.SerializeToString(), providers=["CPUExecutionProvider"])
    (out,) = session.run(None, {"frames": picture(seed)[None, :, :, None]})
    return np.asarray(out)


def test_a_rearranged_detector_gives_what_it_gave(int8_model: onnx.ModelProto) -> None:
    before = [run(int8_model, seed) for seed in range(6)]
    moments = np.mean([pixel_moments(picture(seed)) for seed in range(4)], axis=0)
    rearranged = keep_bytes(int8_model, moments)
    kinds = [node.op_type for node in rearranged.graph.node]
    assert "Resize" not in kinds
    assert "Div" not in kinds
    assert "Cast" not in kinds
    assert kinds.count("Conv") == 1, "the one in the middle, which ONNX Runtime computes with bytes"
    for seed, old in enumerate(before):
        new = run(rearranged, seed)
        greatest = float(np.abs(old).max())
        assert float(np.abs(new - old).max()) < 0.06 * greatest, "bytes half way may be rounded the other way"
        assert float(np.mean(new == old)) > 0.9


def test_a_doubling_whose_bytes_change_their_meaning_is_refused(int8_model: onnx.ModelProto) -> None:
    doubled = next(node for node in int8_model.graph.node if node.op_type == "Resize")
    after = next(node for node in int8_model.graph.node if doubled.output[0] in node.input)
    int8_model.graph.initializer.append(numpy_helper.from_array(np.float32(0.5), "other"))
    after.input[1] = "other"
    with pytest.raises(ValueError, match="do not mean the same"):
        keep_bytes(int8_model, np.eye(9))


def test_a_first_layer_that_lets_values_below_0_through_is_refused(int8_model: onnx.ModelProto) -> None:
    first = next(node for node in int8_model.graph.node if "r1" in node.input)
    int8_model.graph.initializer.append(numpy_helper.from_array(np.uint8(7), "seven"))
    first.input[2] = "seven"
    with pytest.raises(ValueError, match="below 0"):
        keep_bytes(int8_model, np.eye(9))
