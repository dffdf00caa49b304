"""The schema of the settings file: what each table holds, its defaults and its bounds.

Strict, since TOML has types of its own: ``fps = "30"`` and ``threads = true`` are faults, not 30 and 1. A field's
``description`` is what a fault says was expected, where type and bounds do not say it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator

CAMERAS_MAX = 8
"""More than any patrol car carries, and the end of what one computer reads."""


def _at_home(path: Path) -> Path:
    """The path with ``~`` taken for the home folder."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{path.parts[0]} has no home folder here; write the whole path") from None


Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        description="a name of letters, digits, dots, dashes and underscores, at most 64",
    ),
]
FilePath = Annotated[Path, Strict(strict=False), AfterValidator(_at_home)]
"""A path given as text."""


class Section(BaseModel):
    """A table of the settings file: frozen, nothing unknown, nothing converted in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


SectionT = TypeVar("SectionT", bound=Section)


def _require_order(section: SectionT, lower: str, upper: str) -> SectionT:
    """The section, if ``upper`` is not below ``lower``."""
    low, high = getattr(section, lower), getattr(section, upper)
    if high < low:
        raise ValueError(f"{upper} = {high} is below {lower} = {low}; raise {upper} or lower {lower}")
    return section


class UnitSettings(Section):
    """[unit]: which car this is and where it keeps what it must not lose."""

    id: Name = "unit-1"
    data_directory: FilePath = Path("/var/lib/alpr-edge")
    runtime_directory: FilePath = Path("/run/alpr-edge")


class CameraCommon(Section):
    """What every camera has."""

    id: Name = "front"
    reopen_first_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    reopen_longest_s: Annotated[float, Field(ge=1, le=3600)] = 30.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        return _require_order(self, "reopen_first_s", "reopen_longest_s")


class V4l2Camera(CameraCommon):
    """A camera on this computer's bus."""

    kind: Literal["v4l2"]
    device: Annotated[str, Field(min_length=1, description="a device such as '/dev/video0'")] = "/dev/video0"
    width_px: Annotated[int, Field(ge=320, le=7680)] = 1280
    height_px: Annotated[int, Field(ge=240, le=4320)] = 720
    fps: Annotated[float, Field(gt=0, le=240)] = 30.0


class RtspCamera(CameraCommon):
    """A camera on the vehicle's network."""

    kind: Literal["rtsp"]
    url: Annotated[str, Field(pattern=r"^rtsps?://.", description="an address that begins with rtsp:// or rtsps://")]
    open_timeout_s: Annotated[float, Field(gt=0, le=15)] = 5.0
    read_timeout_s: Annotated[float, Field(gt=0, le=5)] = 2.0


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
    V4l2Camera | RtspCamera | VideoCamera | FolderCamera | SimulatedCamera, Field(discriminator="kind")
]


def _fleet(cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
    """The cameras, if they are neither too few nor too many and each has an id of its own."""
    if not 1 <= len(cameras) <= CAMERAS_MAX:
        raise ValueError(f"expected 1 to {CAMERAS_MAX} [[camera]] tables, not {len(cameras)}")
    ids = [camera.id for camera in cameras]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ValueError(f"id {twice[0]!r} is given to more than one camera; each read names its camera, so ids differ")
    return cameras


class VisionSettings(Section):
    """[vision]: the models and how many threads they may use."""

    models_directory: FilePath | None = None
    """None (the key left out): the models that came with the software."""
    detector: Name = "default"
    reader: Name = "default"
    detection_confidence_min: Fraction = 0.45
    threads: Annotated[int, Field(ge=0, le=64)] = 0


class DecisionSettings(Section):
    """[decision]: when a pass becomes a read, and when it is over."""

    margin: Annotated[float, Field(gt=0, le=100)] = 6.0
    readings_max: Annotated[int, Field(ge=1, le=1000)] = 8
    age_ms_max: Annotated[float, Field(gt=0, le=60_000)] = 700.0
    pass_gap_ms: Annotated[float, Field(gt=0, le=60_000)] = 1500.0
    confidence_min: Fraction = 0.2
    characters_min: Annotated[int, Field(ge=1, le=9)] = 3


class PositionSettings(Section):
    """[position]: the GNSS receiver. An empty device means that there is none."""

    device: str = ""
    baud: Annotated[int, Field(ge=1200, le=3_000_000)] = 9600
    age_ms_max: Annotated[float, Field(gt=0, le=600_000)] = 5000.0


class HotlistSettings(Section):
    """[hotlist]: when a list is old."""

    amber_after_h: Annotated[float, Field(gt=0, le=8760)] = 13.0
    red_after_h: Annotated[float, Field(gt=0, le=8760)] = 24.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        return _require_order(self, "amber_after_h", "red_after_h")


class AlertSettings(Section):
    """[alerts]: sound in the car."""

    player: Literal["alsa", "wav", "none"] = "alsa"
    device: str = "default"
    wav_path: FilePath = Path("alerts.wav")
    volume: Fraction = 0.8
    cooldown_s: Annotated[float, Field(ge=0, le=86_400)] = 120.0


class StoreSettings(Section):
    """[store]: keys and images. Keys are systemd credentials of these names, or files with mode 0600."""

    keys_directory: FilePath = Path("/etc/alpr-edge/keys")
    scene_px_max: Annotated[int, Field(ge=160, le=4096)] = 960
    jpeg_quality: Annotated[int, Field(ge=40, le=100)] = 85


class UplinkSettings(Section):
    """[uplink]: the department's storage. An empty url means that nothing is sent."""

    url: Annotated[
        str, Field(pattern=r"^(https://.+)?$", description="an address that begins with https://, or nothing")
    ] = ""
    ca_file: FilePath = Path("/etc/alpr-edge/tls/department-ca.pem")
    certificate_file: FilePath = Path("/etc/alpr-edge/tls/unit.pem")
    key_file: FilePath = Path("/etc/alpr-edge/tls/unit.key")
    batch_items: Annotated[int, Field(ge=1, le=500)] = 50
    batch_bytes: Annotated[int, Field(ge=65_536, le=67_108_864)] = 4_194_304
    connect_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    answer_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    idle_s: Annotated[float, Field(gt=0, le=3600)] = 2.0
    retry_first_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    retry_longest_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    digest_attempts_max: Annotated[int, Field(ge=1, le=100)] = 5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        return _require_order(self, "retry_first_s", "retry_longest_s")


class Settings(Section):
    """The whole file."""

    unit: UnitSettings = UnitSettings()
    camera: Annotated[tuple[CameraSettings, ...], Strict(strict=False), AfterValidator(_fleet)] = (
        V4l2Camera(kind="v4l2"),
    )
    vision: VisionSettings = VisionSettings()
    decision: DecisionSettings = DecisionSettings()
    position: PositionSettings = PositionSettings()
    hotlist: HotlistSettings = HotlistSettings()
    alerts: AlertSettings = AlertSettings()
    store: StoreSettings = StoreSettings()
    uplink: UplinkSettings = UplinkSettings()


def camera_kinds() -> dict[str, type[CameraCommon]]:
    """The table of each camera kind."""
    union = get_args(CameraSettings)[0]
    return {get_args(table.model_fields["kind"].annotation)[0]: table for table in get_args(union)}


def table(location: tuple[int | str, ...]) -> type[Section] | None:
    """The table that pydantic's ``location`` names; None where there is none.

    A camera's location is ("camera", index, kind): the kind is no key of the file, but says which table it is.
    """
    if not location:
        return Settings
    if location[0] == "camera":
        return camera_kinds().get(str(location[2])) if len(location) > 2 else None
    field = Settings.model_fields.get(str(location[0])) if len(location) == 1 else None
    kind = None if field is None else field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def keys() -> Iterator[str]:
    """Every dotted key of the schema, ``camera.<kind>.<key>`` for cameras."""
    tables = {name: table((name,)) for name in Settings.model_fields if name != "camera"}
    tables |= {f"camera.{kind}": section for kind, section in camera_kinds().items()}
    for name, section in tables.items():
        if section is not None:
            yield from (f"{name}.{key}" for key in section.model_fields)
