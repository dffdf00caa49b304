"""Weights taken back out of an exported model, so that training can go on from a released file alone.

Export folds every batch norm into the convolution before it. Here the convolution takes the folded kernel, and its
batch norm is set by the statistics of one batch to pass the folded result through: the network gives the
exported model's outputs, in training as in use.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from plate_training.data.exported_models import read_model

Kernel = tuple[Tensor, Tensor | None]


class OnnxWeights:
    """Weights of an exported model: some by name, the kernels that lost theirs in the order in which they run.

    Raises:
        ModelError: the file is no model.
    """

    def __init__(self, path: Path) -> None:
        graph = read_model(path).graph
        arrays = ((tensor.name.removesuffix(".half"), numpy_helper.to_array(tensor)) for tensor in graph.initializer)
        weights = {name: torch.from_numpy(values.astype(np.float32)) for name, values in arrays}
        self.path = path
        self.weights_by_name = {
            name.partition(".")[2]: values for name, values in weights.items() if not name.startswith("onnx")
        }
        self._kernels: dict[str, list[Kernel]] = {"Conv": [], "MatMul": []}
        for node in graph.node:
            if node.op_type in self._kernels and node.input[1].startswith("onnx"):
                kernel, *bias = (weights[name] for name in node.input[1:])
                self._kernels[node.op_type].append((kernel, bias[0] if bias else None))

    def next_of(self, layer: nn.Conv2d | nn.Linear) -> Kernel | None:
        """The next unnamed kernel, if it is this layer's by its shape."""
        left = self._kernels["Conv" if isinstance(layer, nn.Conv2d) else "MatMul"]
        if not left:
            return None
        kernel = left[0][0] if isinstance(layer, nn.Conv2d) else left[0][0].T
        return (kernel, left.pop(0)[1]) if kernel.shape == layer.weight.shape else None

    def check_names(self, net: nn.Module) -> None:
        """Raises: SystemExit: weights have a name that the network does not know."""
        if foreign := sorted(self.weights_by_name.keys() - net.state_dict().keys()):
            raise SystemExit(f"{self.path}: not a model of this network: it has no {', '.join(foreign)}")

    def check_all_taken(self) -> None:
        """Raises: SystemExit: kernels are left over."""
        if left := sum(map(len, self._kernels.values())):
            raise SystemExit(f"{self.path}: not a model of this network: {left} kernels fit nowhere")


def input_width(path: Path) -> int:
    """Width in pixels of what an exported reader takes."""
    return int(read_model(path).graph.input[0].type.tensor_type.shape.dim[2].dim_value)


Fit = Callable[[str, Tensor], Tensor]
"""Gives the weights of a name as the network takes them."""


def _as_they_are(_name: str, values: Tensor) -> Tensor:
    return values


def start_from(net: nn.Module, path: Path, samples: Tensor, fit: Fit = _as_they_are) -> None:
    """Give a network the weights of the model exported from one like it.

    Args:
        net: the network; a layer that the export leaves out keeps its values.
        path: the ONNX file.
        samples: a batch as the network takes it.
        fit: a function that gives the weights of a name as the network takes them.

    Raises:
        SystemExit: the file was not exported from such a network.
    """
    source, biases = OnnxWeights(path), dict[str, Tensor]()

    def fill(layer: Any, _inputs: tuple[Tensor, ...]) -> None:  # noqa: ANN401  # torch's layers take any type
        is_named = f"{names[layer]}.weight" in source.weights_by_name
        if is_named or (next_weights := source.next_of(layer)) is None:
            return
        layer.weight.copy_(next_weights[0])
        if next_weights[1] is not None:
            biases["bias"] = next_weights[1]

    def pass_through(norm: Any, inputs: tuple[Tensor, ...]) -> None:  # noqa: ANN401
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(mean + _take_bias(biases, path))

    names = {layer: name for name, layer in net.named_modules()}
    hooks = [m.register_forward_pre_hook(fill) for m in names if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks += [m.register_forward_pre_hook(pass_through) for m in names if isinstance(m, nn.BatchNorm2d)]
    net.eval()
    source.check_names(net)
    with torch.no_grad():
        _copy_named({name: fit(name, values) for name, values in source.weights_by_name.items()}, net.state_dict())
        net(samples)
    for hook in hooks:
        hook.remove()
    source.check_all_taken()


def _take_bias(biases: dict[str, Tensor], path: Path) -> Tensor:
    """The bias of the convolution before a batch norm. Raises SystemExit where none of the file's fitted."""
    if "bias" not in biases:
        raise SystemExit(f"{path}: not a model of this network: its kernels do not fit")
    return biases.pop("bias")


def _copy_named(values: dict[str, Tensor], own: dict[str, Tensor]) -> None:
    for name, value in values.items():
        if name in own and own[name].shape == value.shape:
            own[name].copy_(value)
