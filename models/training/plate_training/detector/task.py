"""The detector as a training task."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from plate_training.data.pictures import LabelledFrame, Licence, data_folder, ride_frames
from plate_training.data.road import road_frames
from plate_training.detector.export import Rows, detector_rows, export_detector, window_rows
from plate_training.detector.figures import CLAIMED, FoundBoxes, figures_of, overlaps
from plate_training.detector.net import STRIDE, DetectorNet, boxes_of, cell_centres, centres_and_distances
from plate_training.detector.sampler import VALIDATION_SEED, VALIDATION_WINDOWS, detector_sampler
from plate_training.detector.samples import WINDOW
from plate_training.networks.onnx_weights import start_from
from plate_training.run.feed import Sample, SampleFeed

SHRUNK_SIZE = 320, 192
"""Width and height of the input of a second look at the whole frame, for plates of cars close ahead."""
CORE = 0.5
"""Part of a plate, about its middle, whose cells learn its edges."""


class DetectorTask:
    """Centres by a focal loss on soft peaks, edges by overlap and by their ratio.

    Args:
        fonts: folder of more free fonts to render with.
        start: exported model to start from.
        licence: the set of pictures that it may learn from; those it is validated on stay the same.
    """

    name = "detector"
    batch = 16
    rate = 2e-3
    average = 0.998

    def __init__(self, fonts: Path | None = None, start: Path | None = None, licence: Licence = "all") -> None:
        self.net: nn.Module = DetectorNet().to(memory_format=torch.channels_last)
        self._build = partial(detector_sampler, fonts, start, licence)
        self._frames = ride_frames(data_folder(), validation=True)
        draw, rng = detector_sampler(fonts, validation=True), np.random.default_rng(VALIDATION_SEED)
        self._windows = [draw(rng)[:2] for _ in range(VALIDATION_WINDOWS)]
        self._road = road_frames(data_folder(), validation=True)
        if start:
            learn = detector_sampler(fonts, None, licence)
            start_from(self.net, start, _inputs(np.stack([learn(rng)[0] for _ in range(64)])))

    def feed(self, seed: int) -> SampleFeed:
        """Windows; each is used twice on average."""
        return SampleFeed(self._build, seed, pool_samples=1024, reuse=2.0)

    def loss(self, sample: Sample) -> dict[str, Tensor]:
        """Losses by name."""
        boxes, unsure = torch.from_numpy(sample[1]), torch.from_numpy(sample[2])
        logits, distances = centres_and_distances(self.net(_inputs(sample[0])))
        peaks, owners, core = _targets(boxes, WINDOW // STRIDE)
        centre = _focal(logits[:, 0], peaks, _countable_cells(unsure, WINDOW // STRIDE)) / max(
            1, int((boxes[:, :, 2] > 0).sum())
        )
        targets = torch.gather(boxes, 1, owners.flatten(1)[..., None].expand(-1, -1, 4))
        predictions = boxes_of(distances).flatten(2).transpose(1, 2)
        mask = core.flatten(1)
        if not mask.any():
            return {"centre": centre}
        weight = peaks.flatten(1)[mask].clamp(min=0.2)
        overlap = _overlap_loss(predictions[mask], targets[mask])
        ratio = _ratio_loss(predictions[mask], targets[mask])
        total = weight.sum()
        return {
            "centre": centre,
            "overlap": 2.0 * (overlap * weight).sum() / total,
            "ratio": 2.0 * (ratio * weight).sum() / total,
        }

    def validate(self, net: nn.Module) -> dict[str, float]:
        """Figures on the kept frames of the training ride, and on windows drawn from pictures kept for validation."""
        on_ride = [FoundBoxes(frame.boxes, *detector_rows(net, frame.grey)) for frame in self._frames]
        on_windows = [FoundBoxes(boxes[boxes[:, 2] > 0], *window_rows(net, window)) for window, boxes in self._windows]
        return {
            f"{name}_{figure}": value
            for name, pictures in (("ride", on_ride), ("windows", on_windows), *self._on_road(net).items())
            for figure, value in figures_of(pictures).items()
        }

    def _on_road(self, net: nn.Module) -> dict[str, list[FoundBoxes]]:
        """What is found on road photos kept for validation, as they are and shrunk for near plates."""
        by_set: dict[str, list[FoundBoxes]] = {"road": [], "road_shrunk": []}
        for frame in self._road:
            by_set["road"].append(
                FoundBoxes(_from(frame.boxes, 40), *_elsewhere(detector_rows(net, frame.grey), frame))
            )
            small = detector_rows(net, frame.grey, SHRUNK_SIZE)
            by_set["road_shrunk"].append(FoundBoxes(_from(frame.boxes, 200), *_elsewhere(small, frame)))
        return by_set

    def export(self, net: nn.Module, path: Path) -> None:
        """Write the ONNX file."""
        export_detector(net, path)


def _from(boxes: NDArray[np.float32], width_px: float) -> NDArray[np.float32]:
    """Boxes of at least a width."""
    return boxes[boxes[:, 2] - boxes[:, 0] >= width_px]


def _elsewhere(rows: Rows, frame: LabelledFrame) -> Rows:
    """Without what lies where nobody knows, or on a plate too small to be asked for."""
    places = np.concatenate([frame.unsure, frame.boxes[frame.boxes[:, 2] - frame.boxes[:, 0] < 40]])
    free = np.array([not len(places) or overlaps(box, places).max() <= CLAIMED for box in rows[0]], bool)
    return rows[0][free], rows[1][free]


def _inputs(windows: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(windows)[:, None].float() / 255.0


def _targets(boxes: Tensor, cells: int) -> tuple[Tensor, Tensor, Tensor]:
    """Soft peaks [N, c, c], the box each cell belongs to [N, c, c], and which cells learn edges [N, c, c]."""
    xs, ys = cell_centres(cells, cells)
    left, top, right, bottom = (boxes[:, :, i, None, None] for i in range(4))
    size_x, size_y = (right - left).clamp(min=1e-3), (bottom - top).clamp(min=1e-3)
    off_x, off_y = (xs - (left + right) / 2).abs(), (ys - (top + bottom) / 2).abs()
    spread_x, spread_y = (size_x / 8).clamp(min=STRIDE * 0.5), (size_y / 8).clamp(min=STRIDE * 0.5)
    there = (right > left).float()
    each = torch.exp(-0.5 * ((off_x / spread_x) ** 2 + (off_y / spread_y) ** 2)) * there
    peaks, owners = each.max(dim=1)
    near_x, near_y = ((size * CORE / 2).clamp(min=STRIDE * 0.75) for size in (size_x, size_y))
    core = ((off_x < near_x) & (off_y < near_y) & (there > 0)).gather(1, owners[:, None]).squeeze(1)
    nearest = (off_x <= STRIDE / 2) & (off_y <= STRIDE / 2) & (there > 0)
    return torch.where(nearest.any(dim=1), torch.ones_like(peaks), peaks), owners, core


def _countable_cells(unsure: Tensor, cells: int) -> Tensor:
    """Which cells [N, c, c] lie in no place that may show an unmarked plate."""
    xs, ys = cell_centres(cells, cells)
    left, top, right, bottom = (unsure[:, :, i, None, None] for i in range(4))
    return ~((xs > left) & (xs < right) & (ys > top) & (ys < bottom)).any(dim=1)


def _focal(logits: Tensor, peaks: Tensor, countable: Tensor) -> Tensor:
    """Focal loss that is lenient beside a peak, and where a plate may be that nobody marked."""
    chance = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    is_peak = peaks >= 1.0
    hit = -((1 - chance) ** 2) * torch.log(chance)
    miss = -((1 - peaks) ** 4) * chance**2 * torch.log(1 - chance)
    return torch.where(is_peak, hit, miss * countable).sum()


def _overlap_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """1 - generalised intersection over union."""
    intersection = (
        torch.minimum(predictions[:, 2:], targets[:, 2:]) - torch.maximum(predictions[:, :2], targets[:, :2])
    ).clamp(min=0)
    hull = torch.maximum(predictions[:, 2:], targets[:, 2:]) - torch.minimum(predictions[:, :2], targets[:, :2])
    both, all_in = intersection.prod(dim=1), hull.prod(dim=1)
    union = (predictions[:, 2:] - predictions[:, :2]).prod(dim=1) + (targets[:, 2:] - targets[:, :2]).prod(dim=1) - both
    return 1 - both / union + (all_in - union) / all_in


def _ratio_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """How far edges are off as a share of the plate's own size, and the logarithm of the sizes' ratio."""
    size = targets[:, 2:] - targets[:, :2]
    scale = size.repeat(1, 2)
    edges = functional.smooth_l1_loss(predictions / scale, targets / scale, reduction="none", beta=0.05)
    sizes = torch.log((predictions[:, 2:] - predictions[:, :2]) / size).abs()
    return edges.sum(dim=1) + 0.5 * sizes.sum(dim=1)
