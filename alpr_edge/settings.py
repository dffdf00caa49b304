"""One TOML file, one frozen schema. An unknown key is an error with a suggestion, and every fault is listed at once.

Paths in the file are relative to the file. ``config/alpr-edge.toml`` holds every key with its default and what
it means; a test holds the two equal.
"""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from alpr_edge.domain.errors import SettingsError

Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Section(BaseModel):
    """A table of the settings file: frozen, nothing unknown, no silent conversion of text to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class UnitSettings(Section):
    """[unit]: which car this is and where it keeps what it must not lose."""

    id: Name = "unit-1"
    data_directory: Path = Path("/var/lib/alpr-edge")
    runtime_directory: Path = Path("/run/alpr-edge")


class CameraCommon(Section):
    """What every camera has."""

    id: Name = "front"
    reopen_first_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    reopen_longest_s: Annotated[float, Field(ge=1, le=3600)] = 30.0


class V4l2Camera(CameraCommon):
    """A camera on this computer's bus."""

    kind: Literal["v4l2"]
    device: str = "/dev/video0"
    width_px: Annotated[int, Field(ge=320, le=7680)] = 1280
    height_px: Annotated[int, Field(ge=240, le=4320)] = 720
    fps: Annotated[float, Field(gt=0, le=240)] = 30.0


class RtspCamera(CameraCommon):
    """A camera on the vehicle's network."""

    kind: Literal["rtsp"]
    url: Annotated[str, Field(pattern=r"^rtsps?://")]
    open_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    read_timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0


class VideoCamera(CameraCommon):
    """A recording."""

    kind: Literal["video"]
    path: Path


class FolderCamera(CameraCommon):
    """A folder of pictures, in name order."""

    kind: Literal["folder"]
    path: Path
    fps: Annotated[float, Field(gt=0, le=240)] = 10.0


class SimulatedCamera(CameraCommon):
    """A rendered drive."""

    kind: Literal["simulated"]
    seed: Annotated[int, Field(ge=0)] = 1
    seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0


CameraSettings = Annotated[
    V4l2Camera | RtspCamera | VideoCamera | FolderCamera | SimulatedCamera, Field(discriminator="kind")
]


class VisionSettings(Section):
    """[vision]: the models and how many threads they may use."""

    models_directory: Path | None = None
    """None (the key left out): the models that came with the software."""
    detector: Name = "default"
    reader: Name = "default"
    detection_confidence_min: Fraction = 0.35
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

    amber_after_h: Annotated[float, Field(gt=0)] = 13.0
    red_after_h: Annotated[float, Field(gt=0)] = 24.0


class AlertSettings(Section):
    """[alerts]: sound in the car."""

    player: Literal["alsa", "wav", "none"] = "alsa"
    device: str = "default"
    wav_path: Path = Path("alerts.wav")
    volume: Fraction = 0.8
    cooldown_s: Annotated[float, Field(ge=0, le=86_400)] = 120.0


class StoreSettings(Section):
    """[store]: keys and images. Keys are systemd credentials of these names, or files with mode 0600."""

    keys_directory: Path = Path("/etc/alpr-edge/keys")
    scene_px_max: Annotated[int, Field(ge=160, le=4096)] = 960
    jpeg_quality: Annotated[int, Field(ge=40, le=100)] = 85


class UplinkSettings(Section):
    """[uplink]: the department's storage. An empty url means that nothing is sent."""

    url: Annotated[str, Field(pattern=r"^(https://.+)?$")] = ""
    ca_file: Path = Path("/etc/alpr-edge/tls/department-ca.pem")
    certificate_file: Path = Path("/etc/alpr-edge/tls/unit.pem")
    key_file: Path = Path("/etc/alpr-edge/tls/unit.key")
    batch_items: Annotated[int, Field(ge=1, le=500)] = 50
    batch_bytes: Annotated[int, Field(ge=65_536, le=67_108_864)] = 4_194_304
    connect_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    answer_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    idle_s: Annotated[float, Field(gt=0, le=3600)] = 2.0
    retry_first_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    retry_longest_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    digest_attempts_max: Annotated[int, Field(ge=1, le=100)] = 5


class Settings(Section):
    """The whole file."""

    unit: UnitSettings = UnitSettings()
    camera: Annotated[tuple[CameraSettings, ...], Field(min_length=1, max_length=8)] = (V4l2Camera(kind="v4l2"),)
    vision: VisionSettings = VisionSettings()
    decision: DecisionSettings = DecisionSettings()
    position: PositionSettings = PositionSettings()
    hotlist: HotlistSettings = HotlistSettings()
    alerts: AlertSettings = AlertSettings()
    store: StoreSettings = StoreSettings()
    uplink: UplinkSettings = UplinkSettings()


def load(path: Path) -> Settings:
    """Read a settings file.

    Raises:
        SettingsError: with every fault found.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError([f"{path}: no such file; start from config/alpr-edge.toml"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None
    return parse(raw, path.parent)


def parse(raw: dict[str, Any], base: Path) -> Settings:
    """Check parsed TOML; relative paths are taken from ``base``."""
    try:
        settings = TypeAdapter(Settings).validate_python(raw)
    except ValidationError as error:
        raise SettingsError([_fault(detail) for detail in error.errors()]) from None
    return _resolved(settings, base.resolve())


def _resolved(settings: Settings, base: Path) -> Settings:
    """The settings with every path absolute."""

    def absolute(value: Any) -> Any:  # noqa: ANN401 - walks values of any type
        if isinstance(value, Path):
            return base / value.expanduser()
        if isinstance(value, tuple):
            return tuple(absolute(item) for item in value)
        if isinstance(value, Section):
            return value.model_copy(update={name: absolute(getattr(value, name)) for name in type(value).model_fields})
        return value

    resolved = absolute(settings)
    assert isinstance(resolved, Settings)
    return resolved


def _fault(detail: ErrorDetails) -> str:
    """One line: key path, what is wrong or expected, a suggestion."""
    location = _key_path(detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _known_keys(detail["loc"][:-1])
        close = difflib.get_close_matches(str(detail["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known))}"
        return f"{location}: unknown key; {hint}"
    if detail["type"] == "missing":
        return f"{location}: missing; add it (config/alpr-edge.toml shows an example)"
    message = detail["msg"].replace("Input should be", "expected").replace("String should", "expected text that should")
    return f"{location}: {message[0].lower()}{message[1:]}, not {detail['input']!r}"


def _key_path(location: tuple[int | str, ...]) -> str:
    parts = [part for index, part in enumerate(location) if not _is_tag(location, index)]
    return ".".join(f"{part}" for part in parts).replace(".", ".") or "(whole file)"


def _is_tag(location: tuple[int | str, ...], index: int) -> bool:
    """Whether a part is pydantic's name of a camera kind, which is no key of the file."""
    return index == 2 and location[0] == "camera" and location[2] in _camera_kinds()


def _camera_kinds() -> dict[str, type[Section]]:
    union = get_args(CameraSettings)[0]
    return {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(union)}


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """Keys allowed in the table at ``location``."""
    if not location:
        return list(Settings.model_fields)
    if location[0] == "camera":
        return list(_camera_kinds()[str(location[2])].model_fields) if len(location) > 2 else []
    section = Settings.model_fields[str(location[0])].annotation
    return list(section.model_fields) if isinstance(section, type) and issubclass(section, Section) else []


def keys(section: type[Section] = Settings, prefix: str = "") -> Iterator[str]:
    """Every dotted key of the schema, ``camera.<kind>.<key>`` for cameras."""
    for name, field in section.model_fields.items():
        if name == "camera":
            for kind, camera in _camera_kinds().items():
                yield from keys(camera, f"camera.{kind}.")
        elif isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from keys(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
