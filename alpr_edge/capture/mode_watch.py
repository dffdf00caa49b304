"""Notices a camera that gives smaller or fewer pictures than its settings ask for.

A driver gives its nearest where it has no such mode, and so does a camera that comes back on a slower line: after a
brown-out of its hub, on USB 2 in place of 3, or behind other devices. It works, and plates are read from nearer by.
"""

import math
import time
from collections.abc import Callable

from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import V4l2Camera

MODE_SHARE_MIN = 0.9
"""Least share of the rate of the settings that a driver's mode may have; ``unit check`` asks for the same."""
ARRIVAL_SHARE_MIN = 0.2
"""The same of the rate at which pictures come. Long exposures in the dark halve it, and halve it again."""
SLOW_S = 60.0
"""How long they come more slowly before it is told: a busy start or a reopened camera takes some seconds."""


class ModeWatch:
    """Follows size and rate of one camera's pictures; the camera's thread notes them, and any other may ask.

    Args:
        fps_offered: gives the pictures a second that come, smoothed; None: not known.
    """

    def __init__(
        self,
        camera: V4l2Camera,
        fps_offered: Callable[[], float | None] = lambda: None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera = camera
        self._fps_offered = fps_offered
        self._seconds = seconds
        self.begin(0.0)

    def begin(self, mode_fps: float) -> None:
        """Begin anew, as the camera is opened.

        Args:
            mode_fps: the rate of its mode as its driver tells it; 0 or less: it tells none.
        """
        self._mode_fps = mode_fps if math.isfinite(mode_fps) else 0.0
        self._slow_since_s: float | None = None
        self.size_px: tuple[int, int] | None = None
        """Width and height of the newest picture; None before the first."""

    def note(self, pixels: Pixels) -> None:
        """Note that a picture came."""
        height_px, width_px = pixels.shape[:2]
        self.size_px = width_px, height_px
        fps = self._fps_offered()
        if fps is None or fps >= ARRIVAL_SHARE_MIN * self._camera.fps:
            self._slow_since_s = None
        elif self._slow_since_s is None:
            self._slow_since_s = self._seconds()

    @property
    def trouble(self) -> str:
        """What it gives in place of what is asked for; empty where that is the same, and before the first picture."""
        if self.size_px is None:
            return ""
        return "; ".join(filter(None, (size_trouble(self._camera, self.size_px), self._rate_trouble())))

    def _rate_trouble(self) -> str:
        wanted_fps, fps, since_s = self._camera.fps, self._fps_offered(), self._slow_since_s
        if 0 < self._mode_fps < MODE_SHARE_MIN * wanted_fps:
            return f"gives {self._mode_fps:.3g} pictures a second instead of {wanted_fps:g}"
        if fps is not None and since_s is not None and self._seconds() - since_s >= SLOW_S:
            return f"gives {fps:.2g} pictures a second instead of {wanted_fps:g}"
        return ""


def size_trouble(camera: V4l2Camera, size_px: tuple[int, int]) -> str:
    """That pictures of a size are not those of the settings; empty where they are."""
    if size_px == (camera.width_px, camera.height_px):
        return ""
    return f"gives pictures of {size_px[0]}x{size_px[1]} pixels instead of {camera.width_px}x{camera.height_px}"
