"""The reader's ONNX file, which keeps the contract."""

from copy import deepcopy
from pathlib import Path

import torch
from torch import nn

from plate_training.contract import OPSET, READER_SIZE
from plate_training.networks.weight_storage import store_as_float16
from plate_training.reader.net import ReaderExport, ReaderNet


def export_reader(net: nn.Module, path: Path) -> None:
    """Write the reader: ``input`` uint8 [N, 64, 192, 1] to ``plate`` float32 [N, 9, 37]."""
    inner = deepcopy(net).float().eval()
    if not isinstance(inner, ReaderNet):
        raise TypeError(f"{type(inner).__name__} is no reader")
    plates = torch.zeros((2, READER_SIZE[1], READER_SIZE[0], 1), dtype=torch.uint8)
    torch.onnx.export(
        ReaderExport(inner).eval(),
        (plates,),
        str(path),
        input_names=["input"],
        output_names=["plate"],
        dynamic_axes={"input": {0: "plates"}, "plate": {0: "plates"}},
        opset_version=OPSET,
        dynamo=False,
    )
    store_as_float16(path)
