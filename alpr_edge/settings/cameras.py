"""[[camera]]: a table a camera, the keys by its kind."""

from itertools import combinations
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from alpr_edge.domain.recognition.ignore_areas import Corner, Polygon, is_simple
from alpr_edge.settings.base import FilePath, Name, Section, require_order

AREAS_MAX = 16
CORNERS_MAX = 32
"""Each plate of each frame is compared with every edge, so there are not arbitrarily many."""
_EXAMPLE = "[[0.0, 0.9], [0.4, 0.9], [0.4, 1.0], [0.0, 1.0]]"


def _areas(value: Any) -> tuple[Polygon, ...]:  # noqa: ANN401 - whatever TOML holds
    """The areas of the key, or a ValueError that says which of them is wrong, and how."""
    if not isinstance(value, list | tuple):
        # pydantic makes a fault of a ValueError alone.
        raise ValueError(f"expected a list of areas, each a list of corners such as {_EXAMPLE}")  # noqa: TRY004
    if len(value) > AREAS_MAX:
        raise ValueError(f"expected at most {AREAS_MAX} areas, not {len(value)}")
    return tuple(_area(number, area) for number, area in enumerate(value, 1))


def _area(number: int, value: Any) -> Polygon:  # noqa: ANN401 - as above
    if not isinstance(value, list | tuple) or not all(map(_is_corner, value)):
        raise ValueError(f"area {number}: expected corners as [x, y], each from 0 to 1, such as {_EXAMPLE}")
    if not 3 <= len(value) <= CORNERS_MAX:
        raise ValueError(f"area {number}: expected 3 to {CORNERS_MAX} corners, not {len(value)}")
    area = tuple(_corner(corner) for corner in value)
    if not is_simple(area):
        raise ValueError(f"area {number}: its edges cross or lie on each other; list the corners in order around it")
    return area


def _is_corner(value: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a value is two fractions."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return all(isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1 for part in value)


def _corner(value: Any) -> Corner:  # noqa: ANN401 - as above
    return float(value[0]), float(value[1])


IgnoreAreas = Annotated[tuple[Polygon, ...], BeforeValidator(_areas)]
"""Areas in which no plate is looked for."""


CAMERAS_MAX = 8
"""More than any patrol car carries, or one computer can read."""
_EVEN = "an even number from {} to {}"
_KEYS_OF_MODEL = "shutter_us_max", "gain_max", "tuning"
"""Keys of a camera of the Pi that libcamera reads from the tuning of its model."""
_TUNING = "the name of a tuning file of libcamera such as 'imx219_noir.json', or nothing"


class CameraCommon(Section):
    """What every camera has."""

    id: Name = "front"
    reopen_first_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    reopen_longest_s: Annotated[float, Field(ge=1, le=3600)] = 30.0
    ignore_areas: IgnoreAreas = ()
    """Parts of the picture in which no plate is looked for."""
    infrared: bool = False
    """Whether all but plates is black in its pictures at night, so that what it sees is judged by day alone."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        return require_order(self, "reopen_first_s", "reopen_longest_s")


class V4l2Camera(CameraCommon):
    """A camera on this computer's bus."""

    kind: Literal["v4l2"]
    device: Annotated[str, Field(min_length=1, description="a device such as '/dev/video0'")] = "/dev/video0"
    width_px: Annotated[int, Field(ge=320, le=7680)] = 1280
    height_px: Annotated[int, Field(ge=240, le=4320)] = 720
    fps: Annotated[float, Field(gt=0, le=240)] = 30.0


class Picamera2Camera(CameraCommon):
    """A camera on the ribbon connector, through libcamera. The defaults are for plates of moving vehicles.

    What has no key is always so: autofocus, high dynamic range and flicker avoidance off, since each of them changes
    exposure or sharpness while a vehicle passes.
    """

    kind: Literal["picamera2"]
    device: Annotated[str, Field(min_length=1, max_length=200, description="a number, or a part of a camera's id")] = (
        "0"
    )
    width_px: Annotated[int, Field(ge=320, le=7680, multiple_of=2, description=_EVEN.format(320, 7680))] = 1280
    height_px: Annotated[int, Field(ge=240, le=4320, multiple_of=2, description=_EVEN.format(240, 4320))] = 720
    fps: Annotated[float, Field(gt=0, le=240)] = 30.0
    shutter_us: Annotated[int, Field(ge=0, le=40_000)] = 0
    """0: as long as the light asks for, up to :attr:`shutter_us_max`."""
    shutter_us_max: Annotated[int, Field(ge=20, le=40_000)] = 500
    gain: Annotated[float, Field(ge=0, le=64)] = 0.0
    """0: as the light asks for, up to :attr:`gain_max`."""
    gain_max: Annotated[float, Field(ge=1, le=64)] = 8.0
    exposure_compensation_ev: Annotated[float, Field(ge=-8, le=8)] = 0.0
    focus_dioptres: Annotated[float, Field(ge=0, le=15)] = 0.1
    denoise: Literal["off", "fast", "high_quality"] = "off"
    sharpness: Annotated[float, Field(ge=0, le=16)] = 1.0
    saturation: Annotated[float, Field(ge=0, le=4)] = 1.0
    awb: Literal["auto", "daylight", "cloudy", "indoor", "tungsten", "fixed"] = "auto"
    flip: Literal["none", "upside_down", "horizontal", "vertical"] = "none"
    tuning: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]+\.json)?$", description=_TUNING)] = ""
    freeze_s: Annotated[float, Field(ge=0.5, le=10)] = 3.0

    @model_validator(mode="after")
    def _within_frame(self) -> Self:
        longest_us = 1_000_000 / self.fps
        key, value = ("shutter_us", self.shutter_us) if self.shutter_us else ("shutter_us_max", self.shutter_us_max)
        if value > longest_us:
            raise ValueError(f"{key} = {value} is longer than a picture at fps = {self.fps:g}; lower one of the two")
        return self


class RtspCamera(CameraCommon):
    """A camera on the vehicle's network."""

    kind: Literal["rtsp"]
    url: Annotated[str, Field(pattern=r"^rtsps?://.", description="an address that begins with rtsp:// or rtsps://")]
    open_timeout_s: Annotated[float, Field(gt=0, le=15)] = 5.0
    read_timeout_s: Annotated[float, Field(gt=0, le=5)] = 2.0
    time_from: Literal["arrival", "camera"] = "arrival"
    """Whose clock dates the pictures: this computer's when they arrive, or the camera's when they were taken."""
    clock_lag_ms_max: Annotated[float, Field(ge=50, le=5000)] = 500.0


class VideoCamera(CameraCommon):
    """A recording."""

    kind: Literal["video"]
    path: FilePath


class FolderCamera(CameraCommon):
    """A folder of pictures, in name order."""

    kind: Literal["folder"]
    path: FilePath
    fps: Annotated[float, Field(gt=0, le=240)] = 10.0


class SimulatedCamera(CameraCommon):
    """A rendered drive."""

    kind: Literal["simulated"]
    seed: Annotated[int, Field(ge=0)] = 1
    seconds: Annotated[float, Field(gt=0, le=3600)] = 26.0


CameraSettings = Annotated[
    V4l2Camera | Picamera2Camera | RtspCamera | VideoCamera | FolderCamera | SimulatedCamera,
    Field(discriminator="kind"),
]


def check_ids(cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
    """The cameras, if they are neither too few nor too many and each has an id of its own."""
    if not 1 <= len(cameras) <= CAMERAS_MAX:
        raise ValueError(f"expected 1 to {CAMERAS_MAX} [[camera]] tables, not {len(cameras)}")
    if lines := _double_id_lines([camera.id for camera in cameras]):
        raise ValueError(lines[0])
    return cameras


def check_ceilings(cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
    """The cameras, unless some may be of one model and differ in what libcamera has once for each model."""
    for one, other in combinations([camera for camera in cameras if isinstance(camera, Picamera2Camera)], 2):
        keys = [key for key in _KEYS_OF_MODEL if getattr(one, key) != getattr(other, key)]
        if keys and not _are_two_models(one.device, other.device):
            raise ValueError(
                f"{one.id!r} and {other.id!r} differ in {' and '.join(keys)}, which libcamera has once for each "
                "model: give both the same, or name two models in device, such as 'imx296' and 'imx708'"
            )
    return cameras


def _are_two_models(one: str, other: str) -> bool:
    """Whether two devices are names of different models; numbers and places on the bus say nothing of the model."""
    are_names = not any(device.isdecimal() or {"@", "/"} & set(device) for device in (one, other))
    return are_names and one not in other and other not in one


def doubled_ids(raw: dict[str, Any]) -> list[str]:
    """One line for each id of several cameras, also in a file whose tables have other faults."""
    tables = raw.get("camera")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return []
    ids = [table.get("id", CameraCommon.model_fields["id"].default) for table in tables]
    return [f"camera: {line}" for line in _double_id_lines([name for name in ids if isinstance(name, str)])]


def _double_id_lines(ids: list[str]) -> list[str]:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    return [
        f"id {name!r} is given to more than one camera (a table without an id is 'front'); give each an id of its own"
        for name in twice
    ]


def camera_kinds() -> dict[str, type[CameraCommon]]:
    """The table of each camera kind."""
    union = get_args(CameraSettings)[0]
    return {get_args(table.model_fields["kind"].annotation)[0]: table for table in get_args(union)}
