"""The reader as a training task."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from plate_training.contract import EMPTY, READER_SIZE, SLOTS, text_of
from plate_training.data import Crop, Licence, data_folder, reader_crops
from plate_training.export import export_reader
from plate_training.feed import Feed, Sample
from plate_training.reader_net import ReaderNet
from plate_training.released import start_from
from plate_training.samplers import reader_sampler

CTC_SHARE = 0.3
SMOOTHING = 0.005


class ReaderTask:
    """Slots by cross entropy, columns by CTC.

    Args:
        fonts: folder of more free fonts to render with.
        start: exported model to start from.
        licence: which pictures it may learn from; those it is validated on stay the same.
    """

    name = "reader"
    batch = 64
    rate = 1e-3
    average = 0.998

    def __init__(self, fonts: Path | None = None, start: Path | None = None, licence: Licence = "all") -> None:
        self.net: nn.Module = ReaderNet().to(memory_format=torch.channels_last)
        self._build = partial(reader_sampler, fonts, licence)
        self._validation = reader_crops(data_folder(), validation=True)
        if start:
            start_from(self.net, start, torch.from_numpy(self._examples(licence)))

    def _examples(self, licence: Licence) -> NDArray[np.uint8]:
        """Crops that the licence allows, as the network takes them."""
        if licence == "all":
            return _resized([crop for crops in self._validation.values() for crop in crops])
        draw, rng = self._build(), np.random.default_rng(1)
        return np.stack([draw(rng)[0] for _ in range(256)])

    def feed(self, seed: int) -> Feed:
        """Rendered and real crops; each is used twice on average."""
        return Feed(self._build, seed, pool_samples=16384, reuse=2.0)

    def loss(self, sample: Sample) -> dict[str, Tensor]:
        """Losses by name."""
        plates, targets = torch.from_numpy(sample[0]), torch.from_numpy(sample[1])
        slots, columns = self.net(plates)
        slot_loss = functional.cross_entropy(
            slots.float().flatten(0, 1), targets.flatten().long(), label_smoothing=SMOOTHING
        )
        lengths = (targets != EMPTY).sum(dim=1)
        steps = torch.full_like(lengths, columns.shape[1])
        chances = functional.log_softmax(columns.float(), dim=-1).transpose(0, 1)
        ctc = functional.ctc_loss(chances, targets, steps, lengths, blank=EMPTY, zero_infinity=True)
        return {"slots": slot_loss, "ctc": CTC_SHARE * ctc}

    def validate(self, net: nn.Module) -> dict[str, float]:
        """Share of the kept real crops read exactly, by region."""
        net.eval()
        return {f"exact_{region}": _exact(net, crops) for region, crops in self._validation.items()}

    def export(self, net: nn.Module, path: Path) -> None:
        """Write the ONNX file."""
        export_reader(net, path)


def _resized(crops: list[Crop]) -> NDArray[np.uint8]:
    grey = [cv2.resize(cv2.cvtColor(crop.picture, cv2.COLOR_BGR2GRAY), READER_SIZE) for crop in crops]
    return np.stack(grey)[..., np.newaxis].astype(np.uint8, copy=False)


def _exact(net: nn.Module, crops: list[Crop]) -> float:
    with torch.inference_mode():
        slots = net(torch.from_numpy(_resized(crops)))[0]
    read = slots.argmax(dim=-1).numpy().reshape(-1, SLOTS)
    return float(np.mean([text_of(row) == crop.text for row, crop in zip(read, crops, strict=True)]))
