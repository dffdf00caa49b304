"""Axis-aligned boxes in pixels of the frame they were found in."""

import math
from dataclasses import dataclass

EDGE_PX = 3
"""A plate that the frame's edge cuts has a box that ends so close to it. Where a pixel of the detector's input covers
more of the frame, it is that and one pixel more: by so much a detector is off."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box; the origin is the frame's top left corner, right and bottom are exclusive."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    @property
    def width_px(self) -> float:
        """Width, never negative."""
        return max(0.0, self.right_px - self.left_px)

    @property
    def height_px(self) -> float:
        """Height, never negative."""
        return max(0.0, self.bottom_px - self.top_px)

    @property
    def area_px2(self) -> float:
        """Area in square pixels."""
        return self.width_px * self.height_px

    @property
    def centre_px(self) -> tuple[float, float]:
        """Centre as (x, y)."""
        return (self.left_px + self.right_px) / 2, (self.top_px + self.bottom_px) / 2

    def overlap_px2(self, other: "Box") -> float:
        """Area that both cover, in square pixels."""
        width = min(self.right_px, other.right_px) - max(self.left_px, other.left_px)
        height = min(self.bottom_px, other.bottom_px) - max(self.top_px, other.top_px)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        overlap_px2 = self.overlap_px2(other)
        union = self.area_px2 + other.area_px2 - overlap_px2
        return overlap_px2 / union if union > 0 else 0.0

    def shift(self, x_px: float, y_px: float) -> "Box":
        """The box moved by (x, y)."""
        return Box(self.left_px + x_px, self.top_px + y_px, self.right_px + x_px, self.bottom_px + y_px)

    def expand(self, fraction: float) -> "Box":
        """The box with ``fraction`` of its size added on every side."""
        return self.pad(fraction, fraction, fraction)

    def pad(self, beside: float, above: float, below: float) -> "Box":
        """The box with a part of its width added on each side, and of its height above and below; negative: less."""
        x_px, high_px = self.width_px * beside, self.height_px
        return Box(
            self.left_px - x_px,
            self.top_px - high_px * above,
            self.right_px + x_px,
            self.bottom_px + high_px * below,
        )

    def reaches_edge(self, width_px: int, height_px: int, input_pixel_px: float = 1.0) -> bool:
        """Whether the box comes so close to an edge of the frame that this may cut some of the plate off.

        Args:
            input_pixel_px: what a pixel of the detector's input covers of the frame: by so much a box may be off.
        """
        edge_px = max(EDGE_PX, math.ceil(input_pixel_px) + 1)
        right_px, bottom_px = width_px - edge_px, height_px - edge_px
        return min(self.left_px, self.top_px) <= edge_px or self.right_px >= right_px or self.bottom_px >= bottom_px

    def within(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """Whole pixels (left, top, right, bottom) of the part inside a frame; at least 1x1."""
        left = min(max(0, int(self.left_px)), width_px - 1)
        top = min(max(0, int(self.top_px)), height_px - 1)
        right = min(max(left + 1, int(self.right_px + 0.999)), width_px)
        bottom = min(max(top + 1, int(self.bottom_px + 0.999)), height_px)
        return left, top, right, bottom
