"""The plate detector's network: plain 3x3 convolutions down to stride 32 and back up to stride 4, no anchors.

Every cell of stride 4 says how likely a plate's centre lies in it and how far, in its own plate's scale, the
plate's four edges are away.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from plate_training.contract import DETECTIONS_MAX, OVERLAP_MAX, SCORE_FLOOR
from plate_training.reader_net import ConvBlock, Residual

STRIDE = 4
DISTANCE_PX = 8.0
"""Distance that a raw output of 0 stands for."""
RAW_MAX = 4.0
FINE, MIDDLE, DEEP = 24, 48, 96


class DetectorNet(nn.Module):
    """Grey float [N, 1, H, W] in 0..1 to centre logits [N, 1, H/4, W/4] and edge distances in px [N, 4, H/4, W/4]."""

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
        self.centre = nn.Conv2d(FINE, 1, 1)
        self.edges = nn.Conv2d(FINE, 4, 1)
        nn.init.constant_(self.centre.bias, -5.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Centre logits and edge distances."""
        fine = self.to4(x)
        middle = self.to8(fine)
        deep = self.to16(middle)
        features = deep + _double(self.to32(deep))
        features = self.side8(middle) + _double(self.back16(features))
        features = self.back4(fine + _double(self.back8(features)))
        raw = self.edges(features).float().clamp(-RAW_MAX, RAW_MAX)
        return self.centre(features).float(), torch.exp(raw) * DISTANCE_PX


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
    """The exported form, for one frame: uint8 NHWC in, rows (batch, x1, y1, x2, y2, class, score) out."""

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        """Rows of one frame."""
        logits, distances = self.net(frames.permute(0, 3, 1, 2).float() / 255.0)
        peaks = functional.max_pool2d(logits, 3, 1, 1)
        scores = torch.where(logits >= peaks, torch.sigmoid(logits), torch.zeros_like(logits)).flatten()
        best, cells = torch.topk(scores, DETECTIONS_MAX)
        boxes = boxes_of(distances)[0].flatten(1).transpose(0, 1)[cells]
        keep = (best > SCORE_FLOOR) & ~_covered_mask(boxes)
        zero = torch.zeros_like(best)[:, None]
        rows = torch.cat([zero, boxes, zero, best[:, None]], dim=1)
        return rows[keep.nonzero().squeeze(1)]


def _covered_mask(boxes: Tensor) -> Tensor:
    """Which boxes, best first, overlap a better one too much."""
    low = torch.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    intersection = (high - low).clamp(min=0).prod(dim=2)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
    overlap = intersection / (areas[:, None] + areas[None, :] - intersection).clamp(min=1e-6)
    better = torch.ones_like(overlap).triu(diagonal=1)
    return (overlap * better).amax(dim=0) > OVERLAP_MAX
