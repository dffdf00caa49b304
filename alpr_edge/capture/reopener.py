"""Keeps a camera running: released and reopened with growing waits for as long as the unit runs."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import structlog

from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.ports import FrameSource
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.retry import Backoff

log = structlog.get_logger(__name__)

STEADY_S = 10.0
"""Time of frames after which a camera counts as working again; one that fails sooner waits longer each time, so that a
loose plug is not opened every other second. No longer, as the wait after a failure is time without pictures."""


class Reopener:
    """Gives the frames of a source, which it opens again after each failure.

    Its counters are written by the thread that iterates and may be read by any other.

    Args:
        draw: uniform in [0, 1), for the jitter of the waits.
        wait: a function that waits so many seconds; False when the unit stops, which ends the frames.
    """

    def __init__(
        self,
        source: FrameSource,
        backoff: Backoff,
        draw: Callable[[], float],
        wait: Callable[[float], bool],
        *,
        camera_id: str = "",
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._source = source
        self._backoff = backoff
        self._draw = draw
        self._wait = wait
        self._camera_id = camera_id
        self._is_stopping = is_stopping
        self.number = 0
        """Number of the next frame."""
        self.up = False
        """Whether frames come at present."""
        self.reopen_count = 0
        """How often the source gave frames again after it had failed."""
        self.last_error: str | None = None
        """Why the source is down, or was last; None when it never was."""

    def go_on_from(self, other: "Reopener", failure: str) -> None:
        """Continue the numbers and counts of an earlier object for the same camera."""
        self.number, self.reopen_count = other.number, other.reopen_count
        self.last_error = failure if other.up else other.last_error

    def frames(self, monotonic_s: Callable[[], float] = time.monotonic) -> Iterator[Frame]:
        """Yield frames with numbers that go on across failures, until ``wait`` tells to stop."""
        failures = 0
        while True:
            worked_s = yield from self._one_opening(monotonic_s)
            if self._is_stopping():
                return
            failures = 1 if worked_s >= STEADY_S else failures + 1
            wait_s = self._backoff.wait_s(failures, self._draw())
            failure = (self.last_error or "").removeprefix(f"camera {self._camera_id}: ")
            log.warning(
                "capture.lost", camera=self._camera_id, failure=failure, failures=failures, wait_s=round(wait_s, 1)
            )
            if not self._wait(wait_s):
                return

    def _one_opening(self, monotonic_s: Callable[[], float]) -> Generator[Frame, None, float]:
        """Yield the frames of one opening; returns for how many seconds they came."""
        base, began_s, failure = self.number, None, "its thread failed; the log says why"
        stream = self._source.frames()
        try:
            for frame in stream:
                self._come_up(frame.camera_id)
                began_s = monotonic_s() if began_s is None else began_s
                self.number = base + frame.number + 1
                yield replace(frame, number=base + frame.number)
            failure = "gives no more pictures"
        except CaptureError as error:
            failure = str(error)
        finally:
            self.up, self.last_error = False, failure
            # The port promises an iterator; what holds a device is a generator, and closing it releases the device.
            if isinstance(stream, Generator):
                stream.close()
        return 0.0 if began_s is None else monotonic_s() - began_s

    def _come_up(self, camera_id: str) -> None:
        if self.up:
            return
        self.up = True
        if self.last_error is not None:
            self.reopen_count += 1
            log.info("capture.reopened", camera=camera_id, reopened=self.reopen_count)
