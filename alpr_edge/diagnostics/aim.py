"""Helps to aim and focus a camera: a line for each picture examined, with plate width, focus and exposure."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alpr_edge.app.factories import open_vision_models
from alpr_edge.diagnostics.camera import context_of_stopped_unit, frames_of
from alpr_edge.domain.diagnostics.image_quality import FOCUS, plate_checks, scene_checks
from alpr_edge.domain.diagnostics.test_card import CARD_SCALE, card_among
from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.recognition.ignore_areas import Polygon
from alpr_edge.settings import CameraSettings, Settings
from alpr_edge.vision.picture_quality import measure_plate, measure_scene
from alpr_edge.vision.recogniser import Recogniser, crop_of

EVERY_S = 0.25
"""Time between two lines: four a second, as fast as a hand at the focus can follow."""


@dataclass(frozen=True, slots=True)
class PictureValues:
    """The values of one picture. Holds no text of a plate."""

    line: str
    plate_px: float | None
    """Pixels across the widest plate; None: no plate in the picture."""
    focus: float | None
    """Per cent of what is good, the same scale with a plate and without."""
    card_read: bool


def picture_values(settings: Settings, camera_id: str, seconds: float) -> Iterator[PictureValues]:
    """Examine a camera's pictures, four a second.

    Args:
        camera_id: the camera's id; empty: the first camera.

    Raises:
        SettingsError: there is no such camera.
        CaptureError: the unit is running, or the camera gives no picture.
    """
    camera = camera_of(settings, camera_id)
    context = context_of_stopped_unit(settings)
    recogniser = open_vision_models(settings.vision, settings.unit.data_directory).recogniser
    with frames_of(context, camera) as frames:
        began_s = due_s = time.monotonic()
        for number, frame in enumerate(frames):
            now_s = time.monotonic()
            if number == 0:
                began_s = now_s
            if now_s >= due_s:
                due_s = now_s + EVERY_S
                yield _values_of(recogniser, frame, camera.ignore_areas)
            if now_s - began_s >= seconds:
                return


def camera_of(settings: Settings, camera_id: str) -> CameraSettings:
    """The settings of a camera by its id; of the first where the id is empty. Raises SettingsError."""
    camera = next((one for one in settings.camera if camera_id in {"", one.id}), None)
    if camera is None:
        names = ", ".join(one.id for one in settings.camera)
        raise SettingsError([f"--camera {camera_id}: no such camera; there are: {names}"])
    return camera


def _values_of(recogniser: Recogniser, frame: Frame, ignore_areas: Sequence[Polygon]) -> PictureValues:
    readings = recogniser.recognise(frame, ignore_areas)
    if not readings:
        scene = measure_scene(frame.pixels)
        exposure = scene_checks("", scene)[-1]
        focus = scene.focus_percent or 0.0
        text = f"no plate            focus {FOCUS.format_value(focus):>6} ({FOCUS.grade(focus)})"
        return PictureValues(f"{text}   exposure {exposure.finding} ({exposure.grade})", None, focus, card_read=False)
    card = card_among([readings])
    card_read = card is not None and card[0].right
    look = card[1] if card is not None and card_read else max(readings, key=lambda each: each.box.width_px)
    plate = measure_plate(crop_of(frame, look.box).pixels)
    exposure = plate_checks("", plate)[-1]
    focus = plate.focus_percent
    # The card is narrower than the plate it stands for.
    real_px = look.box.width_px * (CARD_SCALE if card_read else 1.0)
    what = "card read " if card_read else "a plate   "
    text = f"{what} {real_px:4.0f} px   focus {FOCUS.format_value(focus):>6} ({FOCUS.grade(focus)})"
    return PictureValues(f"{text}   exposure {exposure.finding} ({exposure.grade})", real_px, focus, card_read)
