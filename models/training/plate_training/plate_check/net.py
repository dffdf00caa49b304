"""The network that decides which boxes are plates: a few small ones whose logits are averaged, written as one file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from alpr_edge.vision.plate_check import FEATURES, READ_PROBABILITY_MIN, TEXT_FEATURES, UNREAD_OUTPUT, Features
from plate_training.contract import OPSET

HIDDEN = 24
SEEDS = 0, 1, 2, 3
STEPS = 500
RATE, DECAY, DROPOUT = 1e-2, 1e-2, 0.2


class Ensemble(nn.Module):
    """Probability of a plate: float32 [boxes, numbers] to float32 [boxes].

    Args:
        mean: of the numbers.
        spread: their standard deviation.
        members: the networks whose logits are averaged; here they lie in one, side by side, which runs faster.
    """

    def __init__(self, mean: Tensor, spread: Tensor, members: Sequence[nn.Sequential]) -> None:
        super().__init__()
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.hidden, self.logit = nn.Linear(len(mean), HIDDEN * len(members)), nn.Linear(HIDDEN * len(members), 1)
        with torch.no_grad():
            self.hidden.weight.copy_(torch.cat([member[0].weight for member in members]))
            self.hidden.bias.copy_(torch.cat([member[0].bias for member in members]))
            self.logit.weight.copy_(torch.cat([member[-1].weight for member in members], 1) / len(members))
            self.logit.bias.copy_(torch.stack([member[-1].bias for member in members]).mean(0))

    def forward(self, numbers: Tensor) -> Tensor:
        hidden = functional.silu(self.hidden((numbers - self.mean) / self.spread))
        return torch.sigmoid(self.logit(hidden)[:, 0])


class PlateCheckNet(nn.Module):
    """Probabilities of a plate, once it is read and before: float32 [boxes, features] to twice float32 [boxes].

    Args:
        of_read: goes by all numbers.
        of_unread: goes by those of the picture alone.
    """

    def __init__(self, of_read: Ensemble, of_unread: Ensemble) -> None:
        super().__init__()
        self.of_read, self.of_unread = of_read, of_unread

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.of_read(features), self.of_unread(features[:, TEXT_FEATURES:])

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """Of a plate as the unit finds it, float32 [boxes]: 0 where a box is not worth reading."""
        with torch.no_grad():
            read, unread = self(torch.from_numpy(features))
        return np.where(unread.numpy() >= READ_PROBABILITY_MIN, read.numpy(), 0).astype(np.float32)


def fit_plate_check(features: Features, is_plate: NDArray[np.bool_]) -> PlateCheckNet:
    """Fit the network to boxes whose truth is known."""
    rows, labels = torch.from_numpy(features), torch.from_numpy(is_plate.astype(np.float32))
    return PlateCheckNet(_ensemble(rows, labels), _ensemble(rows[:, TEXT_FEATURES:], labels)).eval()


def export_plate_check(net: PlateCheckNet, path: Path) -> None:
    """Write it as ONNX: ``features`` to ``probability`` and :data:`~alpr_edge.vision.plate_check.UNREAD_OUTPUT`."""
    torch.onnx.export(
        net,
        (torch.zeros((2, FEATURES)),),
        str(path),
        input_names=["features"],
        output_names=["probability", UNREAD_OUTPUT],
        dynamic_axes={name: {0: "boxes"} for name in ("features", "probability", UNREAD_OUTPUT)},
        opset_version=OPSET,
        dynamo=False,
    )


def _ensemble(rows: Tensor, labels: Tensor) -> Ensemble:
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    return Ensemble(mean, spread, [_member((rows - mean) / spread, labels, seed) for seed in SEEDS])


def _member(rows: Tensor, labels: Tensor, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(rows.shape[1], HIDDEN), nn.SiLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, 1))
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss: Tensor = functional.binary_cross_entropy_with_logits(net(rows)[:, 0], labels)
        torch.autograd.backward(loss)
        optimiser.step()
    return net.eval()
