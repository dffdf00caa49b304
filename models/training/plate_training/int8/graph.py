"""Rearranges a quantised detector so that its values stay bytes from the picture to the head.

ONNX Runtime spends half of an int8 detector's time beside its convolutions: the first layer, which has one channel,
gives floats that are put in order, made bytes and turned; a picture is doubled pixel by pixel; and five channels of the
head are computed as sixteen. What is computed stays the same but for the first layer's weights, which become whole
numbers. On a processor with dot products a look at 896x512 takes a quarter less time (``models/README.md``).
"""

from itertools import product

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

FIRST, HEAD = "/net/to4/to4.0/to4.0.0/Conv", "/net/head/Conv"
"""Names of the first convolution and of the last, which :mod:`~plate_training.int8.quantisation` leaves as floats."""
BLOCK = 8
"""Pixels side by side that the first layer takes as one with so many channels."""
BYTE = 255
WEIGHT_MAX = 64
"""Greatest weight of the first layer: two products with a pixel fit 16 bits, which is what processors without dot
products add them in."""
TO_ROWS, TO_PLANES = [0, 2, 3, 1], [0, 3, 1, 2]
"""Channels last, and channels first again: ONNX Runtime computes int8 convolutions with them last."""

Kernel = NDArray[np.float32]
Moments = NDArray[np.float64]


def keep_bytes(model: ModelProto, moments: Moments) -> ModelProto:
    """The quantised detector, rearranged.

    Args:
        model: as ``quantize_static`` gives it, its first layer and its head in floats.
        moments: mean products of the pixels under a kernel of 3x3 with each other, [9, 9] (:func:`pixel_moments`).
    """
    rearranged = onnx.shape_inference.infer_shapes(model)
    graph = _Graph(rearranged)
    graph.take_bytes_first(moments)
    graph.double_by_copies()
    graph.multiply_in_head()
    del rearranged.graph.value_info[:]  # shapes of what is no longer there
    onnx.checker.check_model(rearranged)
    return rearranged


def pixel_moments(picture: NDArray[np.uint8]) -> Moments:
    """Mean products with each other of the nine pixels that lie under a kernel, [9, 9], of one picture [H, W]."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3))[::2, ::2].reshape(-1, 9).astype(np.float64)
    return np.asarray(windows.T @ windows / len(windows) / BYTE**2, np.float64)


def round_together(kernel: Kernel, moments: Moments) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel in whole numbers, and the scale of each of its channels.

    Each weight is rounded up or down so that, over pictures, what comes out differs least: neighbouring pixels are much
    alike, so the errors of nine weights must cancel, which they do not where each is rounded by itself.

    Args:
        kernel: float32 [channels, 3, 3].
        moments: of the pixels under it.
    """
    rows = kernel.reshape(len(kernel), 9).astype(np.float64)
    scales = np.abs(rows).max(axis=1) / WEIGHT_MAX
    ups = np.array(list(product((0, 1), repeat=9)))
    whole = np.empty(rows.shape, np.int8)
    for channel, (weights, scale) in enumerate(zip(rows, scales, strict=True)):
        choices = np.clip(np.floor(weights / scale) + ups, -WEIGHT_MAX, WEIGHT_MAX)
        errors = choices * scale - weights
        whole[channel] = choices[np.einsum("ci,ij,cj->c", errors, moments, errors).argmin()]
    return whole.reshape(kernel.shape), scales.astype(np.float32)


def side_by_side(kernel: NDArray[np.int8]) -> NDArray[np.int8]:
    """A kernel of stride 2 over pixels, as one over blocks of :data:`BLOCK` pixels that gives half as many at once.

    Args:
        kernel: int8 [channels, 3, 3].

    Returns:
        int8 [channels * BLOCK / 2, BLOCK, 3, 2]: of two blocks the left one is that before.
    """
    wide = np.zeros((BLOCK // 2, len(kernel), BLOCK, 3, 2), np.int8)
    for pixel, column in product(range(BLOCK // 2), range(3)):
        place = 2 * pixel - 1 + column
        wide[pixel, :, place % BLOCK, :, int(place >= 0)] = kernel[:, :, column]
    return wide.reshape(-1, BLOCK, 3, 2)


class _Graph:
    """A graph whose nodes are exchanged for others that give the same.

    Args:
        inferred: the model, with the shapes of all its values.
    """

    def __init__(self, inferred: ModelProto) -> None:
        self._graph: GraphProto = inferred.graph
        self._shapes = {
            value.name: [side.dim_value for side in value.type.tensor_type.shape.dim]
            for value in (*inferred.graph.value_info, *inferred.graph.input)
        }

    def take_bytes_first(self, moments: Moments) -> None:
        """Have the first layer take pixels as they are, :data:`BLOCK` of them as one, and give bytes."""
        convolution = self._named(FIRST)
        quantised = self._user(self._user(convolution.output[0]).output[0])
        if self._meaning(quantised)[1]:
            raise ValueError(f"{FIRST}: its least byte is not 0, so that values below 0 would be let through")
        kernel, bias = (self._values(name).astype(np.float32) for name in convolution.input[1:])
        whole, scales = round_together(kernel[:, 0], moments)
        times = BLOCK // 2
        frames = self._graph.input[0].name
        _, high, wide, _ = self._shapes[frames]
        constants: dict[str, NDArray[np.generic] | np.generic] = {
            "pixel": np.float32(1 / BYTE),
            "black": np.uint8(0),
            "kernel": side_by_side(whole),
            "scales": np.tile(scales, times),
            "zeros": np.zeros(times * len(whole), np.int8),
            "bias": np.rint(np.tile(bias / scales * BYTE, times)).astype(np.int32),
        }
        names = {name: self._constant(f"first/{name}", value) for name, value in constants.items()}
        blocks = self._constant("first/blocks", np.array([1, high, wide // BLOCK, BLOCK], np.int64))
        pixels = self._constant("first/pixels", np.array([1, high // 2, wide // 2, len(whole)], np.int64))
        inputs = ["first/planes", *map(names.get, ("pixel", "black", "kernel", "scales", "zeros"))]
        nodes = [
            helper.make_node("Reshape", [frames, blocks], ["first/rows"]),
            helper.make_node("Transpose", ["first/rows"], ["first/planes"], perm=TO_PLANES),
            helper.make_node(
                "QLinearConv",
                [*inputs, *quantised.input[1:], names["bias"]],
                ["first/out"],
                kernel_shape=[3, 2],
                strides=[2, 1],
                pads=[1, 1, 1, 0],
            ),
            helper.make_node("Transpose", ["first/out"], ["first/out_rows"], perm=TO_ROWS),
            helper.make_node("Reshape", ["first/out_rows", pixels], ["first/out_pixels"]),
            helper.make_node("Transpose", ["first/out_pixels"], [quantised.output[0]], perm=TO_PLANES),
        ]
        self._exchange(quantised, nodes)

    def double_by_copies(self) -> None:
        """Have each doubling of sides copy bytes: every pixel beside itself, then every row below itself."""
        for node in [node for node in self._graph.node if node.op_type == "Resize"]:
            source, quantised = self._maker(node.input[0]), self._user(node.output[0])
            if self._meaning(source) != self._meaning(quantised):
                raise ValueError(f"{node.name}: its bytes before and after do not mean the same")
            _, channels, high, wide = self._shapes[node.input[0]]
            name = node.name
            rows = self._constant(f"{name}/rows", np.array([1, high, 1, 2 * wide * channels], np.int64))
            doubled = self._constant(f"{name}/doubled", np.array([1, 2 * high, 2 * wide, channels], np.int64))
            nodes = [
                helper.make_node("Transpose", [source.input[0]], [f"{name}/pixels"], perm=TO_ROWS),
                helper.make_node("Concat", [f"{name}/pixels"] * 2, [f"{name}/wide"], axis=3),
                helper.make_node("Reshape", [f"{name}/wide", rows], [f"{name}/wide_rows"]),
                helper.make_node("Concat", [f"{name}/wide_rows"] * 2, [f"{name}/twice"], axis=2),
                helper.make_node("Reshape", [f"{name}/twice", doubled], [f"{name}/out"]),
                helper.make_node("Transpose", [f"{name}/out"], [quantised.output[0]], perm=TO_PLANES),
            ]
            self._exchange(quantised, nodes)

    def multiply_in_head(self) -> None:
        """Have the head multiply each cell's channels by a matrix: as a convolution it is made three times as large."""
        convolution = self._named(HEAD)
        source = self._maker(convolution.input[0])
        matrix = self._values(convolution.input[1]).astype(np.float32)[:, :, 0, 0].T
        weights = self._constant("head/weights", np.ascontiguousarray(matrix))
        nodes = [
            helper.make_node("Transpose", [source.input[0]], ["head/bytes"], perm=TO_ROWS),
            helper.make_node("DequantizeLinear", ["head/bytes", *source.input[1:]], ["head/cells"]),
            helper.make_node("MatMul", ["head/cells", weights], ["head/products"]),
            helper.make_node("Add", ["head/products", convolution.input[2]], ["head/out"]),
            helper.make_node("Transpose", ["head/out"], [convolution.output[0]], perm=TO_PLANES),
        ]
        self._exchange(convolution, nodes)

    def _exchange(self, node: NodeProto, nodes: list[NodeProto]) -> None:
        """Put nodes in a node's place, and take out whatever nobody uses any longer."""
        place = list(self._graph.node).index(node)
        self._graph.node.remove(node)
        for offset, each in enumerate(nodes):
            each.name = each.name or f"{each.output[0]}/{each.op_type}"
            self._graph.node.insert(place + offset, each)
        ends = {output.name for output in self._graph.output}
        while unused := [each for each in self._graph.node if not self._is_used(each, ends)]:
            for each in unused:
                self._graph.node.remove(each)
        used = {name for each in self._graph.node for name in each.input}
        for tensor in [tensor for tensor in self._graph.initializer if tensor.name not in used]:
            self._graph.initializer.remove(tensor)

    def _is_used(self, node: NodeProto, ends: set[str]) -> bool:
        return any(name in ends or any(name in each.input for each in self._graph.node) for name in node.output)

    def _constant(self, name: str, values: NDArray[np.generic] | np.generic) -> str:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def _meaning(self, node: NodeProto) -> tuple[float, ...]:
        """What the bytes that a node makes or takes stand for: their scale and their zero."""
        return tuple(float(self._values(name)) for name in node.input[1:])

    def _named(self, name: str) -> NodeProto:
        return next(node for node in self._graph.node if node.name == name)

    def _maker(self, name: str) -> NodeProto:
        return next(node for node in self._graph.node if name in node.output)

    def _user(self, name: str) -> NodeProto:
        return next(node for node in self._graph.node if name in node.input)

    def _values(self, name: str) -> NDArray[np.generic]:
        tensor = next(tensor for tensor in self._graph.initializer if tensor.name == name)
        return np.asarray(numpy_helper.to_array(tensor))
