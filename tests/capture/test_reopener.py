from collections.abc import Iterator

import numpy as np
import pytest
from structlog.testing import capture_logs

from alpr_edge.capture.reopener import STEADY_S, Reopener
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.retry import Backoff

PIXELS = np.zeros((2, 2, 3), np.uint8)
BACKOFF = Backoff(first_s=1, longest_s=8)


class Flaky:
    """A device that gives so many frames at each opening, then fails (or, at 0, cannot be opened)."""

    def __init__(self, *openings: int) -> None:
        self.openings = list(openings)
        self.open_count = 0

    def frames(self) -> Iterator[Frame]:
        count = self.openings.pop(0)
        if count == 0:
            raise CaptureError("no such device")
        self.open_count += 1
        try:
            for number in range(count):
                yield Frame("front", number * 2, Instant("boot", number), PIXELS)
            if self.openings:
                raise CaptureError("was unplugged")
        finally:
            self.open_count -= 1


def reopening(device: Flaky, waits: list[float]) -> Reopener:
    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return bool(device.openings)

    return Reopener(device, BACKOFF, lambda: 1.0, wait)


def test_numbers_go_on_and_waits_grow_until_stopped() -> None:
    waits = list[float]()
    source = reopening(Flaky(2, 0, 0, 3), waits)
    assert [frame.number for frame in source.frames()] == [0, 2, 3, 5, 7]
    assert waits == [1, 2, 4, 8]
    assert (source.reopen_count, source.up, source.last_error) == (1, False, "gives no more pictures")


class FrameClock:
    """A clock that moves from frame to frame.

    Args:
        frame_s: the seconds from one to the next.
    """

    def __init__(self, frame_s: float) -> None:
        self._frame_s = frame_s
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def spend_frames(self, source: Reopener) -> None:
        """Take all frames of a source."""
        for _ in source.frames(self):
            self.now_s += self._frame_s


def test_a_camera_that_was_well_for_a_while_is_tried_again_soon() -> None:
    waits, steady = list[float](), int(STEADY_S)
    FrameClock(1.0).spend_frames(reopening(Flaky(0, 0, 0, steady, steady - 1, 0), waits))
    assert waits == [1, 2, 4, 1, 2, 4]


def test_a_camera_with_a_loose_plug_is_tried_less_and_less_often() -> None:
    waits = list[float]()
    FrameClock(1 / 30).spend_frames(reopening(Flaky(*[60] * 6), waits))
    assert waits == [1, 2, 4, 8, 8, 8]


def test_closing_releases_the_device() -> None:
    device = Flaky(5, 0)
    source = reopening(device, [])
    frames = source.frames()
    assert (source.up, device.open_count) == (False, 0)
    next(frames)
    assert (source.up, device.open_count) == (True, 1)
    assert hasattr(frames, "close")
    frames.close()
    assert (source.up, device.open_count) == (False, 0)


def test_what_is_no_capture_error_is_not_swallowed() -> None:
    class Broken:
        def frames(self) -> Iterator[Frame]:
            yield Frame("front", 0, Instant("boot", 0), PIXELS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Reopener(Broken(), BACKOFF, lambda: 1.0, lambda _: True).frames())


def test_the_log_names_the_lost_camera_once_and_a_stop_is_no_loss() -> None:
    device = Flaky(2, 3)
    source = Reopener(
        device, BACKOFF, lambda: 1.0, lambda _: True, camera_id="front", is_stopping=lambda: not device.openings
    )
    with capture_logs() as lines:
        list(source.frames())
    losses = [(line["camera"], line["failure"]) for line in lines if line["event"] == "capture.lost"]
    assert losses == [("front", "was unplugged")]
