"""The plate detector's network: plain 3x3 convolutions down to stride 32 and back up to stride 4, no anchors.

Every cell of stride 4 says how likely a plate's centre lies in it and how far, in its own plate's scale, the
plate's four edges are away.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from plate_training.contract import DETECTIONS_MAX, OVERLAP_MAX, SCORE_FLOOR
from plate_training.networks.blocks import ConvBlock, Residual

STRIDE = 4
DISTANCE_PX = 8.0
"""Distance that a raw output of 0 stands for."""
RAW_MAX = 4.0
NO_PEAK = -1e4
"""Logit of a cell that is not the best among its neighbours: a probability of 0."""
FINE, MIDDLE, DEEP = 24, 48, 96


class DetectorNet(nn.Module):
    """Grey float [N, 1, H, W] in 0..1 to what :func:`centres_and_distances` takes apart: float [N, 5, H/4, W/4]."""

    def __init__(self) -> None:
        super().__init__()
        self.to4 = nn.Sequential(ConvBlock(1, 16, 2), ConvBlock(16, FINE, 2))
        self.to8 = nn.Sequential(ConvBlock(FINE, MIDDLE, 2), Residual(MIDDLE))
        self.to16 = nn.Sequential(ConvBlock(MIDDLE, DEEP, 2), Residual(DEEP), Residual(DEEP))
        self.to32 = nn.Sequential(ConvBlock(DEEP, DEEP, 2), Residual(DEEP), Residual(DEEP))
        self.back16 = nn.Sequential(ConvBlock(DEEP, MIDDLE))
        self.side8 = nn.Conv2d(MIDDLE, MIDDLE, 1)
        self.back8 = nn.Sequential(ConvBlock(MIDDLE, MIDDLE), nn.Conv2d(MIDDLE, FINE, 1))
        self.back4 = nn.Sequential(ConvBlock(FINE, FINE), ConvBlock(FINE, FINE))
        self.head = nn.Conv2d(FINE, 5, 1)
        nn.init.constant_(self.head.bias.data[:1], -5.0)  # centres are unlikely in most cells

    def forward(self, x: Tensor) -> Tensor:
        """What the head gives."""
        fine = self.to4(x)
        middle = self.to8(fine)
        deep = self.to16(middle)
        features = deep + _double(self.to32(deep))
        features = self.side8(middle) + _double(self.back16(features))
        out: Tensor = self.head(self.back4(fine + _double(self.back8(features))))
        return out


def centres_and_distances(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Centre logits [N, 1, H/4, W/4] and edge distances in pixels [N, 4, H/4, W/4] of what the network gives."""
    raw = raw.float()
    return raw[:, :1], _distances(raw[:, 1:])


def _distances(raw: Tensor) -> Tensor:
    """Edge distances in pixels of their logarithms."""
    return torch.exp(raw.clamp(-RAW_MAX, RAW_MAX)) * DISTANCE_PX


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def cell_centres(high: int, wide: int) -> tuple[Tensor, Tensor]:
    """Columns [1, wide] and rows [high, 1] of the cells' centres in pixels."""
    xs = (torch.arange(wide, dtype=torch.float32) + 0.5) * STRIDE
    ys = (torch.arange(high, dtype=torch.float32) + 0.5) * STRIDE
    return xs[None, :], ys[:, None]


def boxes_of(distances: Tensor) -> Tensor:
    """Boxes [N, 4, h, w] (left, top, right, bottom) of edge distances."""
    xs, ys = cell_centres(distances.shape[2], distances.shape[3])
    left, top, right, bottom = distances.unbind(dim=1)
    return torch.stack([xs - left, ys - top, xs + right, ys + bottom], dim=1)


class DetectorExport(nn.Module):
    """The exported form, for one frame: uint8 NHWC in, rows (batch, x1, y1, x2, y2, class, score) out.

    Whatever can be is computed for the best cells alone: over all of them it takes as long as a convolution.
    """

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        """Rows of one frame."""
        high, wide = frames.shape[1:3]
        raw = self.net(frames.reshape(1, 1, high, wide).float() / 255.0)
        logits = raw[:, :1]
        is_peak = logits >= functional.max_pool2d(logits, 3, 1, 1)
        best, cells = torch.topk(torch.where(is_peak, logits, NO_PEAK).flatten(), DETECTIONS_MAX)
        scores = torch.sigmoid(best)
        boxes = _boxes_of_cells(_distances(raw[0, 1:].flatten(1)[:, cells]), cells, wide // STRIDE)
        keep = (scores > SCORE_FLOOR) & ~_covered_mask(boxes)
        zero = torch.zeros_like(scores)[:, None]
        rows = torch.cat([zero, boxes, zero, scores[:, None]], dim=1)
        return rows[keep.nonzero().squeeze(1)]


def _boxes_of_cells(distances: Tensor, cells: Tensor, wide: int) -> Tensor:
    """Boxes [N, 4] of the edge distances [4, N] of some cells, which are numbered row by row."""
    x = (torch.remainder(cells, wide).float() + 0.5) * STRIDE
    y = (torch.div(cells, wide, rounding_mode="trunc").float() + 0.5) * STRIDE
    left, top, right, bottom = distances.unbind()
    return torch.stack([x - left, y - top, x + right, y + bottom], dim=1)


def _covered_mask(boxes: Tensor) -> Tensor:
    """Which boxes, best first, overlap a better one too much."""
    left, top, right, bottom = boxes.unbind(dim=1)
    intersection = _shared(left, right) * _shared(top, bottom)
    areas = (right - left) * (bottom - top)
    overlap = intersection / (areas[:, None] + areas[None, :] - intersection).clamp(min=1e-6)
    better = torch.ones_like(overlap).triu(diagonal=1)
    return (overlap * better).amax(dim=0) > OVERLAP_MAX


def _shared(begins: Tensor, ends: Tensor) -> Tensor:
    """How much of each pair of stretches is shared, [N, N]."""
    shared = torch.minimum(ends[:, None], ends[None, :]) - torch.maximum(begins[:, None], begins[None, :])
    return shared.clamp(min=0)
