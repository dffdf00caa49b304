"""A camera that falls silent or stands still: with a real network camera, and with the noise of a sensor."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.app.cameras import Camera
from alpr_edge.capture.picture_watch import LOOK_S, SILENT_S, STILL_PARKED_S, STILL_S, PictureWatch
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.runtime.clock import SystemClock
from tests.capture.rtsp_server import RtspServer

WAIT_S = 60.0
FRAME_S = 1 / 15
NOISE_LEVELS = 0.3
"""Of a good sensor by day: less than a level, and still no two pictures of it are equal."""


class Seconds:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def street() -> Pixels:
    noise = np.random.default_rng(1).integers(60, 160, (180, 320, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)


def show(watch: PictureWatch, seconds: Seconds, picture: Callable[[], Pixels], during_s: float) -> float | None:
    """Pictures at 15 a second; after how many seconds the watch says that they stand still."""
    began_s, found_s = seconds.now_s, None
    while seconds.now_s - began_s < during_s:
        watch.note(picture())
        if watch.standstill and found_s is None:
            found_s = seconds.now_s - began_s
        seconds.now_s += FRAME_S
    return found_s


def test_a_parked_cars_sensor_never_stands_still_and_a_frozen_one_is_found_in_time() -> None:
    seconds, random, view = Seconds(), np.random.default_rng(2), street()
    watch = PictureWatch(15.0, seconds=seconds)

    def sensor() -> Pixels:
        return np.clip(view + random.normal(0.0, NOISE_LEVELS, view.shape) + 0.5, 0, 255).astype(np.uint8)

    assert show(watch, seconds, sensor, 10.0) is None
    frozen = sensor()
    found_s = show(watch, seconds, frozen.copy, 4.0)
    assert found_s is not None
    assert STILL_S - LOOK_S <= found_s <= STILL_S + 2 * LOOK_S
    assert watch.standstill.endswith("to the last bit")
    show(watch, seconds, sensor, 2 * LOOK_S)
    assert not watch.standstill, "it ends by itself"


def test_a_black_picture_is_no_standstill() -> None:
    seconds = Seconds()
    watch = PictureWatch(15.0, seconds=seconds)
    assert show(watch, seconds, lambda: np.full((180, 320, 3), 16, np.uint8), 10.0) is None


def test_an_encoders_equal_pictures_prove_a_standstill_while_the_car_drives_or_after_long() -> None:
    seconds, view, drives = Seconds(), street(), [False]
    watch = PictureWatch(is_encoded=True, is_driving=lambda: drives[0], seconds=seconds)
    assert show(watch, seconds, view.copy, STILL_PARKED_S - 1.0) is None
    assert show(watch, seconds, view.copy, 3.0) is not None
    watch.begin()
    assert show(watch, seconds, view.copy, 5.0) is None
    drives[0] = True
    found_s = show(watch, seconds, view.copy, 4.0)
    assert found_s is not None
    assert STILL_S <= found_s <= STILL_S + 2 * LOOK_S


def test_silence_counts_from_the_last_picture_and_is_longer_for_a_slow_camera() -> None:
    seconds = Seconds()
    watch, slow = PictureWatch(15.0, seconds=seconds), PictureWatch(0.5, seconds=seconds)
    seconds.now_s += 60.0
    assert [each.silence for each in (watch, slow)] == ["", ""], "before the first picture they open"
    for each in (watch, slow):
        each.note(street())
    seconds.now_s += SILENT_S + 0.1
    assert [each.silence for each in (watch, slow)] == ["gave no picture for 2 s", ""]
    seconds.now_s += 5.0
    watch.note(street())
    assert [each.silence for each in (watch, slow)] == ["", "gave no picture for 7 s"]


@contextmanager
def taking(camera: Camera, stop: threading.Event) -> Iterator[None]:
    """Take the camera's pictures in a thread, as the unit does."""

    def take() -> None:
        for _ in camera.frames(lambda: None):
            if stop.is_set():
                return

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WAIT_S)


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.02)


def test_a_real_network_camera_that_falls_silent_or_stands_still_is_told_and_heals(rtsp_server: RtspServer) -> None:
    stop = threading.Event()
    settings = rtsp_server.camera().model_copy(update={"read_timeout_s": 5.0, "reopen_first_s": 0.1})
    camera = Camera(settings, SystemClock(), stop.wait, is_driving=lambda: True)
    with taking(camera, stop):
        until(lambda: not camera.trouble)
        rtsp_server.stand_still()
        until(lambda: "the same picture for" in camera.standstill)
        assert not camera.trouble, "pictures come"
        rtsp_server.stand_still()
        until(lambda: not camera.standstill)
        rtsp_server.freeze()
        until(lambda: camera.trouble.startswith("gave no picture for"))
        rtsp_server.thaw()
        until(lambda: not camera.trouble)
        stop.set()


def test_no_picture_of_the_real_video_equals_the_one_before(shared_data: Path) -> None:
    capture, before, count = cv2.VideoCapture(str(shared_data / "video" / "cars.mp4")), None, 0
    while (read := capture.read())[0]:
        assert before is None or not np.array_equal(before, read[1])
        before, count = read[1], count + 1
    capture.release()
    assert count > 300
