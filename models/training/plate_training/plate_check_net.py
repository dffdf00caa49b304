"""The network that decides which boxes are plates: a few small ones whose logits are averaged, written as one file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from alpr_edge.vision.plate_features import FEATURES

HIDDEN = 24
SEEDS = 0, 1, 2, 3
STEPS = 500
RATE, DECAY, DROPOUT = 1e-2, 1e-2, 0.2
OPSET = 17
Features = NDArray[np.float32]


class PlateCheckNet(nn.Module):
    """Probability of a plate: float32 [boxes, features] to float32 [boxes].

    Args:
        mean: of the features.
        spread: their standard deviation.
        members: the networks whose logits are averaged.
    """

    def __init__(self, mean: Tensor, spread: Tensor, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.members = nn.ModuleList(members)

    def forward(self, features: Tensor) -> Tensor:  # noqa: D102 - torch's name
        scaled = (features - self.mean) / self.spread
        logits = torch.stack([member(scaled)[:, 0] for member in self.members])
        return torch.sigmoid(logits.mean(0))

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """The same for arrays."""
        with torch.no_grad():
            return np.asarray(self(torch.from_numpy(features)).numpy(), np.float32)


def fit_plate_check(features: Features, is_plate: NDArray[np.bool_]) -> PlateCheckNet:
    """Fit the network to boxes whose truth is known."""
    rows, labels = torch.from_numpy(features), torch.from_numpy(is_plate.astype(np.float32))
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    members = [_member((rows - mean) / spread, labels, seed) for seed in SEEDS]
    return PlateCheckNet(mean, spread, members).eval()


def export_plate_check(net: PlateCheckNet, path: Path) -> None:
    """Write it as ONNX: ``features`` to ``probability``."""
    torch.onnx.export(
        net,
        (torch.zeros((2, FEATURES)),),
        str(path),
        input_names=["features"],
        output_names=["probability"],
        dynamic_axes={"features": {0: "boxes"}, "probability": {0: "boxes"}},
        opset_version=OPSET,
        dynamo=False,
    )


def _member(rows: Tensor, labels: Tensor, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, 1))
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss: Tensor = functional.binary_cross_entropy_with_logits(net(rows)[:, 0], labels)
        torch.autograd.backward(loss)
        optimiser.step()
    return net.eval()
