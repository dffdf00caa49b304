"""A picamera2 over a libcamera that reads its tunings as the real one does, on a computer that has neither.

Both keep the order of things of picamera2 0.3.38 and libcamera's pipeline for the Pi. The manager of libcamera starts
when cameras are asked for and none is running; it is held until the last camera is closed. As it starts it reads the
tuning of each sensor, and registers none whose tuning cannot be read. It is dark: every picture is taken with the last
step of automatic exposure.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np

WIDTH, HEIGHT = 64, 48


def tuning(name: str) -> dict[str, Any]:
    """A tuning of a sensor, with a mark by which it is told from others."""
    modes = {"normal": {"shutter": [100, 10_000, 66_666], "gain": [1.0, 4.0, 16.0]}}
    algorithms = [{"rpi.black_level": {}}, {"rpi.agc": {"exposure_modes": modes}}]
    return {"version": 2.0, "mark": name, "algorithms": algorithms}


class Libcamera:
    """The library with its sensors.

    Args:
        system: the system's folders of tunings.
        sensors: the models of the sensors; "_mono" at the end marks one without colours.
    """

    def __init__(self, system: Sequence[Path], sensors: Sequence[str]) -> None:
        self._system = system
        self._sensors = sensors
        self.registered: dict[str, dict[str, Any]] | None = None
        """The tunings of the registered sensors; None while no manager runs."""
        self.files: list[list[Path]] = []
        """The tunings that each start of the manager found, in the order of the sensors."""
        self.search_paths: list[str] = []
        """Where each start was told to look first."""
        self.open_count = 0

    def models(self) -> list[str]:
        """The sensors that are registered; starts the manager."""
        if self.registered is None:
            found = {sensor: path for sensor in self._sensors if (path := self._file(f"{sensor}.json")).is_file()}
            self.registered = {
                sensor.removesuffix("_mono"): json.loads(path.read_bytes()) for sensor, path in found.items()
            }
            self.files.append(list(found.values()))
            self.search_paths.append(os.environ.get("LIBCAMERA_IPA_CONFIG_PATH", ""))
        return list(self.registered)

    def exposure_mode(self, model: str) -> dict[str, list[float]]:
        """The steps of automatic exposure of a registered sensor."""
        assert self.registered is not None
        modes: dict[str, dict[str, list[float]]] = self.registered[model]["algorithms"][-1]["rpi.agc"]["exposure_modes"]
        return modes["normal"]

    def close_one(self) -> None:
        self.open_count -= 1
        if self.open_count == 0:
            self.registered = None

    def _file(self, name: str) -> Path:
        if one := os.environ.get("LIBCAMERA_RPI_TUNING_FILE"):
            return Path(one)
        first = [Path(path) for path in os.environ.get("LIBCAMERA_IPA_CONFIG_PATH", "").split(":") if path]
        paths = [folder / "rpi/pisp" / name for folder in [*first, *self._system]]
        return next((path for path in paths if path.is_file()), Path("/nonexistent"))


class Picamera2:
    """picamera2's class of cameras; :func:`picamera2_of` gives each library its own."""

    libcamera: ClassVar[Libcamera]
    camera_controls: ClassVar[dict[str, Any]] = {"FrameDurationLimits": None, "ExposureTime": None}

    def __init__(self, number: int, tuning: dict[str, Any] | None = None) -> None:
        os.environ.pop("LIBCAMERA_RPI_TUNING_FILE", None)
        with contextlib.ExitStack() as files:
            if tuning is not None:
                file = files.enter_context(tempfile.NamedTemporaryFile("w"))
                json.dump(tuning, file)
                file.flush()
                os.environ["LIBCAMERA_RPI_TUNING_FILE"] = file.name
            self._model = self.global_camera_info()[number]["Model"]
            self.libcamera.open_count += 1

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        models = enumerate(cls.libcamera.models())
        return [{"Model": model, "Id": f"/base/i2c@{n}8000/{model}@1a", "Num": n} for n, model in models]

    def create_video_configuration(self, **keys: Any) -> dict[str, Any]:  # noqa: ANN401 - as of picamera2
        return keys

    def configure(self, _configuration: dict[str, Any]) -> None:
        """Take it as it is."""

    def stream_configuration(self, _name: str) -> dict[str, Any]:
        return {"size": (WIDTH, HEIGHT), "format": "NV12"}

    def start(self) -> None:
        """Pictures are taken as they are asked for."""

    def capture_request(self, wait: float) -> SimpleNamespace:
        assert wait > 0
        mode = self.libcamera.exposure_mode(self._model)
        metadata = {"SensorTimestamp": time.monotonic_ns(), "ExposureTime": mode["shutter"][-1]}
        metadata["AnalogueGain"] = mode["gain"][-1]
        return SimpleNamespace(get_metadata=lambda: metadata, release=lambda: None)

    def cancel_all_and_flush(self) -> None:
        """None waits."""

    def close(self) -> None:
        self.libcamera.close_one()


def picamera2_of(library: Libcamera) -> type[Picamera2]:
    """The class of the cameras of a library."""
    return type("Picamera2", (Picamera2,), {"libcamera": library})


def modules(library: Libcamera) -> dict[str, ModuleType]:
    """What the adapter imports of both, by the names of the modules."""

    @contextlib.contextmanager
    def mapped_array(_request: object, _name: str, *, write: bool) -> Iterator[SimpleNamespace]:
        assert not write
        yield SimpleNamespace(array=np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8))

    picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    vars(picamera2).update(Picamera2=picamera2_of(library), MappedArray=mapped_array)
    vars(libcamera).update(ColorSpace=SimpleNamespace(Smpte170m=object), Transform=SimpleNamespace)
    return {"picamera2": picamera2, "libcamera": libcamera}
