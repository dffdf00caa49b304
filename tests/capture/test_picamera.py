import sys
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from alpr_edge.capture.picamera import Picamera2Source, bgr_of
from alpr_edge.capture.picamera_controls import camera_index, controls_of, split, with_ceilings
from alpr_edge.domain.errors import CaptureError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Picamera2Camera

CAMERAS = [
    {"Model": "imx708", "Id": "/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a", "Num": 1},
    {"Model": "imx296", "Id": "/base/axi/pcie@1000120000/rp1/i2c@80000/imx296@1a", "Num": 0},
]


def camera(**keys: object) -> Picamera2Camera:
    return Picamera2Camera.model_validate({"kind": "picamera2", **keys})


def exposure_modes(tuning: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    assert tuning is not None
    agc = tuning["algorithms"][-1]["rpi.agc"]
    for channel in agc.get("channels", [agc]):
        yield from channel["exposure_modes"].values()


def tuning_of(*, channels: bool) -> dict[str, Any]:
    modes = {
        "normal": {"shutter": [100, 15_000, 30_000], "gain": [1.0, 2.0, 6.0]},
        "long": {"shutter": [1000, 30_000, 120_000], "gain": [1.0, 4.0, 12.0]},
    }
    agc = (
        {"channels": [{"exposure_modes": modes}, {"exposure_modes": modes}]} if channels else {"exposure_modes": modes}
    )
    return {"version": 2.0, "algorithms": [{"rpi.black_level": {}}, {"rpi.agc": agc}]}


def test_defaults_leave_exposure_to_the_light_and_nothing_else() -> None:
    assert controls_of(camera()) == {
        "FrameDurationLimits": (33_333, 33_333),
        "ExposureValue": 0.0,
        "AeFlickerMode": 0,
        "AfMode": 0,
        "LensPosition": 0.1,
        "HdrMode": 0,
        "NoiseReductionMode": 0,
        "Sharpness": 1.0,
        "Saturation": 1.0,
        "AwbMode": 0,
    }


def test_fixed_values_are_told() -> None:
    controls = controls_of(
        camera(
            fps=60.0,
            shutter_us=300,
            gain=4.0,
            exposure_compensation_ev=-1.0,
            focus_dioptres=0.25,
            denoise="fast",
            sharpness=2.0,
            saturation=0.0,
            awb="fixed",
        )
    )
    assert controls["FrameDurationLimits"] == (16_667, 16_667)
    assert (controls["ExposureTime"], controls["AnalogueGain"], controls["ExposureValue"]) == (300, 4.0, -1.0)
    assert (
        controls["LensPosition"],
        controls["NoiseReductionMode"],
        controls["Sharpness"],
        controls["Saturation"],
    ) == (
        0.25,
        1,
        2.0,
        0,
    )
    assert (controls["AwbEnable"], controls["ColourGains"]) == (False, (1.0, 1.0))
    assert "AwbMode" not in controls


def test_a_camera_is_told_only_what_it_knows() -> None:
    controls, lacking = split(controls_of(camera()), {"FrameDurationLimits", "Sharpness"})
    assert controls == {"FrameDurationLimits": (33_333, 33_333), "Sharpness": 1.0}
    assert {"AfMode", "LensPosition"} <= set(lacking)
    assert lacking == sorted(lacking)


@pytest.mark.parametrize("channels", [False, True])
def test_no_step_of_automatic_exposure_is_beyond_the_ceilings(channels: bool) -> None:
    tuning = tuning_of(channels=channels)
    modes = list(exposure_modes(with_ceilings(tuning, 500, 8.0)))
    assert len(modes) == (4 if channels else 2)
    for mode in modes:
        assert max(mode["shutter"]) == 500
        assert mode["gain"] == sorted(mode["gain"])
        assert mode["gain"][-1] == 8.0
    assert tuning == tuning_of(channels=channels)


def test_a_ceiling_below_every_step() -> None:
    for mode in exposure_modes(with_ceilings(tuning_of(channels=False), 50, 1.5)):
        assert mode["shutter"] == [50, 50, 50]
        assert mode["gain"] == [1.0, 1.5, 1.5]


@pytest.mark.parametrize("tuning", [{}, {"version": 1.0, "rpi.agc": {}}, {"algorithms": [{"rpi.awb": {}}]}])
def test_a_tuning_without_automatic_exposure_has_no_ceiling(tuning: dict[str, Any]) -> None:
    assert with_ceilings(tuning, 500, 8.0) is None


@pytest.mark.parametrize(("device", "position"), [("0", 0), ("1", 1), ("imx296", 1), ("i2c@88000", 0)])
def test_a_camera_is_chosen_by_number_model_or_id(device: str, position: int) -> None:
    assert camera_index(CAMERAS, device) == position


@pytest.mark.parametrize(
    ("device", "line"),
    [
        ("2", "no camera of this number; there are 0: imx708 ("),
        ("imx", "several cameras"),
        ("ov5647", "no camera of this"),
    ],
)
def test_a_choice_that_fits_none_or_several_lists_what_is_there(device: str, line: str) -> None:
    with pytest.raises(CaptureError, match="1: imx296") as excinfo:
        camera_index(CAMERAS, device)
    assert str(excinfo.value).startswith(line)


def test_no_camera_at_all_says_where_to_look() -> None:
    with pytest.raises(CaptureError, match="none: check the ribbon"):
        camera_index([], "0")


def test_a_picture_with_padding_becomes_bgr() -> None:
    plain = np.zeros((48, 64, 3), np.uint8)
    plain[:, :32], plain[:, 32:] = (200, 40, 40), (30, 30, 220)
    yuv = cv2.cvtColor(plain, cv2.COLOR_BGR2YUV_I420)
    chroma = yuv[48:].reshape(2, -1)
    buffer = np.full((80, 96), 77, np.uint8)
    buffer[:48, :64] = yuv[:48]
    buffer[48:72, :64] = np.stack([chroma[0], chroma[1]], axis=-1).reshape(24, 64)
    pixels = bgr_of(buffer, 64, 48)
    assert pixels.shape == (48, 64, 3)
    assert not pixels.flags.writeable
    assert np.abs(pixels[:, [5, 60]].astype(int) - plain[:, [5, 60]]).max() <= 4


def test_without_picamera2_the_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    source = Picamera2Source(camera(id="front"), SystemClock())
    with pytest.raises(CaptureError, match="apt install python3-picamera2") as excinfo:
        next(iter(source.frames()))
    assert str(excinfo.value).startswith("camera front: picamera2 0: ")
    assert "\n" not in str(excinfo.value)
