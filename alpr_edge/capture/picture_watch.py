"""Notices a camera that gives no picture any more, or always the same one, while its driver reports no fault.

The noise of a sensor makes two pictures of one view differ, so two that are equal in every byte are one picture. A
network camera's encoder leaves small changes out until its next whole picture: of a parked car's view, at strong
compression, 29 pictures in a row came out equal (x264, crf 38, a whole picture every 30, noise of 2 levels). There
equal pictures prove something only while the car drives, or once they lasted longer than whole pictures are apart.
"""

import time
from collections.abc import Callable, Generator, Iterator

import numpy as np

from alpr_edge.domain.ports import FrameSource
from alpr_edge.domain.recognition.frames import Frame, Pixels

LOOK_S = 0.25
"""Time between two comparisons."""
SILENT_S = 2.0
"""Longest time without a picture; with the round of checks it is told within three seconds."""
SILENT_PERIODS = 3.0
"""The same of a slow camera, in times from picture to picture."""
STILL_S = 1.5
"""Longest time of equal pictures from a sensor, or of a network camera while the car drives."""
STILL_PARKED_S = 30.0
"""Longest time of equal pictures of a network camera while the car stands, or its speed is not known."""
SPARSE = 16
"""Of so many rows and columns one is compared first, which is nearly free."""
TEXTURE_MIN = 4.0
"""Least spread of the levels of a picture that shows something; a black one may be equal to the next by itself."""


class PictureWatch:
    """Follows the pictures of one camera; the camera's thread notes them, and any other may ask.

    Args:
        fps: the camera's pictures a second by its settings; None: not known.
    """

    def __init__(
        self,
        fps: float | None = None,
        *,
        is_encoded: bool = False,
        is_driving: Callable[[], bool] = lambda: False,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silent_s = max(SILENT_S, 0.0 if fps is None else SILENT_PERIODS / fps)
        self._is_encoded = is_encoded
        self._is_driving = is_driving
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        """Begin anew, as the camera is opened."""
        self._arrived_s: float | None = None
        self._before: Pixels | None = None
        self._compared_s = float("-inf")
        self._equal_since_s: float | None = None
        self._drives_since_s: float | None = None

    def note(self, pixels: Pixels) -> None:
        """Note that a picture came, and compare it with an earlier one if it is time for that."""
        now_s = self._arrived_s = self._seconds()
        if now_s - self._compared_s < LOOK_S:
            return
        compared_s, before = self._compared_s, self._before
        self._compared_s, self._before = now_s, pixels
        if before is None or not _is_equal(before, pixels):
            self._equal_since_s = None
        elif self._equal_since_s is None:
            self._equal_since_s = compared_s
        if not self._is_encoded or not self._is_driving():
            self._drives_since_s = None
        elif self._drives_since_s is None:
            self._drives_since_s = now_s

    @property
    def silence(self) -> str:
        """That no picture comes any more; empty while they do, and before the first."""
        arrived_s, now_s = self._arrived_s, self._seconds()
        if arrived_s is None or now_s - arrived_s <= self._silent_s:
            return ""
        return f"gave no picture for {now_s - arrived_s:.0f} s"

    @property
    def standstill(self) -> str:
        """That the picture is always the same one; empty while it changes."""
        since_s, drives_since_s = self._equal_since_s, self._drives_since_s
        if since_s is None:
            return ""
        now_s = self._seconds()
        is_proved = now_s - since_s >= (STILL_PARKED_S if self._is_encoded else STILL_S)
        if drives_since_s is not None:
            is_proved |= now_s - max(since_s, drives_since_s) >= STILL_S
        return f"the same picture for {now_s - since_s:.0f} s, to the last bit" if is_proved else ""


class WatchedSource:
    """A camera whose pictures are noted on their way; a :class:`~alpr_edge.domain.ports.FrameSource`."""

    def __init__(self, source: FrameSource, watch: PictureWatch) -> None:
        self._source = source
        self._watch = watch

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of one opening, as the source does; raises what it raises."""
        self._watch.begin()
        stream = self._source.frames()
        try:
            for frame in stream:
                self._watch.note(frame.pixels)
                yield frame
        finally:
            if isinstance(stream, Generator):
                stream.close()


def _is_equal(before: Pixels, after: Pixels) -> bool:
    """Whether two pictures that show something are equal in every byte."""
    sample = after[::SPARSE, ::SPARSE]
    if not np.array_equal(before[::SPARSE, ::SPARSE], sample) or float(sample.std()) < TEXTURE_MIN:
        return False
    return np.array_equal(before, after)
