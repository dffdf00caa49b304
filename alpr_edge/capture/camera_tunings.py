"""Writes libcamera's tunings with the ceilings of the settings to where libcamera looks for them first.

libcamera reads the tuning of every sensor when its manager starts, which a mere list of cameras makes it do, and again
when it starts anew after the last camera was closed. So the files are written before any camera is asked for, and stay
for the life of the process. The argument ``tuning`` of picamera2's constructor does neither: the manager runs by then,
and the file is deleted before it starts again, which then registers no camera.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from alpr_edge.capture.picamera_controls import with_ceilings
from alpr_edge.domain.errors import CaptureError, StoreError
from alpr_edge.runtime.durable_files import give_to_owner_of, private_directory, replace_file
from alpr_edge.settings import CameraSettings, Picamera2Camera

log = structlog.get_logger(__name__)

SEARCH_PATH = "LIBCAMERA_IPA_CONFIG_PATH"
"""The environment variable of folders, parted by colons, in which libcamera looks before it does in the system's."""
ONE_FILE = "LIBCAMERA_RPI_TUNING_FILE"
"""The variable by which one file would be taken for all sensors."""
SYSTEM = (Path("/etc/libcamera/ipa"), Path("/usr/share/libcamera/ipa"))
"""The system's folders, in the order in which libcamera looks in them."""
PROCESSORS = ("rpi/pisp", "rpi/vc4")
"""The folders of the Pi's image processors in each of these: of the Pi 5, and of those before it."""
MONO = "_mono"
"""What libcamera appends to the model of a sensor without colours."""
_FOLDER = "libcamera"
_NO_JSON = re.compile(r"^\s*#.*$|,(?=\s*[}\]])", re.MULTILINE)
"""Comments and last commas: libcamera reads tunings as YAML, and some are no JSON."""

Files = Mapping[str, Path]
"""Tunings of one image processor by the names of their files."""


def write_tunings(cameras: Sequence[CameraSettings], directory: Path, system: Sequence[Path] = SYSTEM) -> None:
    """Write the tunings of all cameras of libcamera, and let libcamera look for them there first.

    One that cannot be written is told in the log: the camera works with the system's, without ceilings.
    """
    ribbon_cameras = [camera for camera in cameras if isinstance(camera, Picamera2Camera)]
    if not ribbon_cameras:
        return
    os.environ.pop(ONE_FILE, None)
    top = directory / _FOLDER
    try:
        for processor in PROCESSORS:
            files = {path.name: path for root in reversed(system) for path in (root / processor).glob("*.json")}
            folder = _make_folders(top, *processor.split("/"))
            names = set(_write_files(ribbon_cameras, files, folder))
            for old in {path.name for path in folder.glob("*.json")} - names:
                (folder / old).unlink()
    except (OSError, StoreError) as error:
        log.warning("capture.tuning_not_written", error=str(error))
        return
    others = [path for path in os.environ.get(SEARCH_PATH, "").split(":") if path not in {"", str(top)}]
    os.environ[SEARCH_PATH] = ":".join([str(top), *others])


def has_ceilings(camera: Picamera2Camera, model: str) -> bool:
    """Whether libcamera was given a tuning of a sensor's model with the ceilings of this camera."""
    top = os.environ.get(SEARCH_PATH, "").partition(":")[0]
    names = [f"{model}.json", f"{model}{MONO}.json"] if Path(top).name == _FOLDER else []
    tunings = [_read(path) for folder in PROCESSORS for name in names if (path := Path(top, folder, name)).is_file()]
    if camera.tuning and not tunings:
        raise CaptureError(f"tuning: libcamera has no usable {camera.tuning} for {model}; see {SYSTEM[-1]}/rpi")
    bounded = [None if tuning is None else _with_ceilings_of(camera, tuning) for tuning in tunings]
    if any(own not in (tuning, None) for own, tuning in zip(bounded, tunings, strict=True)):
        raise CaptureError(
            f"another camera of the model {model} has other ceilings: give both the same shutter_us_max and gain_max"
        )
    return bool(tunings) and bounded == tunings


def _make_folders(top: Path, *names: str) -> Path:
    """Make a folder, and others in it, each for the owner of the one around it."""
    path = top
    for name in ("", *names):
        path /= name
        private_directory(path)
        give_to_owner_of(path.parent, path)
    return path


def _write_files(cameras: Sequence[Picamera2Camera], files: Files, folder: Path) -> Iterator[str]:
    """Write the tunings of every model that a camera may be of; yields the names of the files."""
    models = sorted({name.removesuffix(".json").removesuffix(MONO) for name in files})
    for model in models:
        camera = _camera_of(model, cameras, models)
        if camera is None:
            continue
        for name in (f"{model}.json", f"{model}{MONO}.json"):
            source = files.get(camera.tuning or name)
            tuning = None if source is None else _read(source)
            if tuning is not None:
                replace_file(folder / name, json.dumps(_with_ceilings_of(camera, tuning) or tuning).encode())
                yield name


def _camera_of(model: str, cameras: Sequence[Picamera2Camera], models: Sequence[str]) -> Picamera2Camera | None:
    """The camera whose ceilings a model gets: one that names it, or one that names none and so may be of any."""
    named = [camera for camera in cameras if _names(camera, model)]
    any_model = [camera for camera in cameras if not any(_names(camera, other) for other in models)]
    return next(iter([*named, *any_model]), None)


def _names(camera: Picamera2Camera, model: str) -> bool:
    return not camera.device.isdecimal() and camera.device in model


def _with_ceilings_of(camera: Picamera2Camera, tuning: dict[str, Any]) -> dict[str, Any] | None:
    """The tuning with a camera's ceilings; None for one without automatic exposure, or of another layout."""
    try:
        return with_ceilings(tuning, camera.shutter_us_max, camera.gain_max)
    except (LookupError, TypeError, AttributeError):
        return None


def _read(path: Path) -> dict[str, Any] | None:
    """A tuning; None for what is none."""
    try:
        content = json.loads(_NO_JSON.sub("", path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
