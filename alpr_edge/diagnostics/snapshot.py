"""A picture of a camera with its plates blacked out, to find the corners of ``ignore_areas`` by."""

import time
from collections.abc import Sequence

import cv2
import numpy as np

from alpr_edge.app.factories import open_models
from alpr_edge.diagnostics.aim import camera_of
from alpr_edge.diagnostics.camera import SETTLE_S, context_of_stopped_unit, frames_of
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.ports import Detector
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.domain.recognition.ignore_areas import Polygon
from alpr_edge.settings import Settings

FRAMES = 5
"""Frames in which plates are looked for; all that is found in any of them is blacked out in the last."""
MARGIN = 0.25
"""How much larger than its box a plate is blacked out, on every side, as a share of the box."""
GRID_STEPS = 10
_GRID, _AREA = (170, 170, 170), (0, 0, 255)


def take_snapshot(settings: Settings, camera_id: str) -> Pixels:
    """Take a camera's picture, black its plates out, and draw a grid of tenths and the areas of the settings.

    Args:
        camera_id: the camera's id; empty: the first camera.

    Raises:
        SettingsError: there is no such camera.
        CaptureError: the unit is running, or the camera gives no picture.
    """
    camera = camera_of(settings, camera_id)
    context = context_of_stopped_unit(settings)
    detector, _ = open_models(settings.vision, settings.unit.data_directory)
    recent: list[Frame] = []
    with frames_of(context, camera) as frames:
        began_s = time.monotonic()
        for frame in frames:
            recent = [*recent, frame][-FRAMES:]
            if len(recent) == FRAMES and time.monotonic() - began_s >= SETTLE_S:
                break
    if not recent:
        raise CaptureError(f"camera {camera.id}: gave no picture")
    return draw_grid_and_areas(without_plates(recent, detector), camera.ignore_areas)


def without_plates(frames: Sequence[Frame], detector: Detector) -> Pixels:
    """The last of some frames, black wherever the detector sees a plate in one of them, however doubtful."""
    picture = frames[-1].pixels.copy()
    for frame in frames:
        for detection in detector.detect(frame):
            left, top, right, bottom = detection.box.expand(MARGIN).within(frame.width_px, frame.height_px)
            picture[top:bottom, left:right] = 0
    return picture


def draw_grid_and_areas(picture: Pixels, areas: Sequence[Polygon]) -> Pixels:
    """The picture with lines at every tenth of its width and height, and the areas with their numbers."""
    height, width = picture.shape[:2]
    canvas = picture.copy()
    for step in range(1, GRID_STEPS):
        x, y = width * step // GRID_STEPS, height * step // GRID_STEPS
        cv2.line(canvas, (x, 0), (x, height - 1), _GRID, 1)
        cv2.line(canvas, (0, y), (width - 1, y), _GRID, 1)
        _write(canvas, f"{step / GRID_STEPS:.1f}", (x + 2, 12), _GRID)
        _write(canvas, f"{step / GRID_STEPS:.1f}", (2, y - 2), _GRID)
    for number, area in enumerate(areas, 1):
        corners = np.array([(round(x * (width - 1)), round(y * (height - 1))) for x, y in area], np.int32)
        cv2.polylines(canvas, [corners], isClosed=True, color=_AREA, thickness=2)
        left, top = (int(side) for side in corners.mean(axis=0))
        _write(canvas, str(number), (left, top), _AREA)
    return canvas


def _write(picture: Pixels, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Write a short text that can be read on light and on dark."""
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
