"""The reader as a training task."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from alpr_edge.vision.picture_size import resize_crop
from plate_training.contract import (
    EMPTY,
    LETTER_O,
    READER_SIZE,
    SLOTS,
    ZERO,
    ZERO_OR_O,
    canonical,
    text_of,
)
from plate_training.data.pictures import Licence, PlateCrop, data_folder, reader_crops
from plate_training.data.road import road_crops
from plate_training.networks.onnx_weights import input_width, start_from
from plate_training.reader.export import export_reader
from plate_training.reader.net import ReaderNet, adapt_weights
from plate_training.reader.sampler import reader_sampler
from plate_training.run.feed import Sample, SampleFeed

CTC_SHARE = 0.3
SMOOTHING = 0.005


class ReaderTask:
    """Slots by cross entropy, columns by CTC.

    Args:
        fonts: folder of more free fonts to render with.
        start: exported model to start from.
        licence: the set of pictures that it may learn from; those it is validated on stay the same.
    """

    name = "reader"
    batch = 64
    rate = 1e-3
    average = 0.998

    def __init__(self, fonts: Path | None = None, start: Path | None = None, licence: Licence = "all") -> None:
        self.net: nn.Module = ReaderNet().to(memory_format=torch.channels_last)
        self._build = partial(reader_sampler, fonts, licence)
        self._validation = reader_crops(data_folder(), validation=True)
        road = road_crops(data_folder(), validation=True)
        self._validation |= {f"road_{group}": crops for group, crops in road.items()}
        if start:
            start_from(self.net, start, torch.from_numpy(self._examples(licence)), adapt_weights)
            if input_width(start) != READER_SIZE[0]:
                _copy_zero_to_letter_o(self.net)

    def _examples(self, licence: Licence) -> NDArray[np.uint8]:
        """Crops that the licence allows, as the network takes them."""
        if licence == "all":
            return _resize_crops([crop for crops in self._validation.values() for crop in crops])
        draw, rng = self._build(), np.random.default_rng(1)
        return np.stack([draw(rng)[0] for _ in range(256)])

    def feed(self, seed: int) -> SampleFeed:
        """Rendered and real crops; each is used twice on average."""
        return SampleFeed(self._build, seed, pool_samples=16384, reuse=2.0)

    def loss(self, sample: Sample) -> dict[str, Tensor]:
        """Losses by name."""
        plates, targets = torch.from_numpy(sample[0]), torch.from_numpy(sample[1])
        slots, columns = self.net(plates)
        # The columns teach the network where characters stand; to them O is 0, as it is to some of the targets.
        spelt = torch.where((targets == ZERO_OR_O) | (targets == LETTER_O), ZERO, targets)
        lengths = (spelt != EMPTY).sum(dim=1)
        steps = torch.full_like(lengths, columns.shape[1])
        chances = functional.log_softmax(columns.float(), dim=-1).transpose(0, 1)
        ctc = functional.ctc_loss(chances, spelt, steps, lengths, blank=EMPTY, zero_infinity=True)
        return {"slots": _slot_loss(slots.float(), targets), "ctc": CTC_SHARE * ctc}

    def validate(self, net: nn.Module) -> dict[str, float]:
        """Share of the kept real crops read exactly, by region."""
        net.eval()
        return {f"exact_{region}": _exact(net, crops) for region, crops in self._validation.items()}

    def export(self, net: nn.Module, path: Path) -> None:
        """Write the ONNX file."""
        export_reader(net, path)


def _slot_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Smoothed cross entropy of slot logits [N, 9, 37]; where 0 and O were not told apart, of either."""
    chances = functional.log_softmax(logits, dim=-1)
    either = torch.logaddexp(chances[..., ZERO], chances[..., LETTER_O])
    one = chances.gather(-1, targets.clamp(max=EMPTY)[..., None]).squeeze(-1)
    miss = -torch.where(targets == ZERO_OR_O, either, one)
    return ((1 - SMOOTHING) * miss - SMOOTHING * chances.mean(dim=-1)).mean()


def _copy_zero_to_letter_o(net: nn.Module) -> None:
    """Give the letter O the weights of the 0 in a network that was trained to read every O as 0."""
    if isinstance(net, ReaderNet):
        with torch.no_grad():
            net.letters.weight[LETTER_O] = net.letters.weight[ZERO]
            net.letters.bias[LETTER_O] = net.letters.bias[ZERO]


def _resize_crops(crops: list[PlateCrop]) -> NDArray[np.uint8]:
    grey = [np.asarray(cv2.cvtColor(crop.plate, cv2.COLOR_BGR2GRAY), np.uint8) for crop in crops]
    return np.stack([resize_crop(each, *READER_SIZE) for each in grey])[..., np.newaxis]


def _exact(net: nn.Module, crops: list[PlateCrop]) -> float:
    with torch.inference_mode():
        slots = net(torch.from_numpy(_resize_crops(crops)))[0]
    read = slots.argmax(dim=-1).numpy().reshape(-1, SLOTS)
    return float(np.mean([canonical(text_of(row)) == crop.canonical for row, crop in zip(read, crops, strict=True)]))
