"""Checks a camera: its rate, focus and exposure, and whether it reads the test card.

A running unit holds the camera. Then its rate is taken from the unit's health, and the pictures that it stored with its
newest reads are measured: a test card held before the camera is among them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import cv2
import numpy as np

from alpr_edge.app.cameras import Camera
from alpr_edge.app.clock import open_computer_clock
from alpr_edge.app.factories import open_vision_models
from alpr_edge.app.instance_lock import is_locked
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.capture.camera_tunings import write_tunings
from alpr_edge.capture.mode_watch import size_trouble
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, amber, frame_rate, green, red
from alpr_edge.domain.diagnostics.image_quality import plate_checks, scene_checks
from alpr_edge.domain.diagnostics.test_card import CardSeen, card_among, card_checks, is_like_card
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.reads import EvidenceKind, PlateRead
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.runtime.health import Health
from alpr_edge.settings import CameraSettings, FolderCamera, Settings, SimulatedCamera, V4l2Camera, VideoCamera
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.vision.picture_quality import measure_plate, measure_scene
from alpr_edge.vision.recogniser import crop_of

OPEN_S_MAX = 12.0
SETTLE_S = 1.0
"""Wait after opening a camera, which still adjusts its exposure."""
WATCH_S = 3.0
"""Time for which frames are taken after that."""
LOOKS = 6
"""Frames of these seconds that are read: enough to vote on, and read soon on a small computer."""
RECENT_MS = 600_000.0
"""Reads of the last ten minutes show the present state of the camera."""
READS_LOOKED_AT = 300
_CABLE = "check cable and power; see v4l2-ctl --list-devices"
_MODE = "plug it into a port of its own, or set width_px, height_px and fps to a mode of v4l2-ctl --list-formats-ext"
_SHOW = "hold the test card before the camera (alpr-edge unit card) and run this again, or --skip card"
_OTHER_RECORDING = (
    "a recording stays as it was made: give another one as path of its [[camera]], or replace it by a camera"
)


def check_camera(context: CheckContext, settings: CameraSettings) -> list[Check]:
    """Check one camera: its rate, focus, exposure and the test card, with other advice for a recording."""
    checks = _check_camera(context, settings)
    if not isinstance(settings, VideoCamera | FolderCamera | SimulatedCamera):
        return checks
    seen = [check for check in checks if check.todo != _SHOW or not check.name.endswith(" card")]
    return [replace(check, todo=_OTHER_RECORDING) if check.todo else check for check in seen]


def _check_camera(context: CheckContext, settings: CameraSettings) -> list[Check]:
    name = f"camera {settings.id}"
    if context.running:
        return _check_running(context, settings, name)
    try:
        frames, fps = watch(context, settings)
    except CaptureError as error:
        return [red(name, str(error).removeprefix(f"{name}: "), _CABLE)]
    card_look = None
    if "card" not in context.skip:
        models = open_vision_models(context.settings.vision, context.settings.unit.data_directory)
        read = [(frame, models.recogniser.recognise(frame, settings.ignore_areas)) for frame in frames]
        card_look = card_among(readings for _, readings in read)
    checks = [] if "camera" in context.skip else [_check_rate(context, settings, name, fps)]
    checks += [] if "camera" in context.skip else check_size(settings, frames[-1].pixels)
    if card_look is None:
        missing = [] if "card" in context.skip else [amber(f"{name} card", "not seen", _SHOW)]
        return [*checks, *_check_scene(context, name, frames[-1].pixels), *missing]
    card, look = card_look
    frame = next(frame for frame, readings in read if any(reading is look for reading in readings))
    plate = [] if "camera" in context.skip else plate_checks(name, measure_plate(crop_of(frame, look.box).pixels))
    return [*checks, *plate, *card_checks(name, card, context.card_m)]


def watch(context: CheckContext, settings: CameraSettings) -> tuple[list[Frame], float]:
    """Take some frames over some seconds, and the rate at which they came."""
    timed_frames: list[tuple[float, Frame]] = []
    with frames_of(context, settings) as frames:
        for frame in frames:
            now_s = time.monotonic()
            first_s = timed_frames[0][0] if timed_frames else now_s
            timed_frames.append((now_s, frame if _is_look(now_s - first_s, timed_frames) else _without_pixels(frame)))
            if now_s - first_s >= SETTLE_S + WATCH_S:
                break
    steady_frames = [item for item in timed_frames if item[0] - timed_frames[0][0] >= SETTLE_S] or timed_frames
    looks = [frame for _, frame in steady_frames if frame.pixels.size]
    if not looks:
        raise CaptureError(f"camera {settings.id}: gave no picture for long enough to judge it")
    span_s = steady_frames[-1][0] - steady_frames[0][0]
    return looks, (len(steady_frames) - 1) / span_s if span_s > 0 else 0.0


def context_of_stopped_unit(settings: Settings) -> CheckContext:
    """The conditions while the unit does not run and its cameras are free."""
    if is_locked(settings.unit.data_directory):
        raise CaptureError("alpr-edge run holds the camera; systemctl stop alpr-edge, run this, and start it again")
    return CheckContext(settings, open_computer_clock(settings))


@contextmanager
def frames_of(context: CheckContext, settings: CameraSettings) -> Iterator[Iterator[Frame]]:
    """Yield a camera's frames until it fails for the first time; releases it in the end."""
    halt, has_frames = threading.Event(), False
    write_tunings(context.settings.camera, context.settings.unit.runtime_directory)
    camera = Camera(settings, context.system, halt.wait)
    began_s = time.monotonic()

    def end_wait() -> None:
        """End the wait for a camera that is down and never gave a frame."""
        if not has_frames or time.monotonic() - began_s > OPEN_S_MAX:
            halt.set()

    def iterate_frames() -> Iterator[Frame]:
        nonlocal has_frames
        for frame in camera.frames(end_wait):
            has_frames = True
            yield frame

    frames = iterate_frames()
    try:
        yield frames
    finally:
        halt.set()
        frames.close()  # type: ignore[attr-defined]  # a generator
    if not has_frames:
        raise CaptureError(camera.trouble or f"camera {settings.id}: gives no frame")


def _is_look(after_s: float, timed_frames: list[tuple[float, Frame]]) -> bool:
    """Whether a frame is one of those to be read, which are spread over the time."""
    looks = sum(1 for _, frame in timed_frames if frame.pixels.size)
    return looks < LOOKS and after_s >= SETTLE_S + looks * WATCH_S / LOOKS


def _without_pixels(frame: Frame) -> Frame:
    """A frame that is only counted: three seconds of whole frames would fill a small computer's memory."""
    return Frame(frame.camera_id, frame.number, frame.captured_at, np.zeros((0, 0, 3), np.uint8))


def _check_rate(context: CheckContext, settings: CameraSettings, name: str, fps: float) -> Check:
    decision = context.settings.decision
    wanted_fps = getattr(settings, "fps", None)
    return frame_rate(f"{name} rate", fps, wanted_fps, decision.readings_max, decision.timeout_ms)


def check_size(settings: CameraSettings, pixels: Pixels) -> list[Check]:
    """Check whether pictures have the size of the settings; no check where these name none, or the camera fails."""
    if not isinstance(settings, V4l2Camera):
        return []
    name, size_px = f"camera {settings.id} size", (pixels.shape[1], pixels.shape[0])
    if trouble := size_trouble(settings, size_px):
        return [amber(name, trouble, _MODE)]
    return [green(name, f"{size_px[0]}x{size_px[1]} pixels")]


def check_running_mode(health: Health, name: str) -> list[Check]:
    """Check what a running unit says of size and rate of a camera's pictures; no check where it says nothing."""
    faults = [fault for fault in health.figures.get("faults", ()) if fault["kind"] == FaultKind.CAMERA_MODE.value]
    texts = [fault["text"].removeprefix(f"{name}: ") for fault in faults if fault["subject"] == name]
    return [amber(f"{name} size", text, _MODE) for text in texts]


def _check_scene(context: CheckContext, name: str, pixels: Pixels, *, is_reduced: bool = False) -> list[Check]:
    return [] if "camera" in context.skip else scene_checks(name, measure_scene(pixels, is_reduced=is_reduced))


def _check_running(context: CheckContext, settings: CameraSettings, name: str) -> list[Check]:
    """Check a camera by the health and the reads of the running unit."""
    before = context.health()
    if before is None:
        return [red(name, "alpr-edge run is running and reports no health", "journalctl -u alpr-edge")]
    modes = check_running_mode(before, name)
    texts = [line.removeprefix(f"{name}: ") for line in before.troubles if line.startswith(f"{name}: ")]
    if troubles := [text for text in texts if text not in {mode.finding for mode in modes}]:
        return [red(name, troubles[0], _CABLE)]
    checks = [] if "camera" in context.skip else [_check_running_rate(context, settings, name), *modes]
    with open_store(context.settings, migrate=False) as store:
        recent = [item.read for item in store.reads.recent(READS_LOOKED_AT, hits_only=False)]
        now = context.system.now()
        mine = [read for read in recent if read.camera_id == settings.id and _is_recent(read, now.boot_id, context)]
        card = next((read for read in mine if is_like_card(read.plate)), None)
        newest = card or next(iter(mine), None)
        if newest is None:
            return [*checks, amber(name, "no plate was read for ten minutes: focus not measured", _SHOW)]
        checks += _check_pictures(context, store, name, newest)
    if "card" in context.skip:
        return checks
    if card is None:
        return [*checks, amber(f"{name} card", "not among the reads of ten minutes", _SHOW)]
    card_look = CardSeen(card.plate, card.confidence, card.box.width_px, card.vote_count)
    return [*checks, *card_checks(name, card_look, context.card_m)]


def _check_running_rate(context: CheckContext, settings: CameraSettings, name: str) -> Check:
    """Check the rate by the health file over some seconds."""
    began, before = _frame_count(context, settings.id), time.monotonic()
    time.sleep(WATCH_S)
    after_count, after = _frame_count(context, settings.id), time.monotonic()
    if began is None or after_count is None:
        return red(f"{name} rate", "alpr-edge run stopped reporting its health", "journalctl -u alpr-edge")
    return _check_rate(context, settings, name, (after_count - began) / (after - before))


def _frame_count(context: CheckContext, camera_id: str) -> int | None:
    """Frames of a camera so far, read just after the unit wrote its health again."""
    path = context.settings.unit.runtime_directory / "run.json"
    mark, until_s = path.stat().st_mtime_ns, time.monotonic() + 5
    while path.stat().st_mtime_ns == mark and time.monotonic() < until_s:
        time.sleep(0.02)
    health = context.health()
    figures = {} if health is None else health.figures.get("cameras", {}).get(camera_id, {})
    return int(figures["captured"]) if "captured" in figures else None


def _check_pictures(context: CheckContext, store: UnitStore, name: str, read: PlateRead) -> list[Check]:
    """Check focus and exposure by the pictures stored with a read."""
    if "camera" in context.skip:
        return []
    pictures = {ref.kind: store.images.get(ref.sha256) for ref in read.evidence}
    if EvidenceKind.CROP in pictures:
        crop = cv2.imdecode(np.frombuffer(pictures[EvidenceKind.CROP], np.uint8), cv2.IMREAD_COLOR)
        if crop is not None:
            return plate_checks(name, measure_plate(np.asarray(crop, np.uint8)))
    return [amber(name, "no picture of its newest read: focus not measured", _SHOW)]


def _is_recent(read: PlateRead, boot_id: str, context: CheckContext) -> bool:
    return read.last_seen.boot_id == boot_id and context.system.now().ms_since(read.last_seen) <= RECENT_MS
