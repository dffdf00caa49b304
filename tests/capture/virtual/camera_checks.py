"""The real picamera2 and libcamera under the adapter; run by ``scripts/prove-camera``, in an environment of its own.

The camera is libcamera's "virtual" pipeline: it plays a folder of pictures, stamps them as a sensor's are, and
knows no exposure, gain or focus. It is not paced by the settings, and cannot map the buffers that picamera2 makes
itself, so :class:`VirtualPicamera2` takes libcamera's.
"""

import contextlib
import gc
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import libcamera
import numpy as np
import picamera2
import pytest
from picamera2.allocators import LibcameraAllocator

from alpr_edge.capture import picamera_controls
from alpr_edge.capture.picamera import Picamera2Source
from alpr_edge.capture.reopener import Reopener
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Picamera2Camera

WIDTH, HEIGHT = 1280, 720
COLOURS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (200, 200, 40), (200, 40, 200)]
"""BGR of the pictures played, one after the other. Of three the virtual camera of 0.4.0 often plays none."""
YAML = """\
"Virtual0":
  supported_formats:
  - width: {width}
    height: {height}
    frame_rates:
    - 30
    - 60
  frames:
    path: "{folder}/"
    scale_mode: "fill"
  location: "CameraLocationBack"
  model: "pictures"
"""


class VirtualPicamera2(picamera2.Picamera2):  # type: ignore[misc] # no types
    """picamera2 as it is, but for raw modes, which the camera has not, and where its buffers come from.

    picamera2 has no argument for the first: its constructor asks a method of its own, which is overridden. For the
    second it has one, but libcamera's allocator needs the camera, which the constructor opens: it is set afterwards.
    """

    open_devices: "list[VirtualPicamera2]" = []  # noqa: RUF012 - the test's list of what is open

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.allocator = LibcameraAllocator(self.camera)
        self.open_devices.append(self)

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        return [{"format": "NV12", "size": (WIDTH, HEIGHT)}]


@pytest.fixture(scope="session", autouse=True)
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder played, read by libcamera when its first camera is asked for."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, colour in enumerate(COLOURS):
        picture = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
        picture[:, WIDTH // 2 :] = 128
        cv2.imwrite(str(folder / f"{number}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 98])
    settings = YAML.format(width=WIDTH, height=HEIGHT, folder=folder)
    Path(os.environ["VIRTUAL_CAMERA"]).write_text(settings, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def none_open() -> Iterator[None]:
    yield
    VirtualPicamera2.open_devices.clear()


def source(**keys: object) -> Picamera2Source:
    settings = Picamera2Camera.model_validate({"kind": "picamera2", **keys})
    return Picamera2Source(settings, SystemClock(), lambda: VirtualPicamera2)


def first(frames: Iterator[Frame], count: int) -> list[Frame]:
    return [next(frames) for _ in range(count)]


def closed(frames: Iterator[Frame]) -> None:
    frames.close()  # type: ignore[attr-defined] # a generator


def starve(device: VirtualPicamera2) -> list[Any]:
    """Take every buffer from the camera, so that it has none to fill."""
    requests = []
    with contextlib.suppress(TimeoutError):
        while True:
            requests.append(device.capture_request(wait=0.5))
    device.cancel_all_and_flush()
    return requests


def open_files() -> int:
    """How many this process has, once what nobody holds any more is gone."""
    VirtualPicamera2.open_devices.clear()
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_frames_keep_the_contract_and_show_the_pictures() -> None:
    frames = source().frames()
    first_frames = first(frames, 9)
    closed(frames)
    picture_numbers = set()
    for frame in first_frames:
        assert frame.pixels.shape == (HEIGHT, WIDTH, 3)
        assert frame.pixels.dtype == np.uint8
        assert not frame.pixels.flags.writeable
        left = frame.pixels[HEIGHT // 2, WIDTH // 4].astype(int)
        errors = [int(np.abs(left - colour).max()) for colour in COLOURS]
        assert min(errors) <= 20
        picture_numbers.add(int(np.argmin(errors)))
        assert np.abs(frame.pixels[HEIGHT // 2, WIDTH * 3 // 4].astype(int) - 128).max() <= 8
    assert len(picture_numbers) > 1


def test_frames_are_dated_by_the_sensor_and_never_twice() -> None:
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    camera = source()
    frames = camera.frames()
    first_frames = first(frames, 20)
    closed(frames)
    after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    times = [frame.captured_at.boottime_ns for frame in first_frames]
    assert before_ns < times[0]
    assert times[-1] < after_ns
    assert all(earlier < later for earlier, later in itertools.pairwise(times))
    assert all(frame.captured_at.utc is not None for frame in first_frames)


def test_a_slow_consumer_gets_the_newest_picture_with_its_own_time() -> None:
    frames = source().frames()
    next(frames)
    for _ in range(3):
        began_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        time.sleep(2.0)  # no condition: the length of the consumer's work
        # One of a queue would be from the beginning of that time.
        assert next(frames).captured_at.boottime_ns - began_ns > 500_000_000
    closed(frames)


def test_a_camera_that_stops_is_noticed_in_time_and_comes_back() -> None:
    camera = source(freeze_s=1.0)
    reopening = Reopener(camera, Backoff(first_s=0.01, longest_s=0.1), lambda: 0.5, lambda seconds: True)
    frames = reopening.frames()
    first(frames, 5)
    device = VirtualPicamera2.open_devices[-1]
    requests = starve(device)
    began_s = time.monotonic()
    frame = next(frames)
    assert time.monotonic() - began_s > 0.9
    assert (len(requests) >= 1, reopening.reopen_count) == (True, 1)
    assert reopening.last_error == "camera front: picamera2 0: gave no new picture for 1 s"
    assert frame.number > 4
    closed(frames)


def test_opening_in_vain_leaves_nothing_open() -> None:
    stream = source().frames()
    next(stream)
    for _ in range(3):
        with pytest.raises(CaptureError):
            next(source().frames())
    before = open_files()
    for _ in range(10):
        with pytest.raises(CaptureError, match="camera front: picamera2 0: ") as excinfo:
            next(source().frames())
        assert "\n" not in str(excinfo.value)
    assert open_files() < before + 5  # one left by each would be ten
    closed(stream)


def test_opening_again_and_again_leaves_nothing_open() -> None:
    counts = []
    for _ in range(6):
        frames = source().frames()
        next(frames)
        closed(frames)
        counts.append(open_files())
    assert counts[-1] < counts[1] + 4  # one left by each would be four


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"device": "1"}, "no camera of this number; there are 0: pictures (Virtual0)"),
        ({"device": "imx708"}, "no camera of this model or id; there are 0: pictures (Virtual0)"),
        ({"tuning": "imx219_noir.json"}, "tuning: libcamera has no usable imx219_noir.json"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(keys: dict[str, str], line: str) -> None:
    with pytest.raises(CaptureError) as excinfo:
        next(source(**keys).frames())
    assert f"picamera2 {keys.get('device', '0')}: {line}" in str(excinfo.value)


def test_what_the_camera_cannot_be_set_to_is_told() -> None:
    camera = source(device="Virtual0", shutter_us=300, gain=2.0)
    frames = camera.frames()
    next(frames)
    closed(frames)
    assert {"ExposureTime", "AnalogueGain", "LensPosition", "NoiseReductionMode"} <= set(camera.figures["not_set"])
    assert "FrameDurationLimits" not in camera.figures["not_set"]
    assert (camera.figures["model"], camera.figures["width_px"]) == ("pictures", WIDTH)
    assert camera.figures["ceilings"] is False


def test_numbers_are_libcameras_own() -> None:
    modes = libcamera.controls
    for name, value in picamera_controls.AWB_MODES.items():
        assert int(getattr(modes.AwbModeEnum, name.capitalize())) == value
    draft = modes.draft.NoiseReductionModeEnum
    assert [int(mode) for mode in (draft.Off, draft.Fast, draft.HighQuality)] == [0, 1, 2]
    assert int(modes.AfModeEnum.Manual) == picamera_controls.AF_MANUAL
    assert int(modes.HdrModeEnum.Off) == picamera_controls.HDR_OFF


def test_every_control_has_a_name_of_libcamera() -> None:
    everything = {"awb": "fixed", "shutter_us": 300, "gain": 2.0}
    camera = Picamera2Camera.model_validate({"kind": "picamera2", **everything})
    names = set(picamera_controls.controls_of(camera)) | {"AwbMode"}
    library_names = set(dir(libcamera.controls)) | set(dir(libcamera.controls.draft))
    assert names <= library_names
