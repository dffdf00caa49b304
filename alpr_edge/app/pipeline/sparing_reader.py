"""Leaves out looks at a live camera's frames that would show nothing new.

A standing patrol car sees the same parked cars thirty times a second. A picture that has not changed is not searched
for plates, for less than :data:`BLIND_MS_MAX` at a time and while no plate in view waits for its decision. A plate
whose read is decided and certain is not read again until it grows, looks different, or some time has passed. A replay
at full pace leaves nothing out, so that it can be repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.ignore_areas import Polygon
from alpr_edge.domain.recognition.known_plates import KnownPlates, seen_again
from alpr_edge.vision.recogniser import Recogniser
from alpr_edge.vision.small_pictures import is_unchanged, small_scene

BLIND_MS_MAX = 200.0
"""Longest time between two searches for plates, whatever the pictures look like."""


@dataclass(frozen=True, slots=True, eq=False)
class _SearchedFrame:
    """A frame that was searched for plates."""

    number: int
    captured_at: Instant
    scene: Pixels
    """Its small form."""


class SparingReader:
    """Reads the frames of one camera, and leaves out what need not be looked at. Safe to use from several threads."""

    def __init__(self, recogniser: Recogniser, areas: Sequence[Polygon], *, is_sparing: bool) -> None:
        self._recogniser = recogniser
        self._areas = areas
        self._is_sparing = is_sparing
        self._known = KnownPlates()
        self._lock = Lock()
        self._searched: _SearchedFrame | None = None
        """The newest frame that was searched."""
        self.unchanged_count = 0
        """Frames that were not searched for plates."""
        self.spared_count = 0
        """Plates that were found and not read."""

    @property
    def figures(self) -> dict[str, int]:
        """What health tells of the looks left out."""
        return {"frames_unchanged": self.unchanged_count, "plates_not_read": self.spared_count}

    def update_known(self, known: KnownPlates) -> None:
        """Take over what tracking knows after a frame."""
        self._known = known

    def read(self, frame: Frame) -> list[Reading]:
        """Look at a frame as far as needed (:meth:`~alpr_edge.vision.recogniser.Recogniser.read_frame`)."""
        if not self._is_sparing:
            return self._recogniser.read_frame(frame, self._areas)
        known, scene = self._known, small_scene(frame.pixels)
        searched = self._searched
        if searched is not None and _shows_nothing_new(frame, scene, known, searched):
            with self._lock:
                self.unchanged_count += 1
            return [seen_again(look, frame) for look in known.looks if look.frame_number >= searched.number]
        readings = self._recogniser.read_frame(frame, self._areas, known)
        with self._lock:
            self.spared_count += sum(reading.is_spared for reading in readings)
            if self._searched is None or self._searched.number < frame.number:
                self._searched = _SearchedFrame(frame.number, frame.captured_at, scene)
        return readings


def _shows_nothing_new(frame: Frame, scene: Pixels, known: KnownPlates, searched: _SearchedFrame) -> bool:
    """Whether the frame looks as the one that was searched last, of which the result is known."""
    if known.is_waiting or known.frame_number < searched.number:
        return False
    age_ms = frame.captured_at.ms_since(searched.captured_at)
    return 0 <= age_ms < BLIND_MS_MAX and is_unchanged(scene, searched.scene)
