"""Ceilings of automatic exposure are in force from the first opening on, and after each further one."""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from alpr_edge.app.cameras import make_cameras
from alpr_edge.capture.camera_tunings import ONE_FILE, SEARCH_PATH, write_tunings
from alpr_edge.capture.picamera import BEYOND_PICTURES, Picamera2Source
from alpr_edge.diagnostics.camera import frames_of
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.errors import CaptureError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Picamera2Camera, parse
from tests.capture.picamera_double import Libcamera, modules, tuning

MODELS = "imx219", "imx219_noir", "imx296", "imx296_mono", "imx708", "imx708_wide"


def camera(**keys: object) -> Picamera2Camera:
    return Picamera2Camera.model_validate({"kind": "picamera2", **keys})


class Computer:
    """A computer with tunings of the system, and a runtime directory for ours."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.runtime = path / "run"
        self.runtime.mkdir()
        self.system = [path / "etc", path / "share"]
        self.libcamera = Libcamera(self.system, ())
        for variable in (SEARCH_PATH, ONE_FILE):
            monkeypatch.setenv(variable, "")
        for model in MODELS:
            self.add_tuning(f"{model}.json", json.dumps(tuning(model)))

    @property
    def ours(self) -> Path:
        return self.runtime / "libcamera/rpi/pisp"

    def add_tuning(self, name: str, content: str, root: str = "share", processor: str = "pisp") -> None:
        folder = self.runtime.parent / root / "rpi" / processor
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")

    def plug(self, *sensors: str) -> None:
        """Put sensors in, into a computer that did not ask for any yet."""
        self.libcamera = Libcamera(self.system, sensors)
        for name, module in modules(self.libcamera).items():
            self._monkeypatch.setitem(sys.modules, name, module)

    def write(self, *cameras: Picamera2Camera) -> None:
        write_tunings(cameras, self.runtime, self.system)

    def figures(self, settings: Picamera2Camera, pictures: int = 1) -> dict[str, Any]:
        """Open a camera, take some pictures and close it; returns what the last one was taken with."""
        source = Picamera2Source(settings, SystemClock())
        frames = source.frames()
        assert len(list(islice(frames, pictures))) == pictures
        frames.close()  # type: ignore[attr-defined] # a generator
        return source.figures

    def taken_with(self, settings: Picamera2Camera) -> tuple[int, float, bool]:
        """(exposure, gain, whether ceilings are known to be in force) of a picture in the dark."""
        figures = self.figures(settings)
        return figures["exposure_us"], figures["gain"], figures["ceilings"]


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    return Computer(tmp_path, monkeypatch)


def exposures_told(logs: Sequence[Any]) -> list[Any]:
    return [line["exposure_us"] for line in logs if line["event"] == "capture.exposure_unbounded"]


def test_a_lone_camera_keeps_its_ceilings_over_openings(computer: Computer) -> None:
    settings = camera(shutter_us_max=400)
    computer.plug("imx296")
    computer.write(settings)
    with capture_logs() as logs:
        assert [computer.taken_with(settings) for _ in range(3)] == [(400, 8.0, True)] * 3
    assert computer.libcamera.files == [[computer.ours / "imx296.json"]] * 3
    assert exposures_told(logs) == []


def test_two_models_have_ceilings_of_their_own_while_both_are_open(computer: Computer) -> None:
    front, side = camera(device="imx296", shutter_us_max=400), camera(id="side", device="imx708", gain_max=4.0)
    computer.plug("imx296", "imx708_wide")
    computer.write(front, side)
    frames = Picamera2Source(front, SystemClock()).frames()
    next(frames)
    assert computer.taken_with(side) == (500, 4.0, True)
    assert computer.taken_with(front) == (400, 8.0, True)
    frames.close()  # type: ignore[attr-defined] # a generator


@pytest.mark.parametrize("device", ["0", "i2c@08000", "imx296@1a", "imx296", "296@"])
def test_whatever_names_the_camera_its_model_gets_its_ceilings(computer: Computer, device: str) -> None:
    settings = camera(device=device, shutter_us_max=300)
    computer.plug("imx296")
    computer.write(settings)
    assert computer.taken_with(settings) == (300, 8.0, True)


def test_a_sensor_without_colours_has_a_tuning_of_its_own(computer: Computer) -> None:
    computer.plug("imx296_mono")
    computer.write(camera())
    assert computer.taken_with(camera()) == (500, 8.0, True)
    assert computer.libcamera.files == [[computer.ours / "imx296_mono.json"]]


@pytest.mark.parametrize("sensor", ["imx219", "imx219_mono"])
def test_a_tuning_of_the_settings_is_used_for_every_form_of_the_model(computer: Computer, sensor: str) -> None:
    settings = camera(device="imx219", tuning="imx219_noir.json")
    computer.plug(sensor)
    computer.write(settings)
    assert computer.taken_with(settings) == (500, 8.0, True)
    assert json.loads(computer.libcamera.files[0][0].read_bytes())["mark"] == "imx219_noir"


def test_tunings_of_other_models_stay_the_systems(computer: Computer) -> None:
    computer.plug("imx296", "imx219")
    computer.write(camera(device="imx296"))
    computer.taken_with(camera(device="imx296"))
    assert computer.libcamera.files == [[computer.ours / "imx296.json", computer.system[1] / "rpi/pisp/imx219.json"]]


def test_both_processors_have_folders_and_etc_comes_before_share(computer: Computer) -> None:
    computer.add_tuning("imx296.json", json.dumps(tuning("own")), root="etc")
    computer.add_tuning("imx296.json", json.dumps(tuning("older Pi")), processor="vc4")
    computer.write(camera(device="imx296"))
    marks = [json.loads((computer.ours.parent / name / "imx296.json").read_bytes())["mark"] for name in ("pisp", "vc4")]
    assert marks == ["own", "older Pi"]


def test_a_tuning_that_is_yaml_but_no_json_is_read(computer: Computer) -> None:
    content = json.dumps(tuning("imx296"), indent=1).replace("\n}", ",\n}")
    computer.add_tuning("imx296.json", f"# of the maker\n{content}")
    computer.plug("imx296")
    computer.write(camera())
    assert computer.taken_with(camera()) == (500, 8.0, True)


@pytest.mark.parametrize("content", ["{", "[]", '{"algorithms": [3]}', '{"algorithms": [{"rpi.agc": {}}]}'])
def test_of_a_tuning_that_cannot_be_used_no_other_camera_suffers(computer: Computer, content: str) -> None:
    computer.add_tuning("imx708.json", content)
    computer.plug("imx296")
    computer.write(camera())
    assert computer.taken_with(camera()) == (500, 8.0, True)


def test_a_camera_without_tuning_of_ours_is_told_of_as_unbounded(computer: Computer) -> None:
    computer.add_tuning("imx296.json", json.dumps({"version": 2.0, "algorithms": []}))
    computer.plug("imx708")
    computer.write(camera(device="imx296"))
    with capture_logs() as logs:
        assert computer.taken_with(camera()) == (66_666, 16.0, False)
        assert not computer.figures(camera(shutter_us=300, gain=2.0))["ceilings"]
    assert exposures_told(logs) == [None]


def test_a_tuning_that_is_not_there_is_said(computer: Computer) -> None:
    settings = camera(tuning="imx296_fog.json")
    computer.plug("imx296")
    computer.write(settings)
    with pytest.raises(CaptureError, match=r"libcamera has no usable imx296_fog\.json for imx296; see /usr/share"):
        computer.figures(settings)


def test_two_cameras_of_one_model_with_other_ceilings_are_refused_in_one_line(computer: Computer) -> None:
    """Settings refuse what they can know; these names fit one model all the same."""
    front, side = camera(device="imx2"), camera(id="side", device="x296", gain_max=4.0)
    computer.plug("imx296")
    computer.write(front, side)
    assert computer.taken_with(front) == (500, 8.0, True)
    with pytest.raises(CaptureError) as excinfo:
        computer.figures(side)
    assert str(excinfo.value) == (
        "camera side: picamera2 x296: another camera of the model imx296 has other ceilings: give both the same "
        "shutter_us_max and gain_max"
    )


def test_pictures_beyond_the_ceilings_are_told_once(computer: Computer) -> None:
    """The manager runs already, as if another part of the process had asked for the cameras."""
    computer.plug("imx296")
    computer.libcamera.models()
    computer.write(camera())
    with capture_logs() as logs:
        assert computer.figures(camera(), BEYOND_PICTURES - 1)["ceilings"] is True
        assert exposures_told(logs) == []
        computer.libcamera.registered = {"imx296": tuning("imx296")}
        assert computer.figures(camera(), 3 * BEYOND_PICTURES)["ceilings"] is False
    assert exposures_told(logs) == [66_666]


def test_files_of_earlier_settings_go_and_other_folders_are_kept(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SEARCH_PATH, "/opt/tunings")
    monkeypatch.setenv(ONE_FILE, "/opt/imx296.json")
    computer.write(camera())
    assert {path.stem for path in computer.ours.iterdir()} == set(MODELS)
    computer.write(camera(device="imx296"))
    assert {path.stem for path in computer.ours.iterdir()} == {"imx296", "imx296_mono"}
    assert os.environ[SEARCH_PATH] == f"{computer.runtime}/libcamera:/opt/tunings"
    assert ONE_FILE not in os.environ
    assert {stat.S_IMODE(path.stat().st_mode) for path in computer.ours.iterdir()} == {0o600}


def test_without_a_place_to_write_the_camera_works_without_ceilings(computer: Computer) -> None:
    (computer.runtime / "libcamera").write_text("in the way", encoding="utf-8")
    computer.plug("imx296")
    with capture_logs() as logs:
        computer.write(camera())
        assert computer.taken_with(camera()) == (66_666, 16.0, False)
    assert next(line["event"] for line in logs) == "capture.tuning_not_written"
    assert exposures_told(logs) == [None]


def _session(raw: dict[str, Any]) -> Iterator[object]:
    settings, stop = parse(raw, Path("/base")), Event()
    (unit_camera,) = make_cameras(settings, SystemClock(), stop.wait)
    yield from unit_camera.frames(lambda: None)


def _check(raw: dict[str, Any]) -> Iterator[object]:
    settings = parse(raw, Path("/base"))
    with frames_of(CheckContext(settings, SystemClock()), settings.camera[0]) as frames:
        yield from frames


@pytest.mark.parametrize("opener", [_session, _check])
def test_the_unit_and_its_check_write_before_they_ask_for_a_camera(
    computer: Computer, opener: Callable[[dict[str, Any]], Iterator[object]]
) -> None:
    """They read the tunings of this computer's own system, which may have none, so only the place is seen."""
    computer.plug("imx296")
    raw = {"unit": {"runtime_directory": str(computer.runtime)}, "camera": [{"kind": "picamera2"}]}
    frames = opener(raw)
    next(frames)
    frames.close()  # type: ignore[attr-defined] # a generator
    assert computer.libcamera.search_paths == [f"{computer.runtime}/libcamera"]
