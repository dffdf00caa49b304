"""What a tree's alerting is fed with and what comes of it: the same for every release, however it works inside."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Reading
from scripts.benchmarks.alerts.looks import Look, LookSequence

CAMERA = "bench"
START = datetime(2026, 1, 1, tzinfo=UTC)
TAIL_MS = 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 35_000.0, 40_000.0
"""After the last frame, empty ones: the vehicle is gone, and the camera goes on."""

FrameLooks = tuple[Frame, list[Reading]]


class ProbedList:
    """A live list that holds no text, until one that is looked up for the first time is put on it.

    Args:
        size: how many entries it says that it has.
        is_put_on: a function that says of each text, when it is looked up first, whether it stands on the list from
            then on; before, that would have made no difference.
    """

    def __init__(self, size: int, is_put_on: Callable[[str], bool]) -> None:
        self._generation = Generation("bench", 1, START, START, size)
        self._is_put_on = is_put_on
        self._asked: set[str] = set()
        self.text: str | None = None
        """The only text on it."""

    def exact(self, plate: str) -> Iterable[tuple[HotlistEntry, Generation]]:
        """The entry of a text, if it is on the list."""
        if self.text is None and plate not in self._asked:
            self._asked.add(plate)
            if self._is_put_on(plate):
                self.text = plate
        if plate != self.text:
            return []
        return [(HotlistEntry("bench", plate, plate, None, Reason.STOLEN_VEHICLE), self._generation)]

    def partial(self, _plate: str, _clear: str | None = None) -> Iterable[tuple[HotlistEntry, Generation]]:
        """No entry: the list has no wildcards."""
        return []


@dataclass(frozen=True, slots=True)
class HeardTone:
    """A tone that sounded for an entry."""

    read_id: str
    entry: str
    """Canonical text of the entry."""
    is_full: bool
    """Whether it was a tone of the entry's level, not that of a possible hit."""
    at_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class DrivenRead:
    """A read that was made."""

    read_id: str
    plate: str
    stands: bool
    """Whether no later one corrects it."""
    looks: tuple[tuple[int, Box], ...]
    """Frames and places that it is of, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class DriveResult:
    """What came of frames."""

    tones: list[HeardTone]
    reads: list[DrivenRead]


class Driver(Protocol):
    """What knows the alerting of some releases."""

    def grade(self, entries: int) -> object:
        """A value that is equal for lists of two sizes where alerting treats them alike."""

    def drive(self, frames: list[FrameLooks], entries: ProbedList) -> DriveResult:
        """Take frames through this tree's alerting, one after the other, until the source ends."""


def instant(at_ms: float) -> Instant:
    """A moment of a drive, by a clock that is trusted."""
    return Instant(CAMERA, 0, START, UtcSource.GNSS).shift(at_ms)


def frames_of(one: LookSequence) -> list[FrameLooks]:
    """Frames without a picture and the readings of each, then the empty ones after them."""
    by_frame: dict[int, list[Look]] = {}
    for look in one.looks:
        by_frame.setdefault(look.frame, []).append(look)
    begin_ms = one.frames[0][0]
    frames = []
    for number, (at_ms, width, height) in enumerate(one.frames):
        frame = _frame(number, at_ms - begin_ms, width, height)
        frames.append((frame, [_reading(look, frame) for look in by_frame.get(number, ())]))
    last_ms, width, height = one.frames[-1]
    tail = [_frame(len(frames) + i, last_ms - begin_ms + ms, width, height) for i, ms in enumerate(TAIL_MS)]
    return [*frames, *((frame, []) for frame in tail)]


def _frame(number: int, at_ms: float, width: int, height: int) -> Frame:
    return Frame(CAMERA, number, instant(at_ms), np.broadcast_to(np.uint8(0), (height, width, 3)))


def _reading(look: Look, frame: Frame) -> Reading:
    """The reading of a look, of which a release may know less."""
    values: dict[str, Any] = {
        "frame_number": frame.number,
        "captured_at": frame.captured_at,
        "box": look.box,
        "detection_confidence": look.detection_confidence,
        "slot_probabilities": look.slot_probabilities,
        "sharpness": look.sharpness,
        "is_accepted": look.is_accepted,
        "small_crop": look.small_crop,
        "is_cut": look.is_cut,
    }
    known = {field.name for field in fields(Reading)}
    return Reading(**{name: value for name, value in values.items() if name in known})
