"""The network that names the state of a plate, how it is fitted, and what it does on plates that it did not see."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from plate_training.contract import OPSET
from plate_training.networks.blocks import ConvBlock
from plate_training.networks.weight_storage import store_as_float16
from plate_training.rendering.degrade import Rng
from plate_training.states.data import NONE, StatePlate, groups_of
from plate_training.states.figures import Probabilities
from plate_training.states.pictures import HEIGHT_PX, WIDTH_PX, plain, vary

BATCH = 64
REAL_SHARE, RENDERED_SHARE = 0.55, 0.3
"""Shares of a batch; the rest are plates of no state."""
ROAD_TIMES, ROAD_OTHERS_TIMES = 3, 12
"""How many times as often a plate of the road is shown as a collectors' one, and one of no state as others of none."""
RATE, DECAY, SMOOTHING, DROPOUT = 4e-3, 0.05, 0.05, 0.4


class StateNet(nn.Module):
    """Float BGR [N, 3, 64, 128] in -1..1 to logits of every state and of none, [N, 52]."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 24, 2), (24, 48, 2), (48, 48, 1), (48, 96, 2), (96, 96, 1), (96, 160, 2), (160, 160, 1)
        self.features = nn.Sequential(*(ConvBlock(*width) for width in widths))
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout(DROPOUT)
        self.names = nn.Linear(160 * 2 * 4, NONE + 1)

    def forward(self, plates: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.names(self.drop(self.pool(self.features(plates)).flatten(1)))
        return logits


class StateExport(nn.Module):
    """The exported form: uint8 BGR [N, 64, 128, 3] to probabilities."""

    def __init__(self, net: StateNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, plates: Tensor) -> Tensor:
        """Probabilities of every state and of none."""
        return torch.softmax(self.net(_inputs(plates)), dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class StatePlates:
    """What a network is fitted to.

    Args:
        collectors: plates off the car.
        road: plates on the road, also such of no state.
        rendered: rendered ones.
        foreign: plates of no state.
    """

    collectors: Sequence[StatePlate]
    road: Sequence[StatePlate]
    rendered: Sequence[StatePlate]
    foreign: Sequence[StatePlate]


def fit_states(plates: StatePlates, steps: int, seed: int) -> StateNet:
    """The network after so many steps."""
    torch.manual_seed(seed)
    net = StateNet()
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    draw = _draws(plates, np.random.default_rng(seed))
    net.train()
    for _ in track(range(steps), "fit", transient=True):
        pictures, states = next(draw)
        loss = functional.cross_entropy(net(_inputs(pictures)), states, label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
        optimiser.step()
        schedule.step()
    return net.eval()


def probabilities_of(net: StateNet, plates: Sequence[StatePlate]) -> Probabilities:
    """Probabilities [plates, 52] by the network, each plate as it is."""
    pictures = torch.from_numpy(np.stack([plain(plate.picture) for plate in plates]))
    with torch.inference_mode():
        return np.asarray(torch.softmax(net(_inputs(pictures)), dim=1).numpy(), np.float32)


def cross_validate(plates: StatePlates, steps: int, folds: int, jobs: int) -> tuple[Probabilities, Probabilities]:
    """Probabilities of the collectors' and the road's plates, each by a network that did not see it.

    Args:
        plates: all plates.
        steps: of a fit.
        folds: how many networks are fitted.
        jobs: how many of them at once.
    """
    groups = groups_of(plates.collectors, folds), groups_of(plates.road, folds)
    judged = tuple(np.zeros((len(group), NONE + 1), np.float32) for group in groups)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for fold, parts in enumerate(pool.map(partial(_judge_fold, plates, groups, steps), range(folds))):
            for all_plates, group, part in zip(judged, groups, parts, strict=True):
                all_plates[group == fold] = part
    return judged[0], judged[1]


def _judge_fold(
    plates: StatePlates, groups: tuple[NDArray[np.int64], NDArray[np.int64]], steps: int, fold: int
) -> list[Probabilities]:
    """Probabilities of one group's plates, collectors' and the road's, by a network fitted to the others."""
    torch.set_num_threads(1)
    seen, unseen = [], []
    for part, group in zip((plates.collectors, plates.road), groups, strict=True):
        seen.append([plate for plate, own in zip(part, group, strict=True) if own != fold])
        unseen.append([plate for plate, own in zip(part, group, strict=True) if own == fold])
    net = fit_states(StatePlates(seen[0], seen[1], plates.rendered, plates.foreign), steps, fold)
    return [probabilities_of(net, part) for part in unseen]


def export_states(net: StateNet, path: Path) -> None:
    """Write the network: ``plates`` uint8 [N, 64, 128, 3] to ``states`` float32 [N, 52]."""
    torch.onnx.export(
        StateExport(net).eval(),
        (torch.zeros((2, HEIGHT_PX, WIDTH_PX, 3), dtype=torch.uint8),),
        str(path),
        input_names=["plates"],
        output_names=["states"],
        dynamic_axes={"plates": {0: "plates"}, "states": {0: "plates"}},
        opset_version=OPSET,
        dynamo=False,
    )
    store_as_float16(path)


def _inputs(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def _draws(plates: StatePlates, rng: Rng) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of pictures uint8 [N, 64, 128, 3] and their states, without end; none of those kept for judging."""
    on_road, foreign = ([one for one in part if not one.is_kept] for part in (plates.road, plates.foreign))
    road = [plate for plate in on_road if plate.state != NONE]
    real = [*plates.collectors, *road * ROAD_TIMES]
    none = [*foreign, *[plate for plate in on_road if plate.state == NONE] * ROAD_OTHERS_TIMES]
    by_state = [[plate for plate in real if plate.state == state] for state in range(NONE)]
    weights = np.sqrt([len(group) for group in by_state])  # rare states more often than they come, frequent ones less
    chances = weights / weights.sum()
    shares = [REAL_SHARE, RENDERED_SHARE, 1 - REAL_SHARE - RENDERED_SHARE]
    while True:
        kinds = rng.choice(3, BATCH, p=shares)
        groups = [by_state[rng.choice(NONE, p=chances)] if k == 0 else (plates.rendered, none)[k - 1] for k in kinds]
        chosen = [group[int(rng.integers(len(group)))] for group in groups]
        pictures = np.stack([vary(plate.picture, rng) for plate in chosen])
        yield torch.from_numpy(pictures), torch.tensor([plate.state for plate in chosen])
