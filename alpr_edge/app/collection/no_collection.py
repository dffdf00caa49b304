"""Drops the frames of cameras while the car is in an area in which nothing is collected, before anything looks at them.

A frame is judged by the position at its capture, which is known from the fixes before it. Frames are counted by area
and camera, for health and for the record; neither tells when the car was there, nor where.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from alpr_edge.domain.collection.areas import NoCollectionArea, area_of
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings.capture import CaptureSettings

UNKNOWN_PLACE = "position-unknown"
"""The name by which frames are counted that were dropped because the position was not known."""
Place = tuple[str, str]
"""An area and a camera, by which frames are counted."""


@dataclass(slots=True)
class FrameDrops:
    """How many frames were dropped, by area and camera; threads may share it."""

    _lock: Lock = field(default_factory=Lock)
    _total: Counter[Place] = field(default_factory=Counter)
    _new: Counter[Place] = field(default_factory=Counter)
    _silent: set[str] = field(default_factory=set)

    @property
    def silent_cameras(self) -> list[str]:
        """The cameras whose newest frame was dropped: they read nothing at present, and nothing is wrong with them."""
        with self._lock:
            return sorted(self._silent)

    def note_use(self, camera_id: str) -> None:
        """Note that a frame of a camera is used."""
        with self._lock:
            self._silent.discard(camera_id)

    def add(self, area: str, camera_id: str) -> None:
        """Count a frame."""
        with self._lock:
            self._total[area, camera_id] += 1
            self._new[area, camera_id] += 1
            self._silent.add(camera_id)

    def take_new(self) -> dict[Place, int]:
        """The frames that were counted since the last call, by area and camera."""
        with self._lock:
            taken, self._new = dict(self._new), Counter()
        return taken

    def give_back(self, counts: dict[Place, int]) -> None:
        """Count as new again what could not be put on record."""
        with self._lock:
            self._new.update(counts)

    def figures(self) -> dict[str, Any]:
        """What health tells: frames since the start, by area and camera."""
        with self._lock:
            return {f"{area}, {camera_id}": count for (area, camera_id), count in sorted(self._total.items())}


class CollectionLimits:
    """Decides for each frame whether it may be used."""

    def __init__(self, settings: CaptureSettings, locate: Callable[[Instant], Position | None]) -> None:
        self._areas: tuple[NoCollectionArea, ...] = tuple(one.area for one in settings.no_collection_areas)
        self._drops_unknown = settings.needs_position
        self._locate = locate
        self.drops = FrameDrops()
        """What was dropped."""

    def takes(self, frame: Frame) -> bool:
        """Whether a frame may be used; one that may not is counted."""
        area = self._area_of(frame) if self._areas else None
        if area is None:
            self.drops.note_use(frame.camera_id)
        else:
            self.drops.add(area, frame.camera_id)
        return area is None

    def _area_of(self, frame: Frame) -> str | None:
        """The name of the area that a frame was taken in; None: it may be used."""
        position = self._locate(frame.captured_at)
        if position is None:
            return UNKNOWN_PLACE if self._drops_unknown else None
        area = area_of(self._areas, position)
        return None if area is None else area.name
