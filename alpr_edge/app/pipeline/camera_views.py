"""Looks twice a second at what each camera sees, and tells when that is nothing, or not enough.

It does so in the camera's own thread, on one frame in fifteen of a camera of 30 frames a second.

A shutter that is short enough for plates leaves a road without lamps black at night but for lights and plates, as if
the lens were covered. What a camera was set to tells no difference: under a cover, too, automatic exposure and gain go
up to their ceilings, and cameras on USB and on the network tell neither. So none is looked at while it is known to be
night. Under an infrared lamp all but plates is black from dusk on: such a camera is looked at by day alone.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.pipeline.pipeline import CameraInput
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.diagnostics.camera_view import ViewFault
from alpr_edge.domain.diagnostics.view_watch import ViewWatch
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.position.sun import is_bright, is_sun_up
from alpr_edge.vision.view_measure import measure_view

LOOK_S = 0.5
"""Time between two looks of a camera."""
FIX_AGE_MS_MAX = 3000.0
"""A speed that is older is not known any more."""
_KINDS = {
    ViewFault.COVERED: (FaultKind.CAMERA_COVERED, "its picture shows nothing: it is covered, or black"),
    ViewFault.WASHED_OUT: (FaultKind.CAMERA_WASHED_OUT, "its picture is washed out: much of it is burnt out"),
    ViewFault.OUT_OF_FOCUS: (FaultKind.CAMERA_OUT_OF_FOCUS, "its picture is less sharp than it usually is"),
    ViewFault.TURNED_AWAY: (FaultKind.CAMERA_TURNED_AWAY, "its picture does not show the road that passes by"),
    ViewFault.DIRTY: (FaultKind.CAMERA_DIRTY, "part of its picture shows nothing while the car drives"),
}


class _View:
    """The watch of one camera; frames of one that was opened again may come from another thread."""

    def __init__(self, speed_at: Callable[[Instant], float | None], shows_road_at: Callable[[Instant], bool]) -> None:
        self._speed_at = speed_at
        self._shows_road_at = shows_road_at
        self._lock = threading.Lock()
        self._watch = ViewWatch()
        self._looked_s = float("-inf")

    @property
    def fault(self) -> ViewFault | None:
        return self._watch.fault

    def look(self, frame: Frame) -> None:
        """Measure a frame, if it is time for that."""
        at_s = frame.captured_at.boottime_ns / (1000 * NS_PER_MS)
        with self._lock:
            if at_s - self._looked_s < LOOK_S:
                return
            self._looked_s = at_s
            if not self._shows_road_at(frame.captured_at):
                self._watch = ViewWatch()
                return
            sample = measure_view(frame.pixels)
            if sample is not None:
                self._watch.look(sample, at_s, self._speed_at(frame.captured_at))


class CameraViews:
    """What every camera of a unit sees.

    Args:
        limits: where their frames may be used: of others nothing is measured.
        latest_fix: a function that gives the receiver's newest fix, however old; None: there was none.
        note: receives each frame that may be used, on the camera's thread.
    """

    def __init__(
        self,
        inputs: Sequence[CameraInput],
        limits: CollectionLimits,
        latest_fix: Callable[[], Fix | None],
        infrared: Collection[str] = (),
        live: Collection[str] = (),
        note: Callable[[Frame], None] = lambda _: None,
    ) -> None:
        self._limits = limits
        self._note = note
        self._latest_fix = latest_fix
        conditions = dict.fromkeys(live, self._is_not_dark) | dict.fromkeys(infrared, self._is_bright)
        camera_ids = [camera.camera_id for camera in inputs]
        self._views = {name: _View(self._speed_at, conditions.get(name, lambda _: True)) for name in camera_ids}
        self.inputs = [self._with_view(camera) for camera in inputs]
        """The cameras, which take the frames that may be used; these are looked at on their way."""

    def faults(self) -> list[Fault]:
        """What is wrong with what the cameras see."""
        return [_fault(camera_id, view.fault) for camera_id, view in self._views.items() if view.fault is not None]

    def _with_view(self, camera: CameraInput) -> CameraInput:
        view = self._views[camera.camera_id]

        def takes(frame: Frame) -> bool:
            is_taken = self._limits.takes(frame)
            if is_taken:
                view.look(frame)
                self._note(frame)
            return is_taken

        return replace(camera, takes=takes)

    def _speed_at(self, captured_at: Instant) -> float | None:
        """How fast the car goes by a recent fix, in metres a second."""
        fix = self._latest_fix()
        if fix is None or fix.received_at.boot_id != captured_at.boot_id:
            return None
        return fix.speed_mps if abs(captured_at.ms_since(fix.received_at)) <= FIX_AGE_MS_MAX else None

    def _is_bright(self, captured_at: Instant) -> bool:
        """Whether it is known that the road was bright by the sun."""
        fix, utc = self._latest_fix(), captured_at.trusted_utc
        return fix is not None and utc is not None and is_bright(fix, utc)

    def _is_not_dark(self, captured_at: Instant) -> bool:
        """Whether it is not known that the sun was down: at dusk a short shutter gets too little light already."""
        fix, utc = self._latest_fix(), captured_at.trusted_utc
        return fix is None or utc is None or is_sun_up(fix, utc)


def _fault(camera_id: str, found: ViewFault) -> Fault:
    kind, text = _KINDS[found]
    return Fault(kind, f"camera {camera_id}", f"camera {camera_id}: {text}")
