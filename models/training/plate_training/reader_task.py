"""The reader as a training task."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from alpr_edge.simulation.plate_fonts import base_faces, faces_in
from alpr_edge.simulation.plates import BUILT_IN_DESIGNS, designs_from_facts
from plate_training.contract import EMPTY, READER_SIZE, SLOTS, text_of
from plate_training.data import REPOSITORY, Crop, data_folder, negatives, reader_crops
from plate_training.export import export_reader
from plate_training.feed import Feed, Sample
from plate_training.mistakes import mistakes_of
from plate_training.reader_net import ReaderNet
from plate_training.reader_samples import ReaderSamples
from plate_training.released import start_from

CTC_SHARE = 0.3
SMOOTHING = 0.005


def build_samples(fonts: Path | None) -> ReaderSamples:
    """The sampler over all designs, faces and training crops."""
    folder = data_folder()
    american = designs_from_facts(folder / "plates" / "plates-us.json")
    home = tuple(design for design in BUILT_IN_DESIGNS if not design.band and design.region != "BR")
    faces = base_faces() + (faces_in(fonts) if fonts else ())
    empty = negatives(folder, validation=False)
    mistakes = mistakes_of(REPOSITORY / "models" / "detector.onnx", empty)
    return ReaderSamples(american + home * 3, faces, reader_crops(folder, validation=False), empty, mistakes)


class ReaderTask:
    """Slots by cross entropy, columns by CTC.

    Args:
        fonts: folder of more free fonts to render with.
        start: exported model to start from.
    """

    name = "reader"
    batch = 64
    rate = 1e-3
    average = 0.998

    def __init__(self, fonts: Path | None = None, start: Path | None = None) -> None:
        self.net: nn.Module = ReaderNet().to(memory_format=torch.channels_last)
        self._fonts = fonts
        self._validation = reader_crops(data_folder(), validation=True)
        if start:
            crops = [crop for crops in self._validation.values() for crop in crops]
            start_from(self.net, start, torch.from_numpy(_resized(crops)))

    def feed(self, seed: int) -> Feed:
        """Rendered and real crops; each is used twice on average."""
        return Feed(partial(build_samples, self._fonts), seed, pool_samples=16384, reuse=2.0)

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
