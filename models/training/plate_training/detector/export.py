"""The detector's ONNX file, which keeps the contract, and what it would give, without writing it."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from plate_training.contract import DETECTOR_SIZE, OPSET, Picture, letterbox
from plate_training.data.exported_models import read_origin, write_origin
from plate_training.detector.net import DetectorExport, DetectorNet
from plate_training.networks.onnx_weights import start_from
from plate_training.networks.weight_storage import store_as_float16

Rows = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes float32 [N, 4] and scores float32 [N], best first."""


def export_detector(net: nn.Module, path: Path, size: tuple[int, int] = DETECTOR_SIZE) -> None:
    """Write the detector: ``frames`` uint8 [1, H, W, 1] to ``detections`` float32 [N, 7].

    Args:
        net: the network.
        path: the file to write.
        size: width and height of its input, multiples of 32.
    """
    frames = torch.zeros((1, size[1], size[0], 1), dtype=torch.uint8)
    torch.onnx.export(
        _detector(net),
        (frames,),
        str(path),
        input_names=["frames"],
        output_names=["detections"],
        dynamic_axes={"detections": {0: "plates"}},
        opset_version=OPSET,
        dynamo=False,
    )
    store_as_float16(path)


def resize_detector(source: Path, target: Path, size: tuple[int, int]) -> None:
    """Export a detector's weights again for another input.

    Args:
        source: the exported detector.
        target: the file to write.
        size: width and height of its input, multiples of 32.

    Raises:
        ModelError: the source is no model.
        SystemExit: it is none of this network.
    """
    net, origin = DetectorNet(), read_origin(source)
    # Any picture will do: what a batch norm makes of it is undone by what is set from it.
    start_from(net, source, torch.rand(2, 1, DETECTOR_SIZE[1], DETECTOR_SIZE[0]))
    export_detector(net, target, size)
    write_origin(target, origin)


def detector_rows(net: nn.Module, grey: Picture, size: tuple[int, int] = DETECTOR_SIZE) -> Rows:
    """Boxes in the picture's pixels and scores, as a model exported for that input size would give them."""
    canvas, scale, offset = letterbox(grey, size)
    boxes, scores = window_rows(net, canvas)
    return (boxes - np.tile(np.array(offset, np.float32), 2)) / np.float32(scale), scores


def window_rows(net: nn.Module, window: Picture) -> Rows:
    """Boxes and scores in a picture of the network's own scale."""
    with torch.inference_mode():
        rows = _detector(net)(torch.from_numpy(window)[None, ..., None]).numpy()
    return rows[:, 1:5], rows[:, 6]


def _detector(net: nn.Module) -> DetectorExport:
    inner = deepcopy(net).float().eval()
    if not isinstance(inner, DetectorNet):
        raise TypeError(f"{type(inner).__name__} is no detector")
    return DetectorExport(inner).eval()
