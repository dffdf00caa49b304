from pathlib import Path
from typing import Any

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import parse


def only_fault(raw: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as excinfo:
        parse(raw, Path("/base"))
    (fault,) = excinfo.value.faults
    return fault


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (
            {"width_px": 641},
            "camera[0].width_px: expected an even number from 320 to 7680, not 641; the default is 1280",
        ),
        (
            {"fps": 100.0, "shutter_us": 10_001},
            "camera[0]: shutter_us = 10001 is longer than a picture at fps = 100; lower one of the two",
        ),
        (
            {"fps": 240.0, "shutter_us_max": 5000},
            "camera[0]: shutter_us_max = 5000 is longer than a picture at fps = 240",
        ),
        ({"tuning": "../x.json"}, "camera[0].tuning: expected the name of a tuning file of libcamera"),
        (
            {"awb": "auto1"},
            "camera[0].awb: expected one of 'auto', 'daylight', 'cloudy', 'indoor', 'tungsten', 'fixed'",
        ),
    ],
)
def test_a_camera_of_the_pi_is_told_only_what_it_can_do(keys: dict[str, Any], fault: str) -> None:
    assert only_fault({"camera": [{"kind": "picamera2", **keys}]}).startswith(fault)


def cameras_of(devices: tuple[str, str], **keys: object) -> dict[str, Any]:
    """Two cameras of the Pi, the second with keys of its own."""
    first, second = devices
    pi = {"kind": "picamera2"}
    return {"camera": [{**pi, "id": "a", "device": first}, {**pi, "id": "b", "device": second, **keys}]}


@pytest.mark.parametrize("devices", [("0", "1"), ("imx296", "1"), ("imx296", "i2c@80000"), ("imx708", "imx708_wide")])
@pytest.mark.parametrize("keys", [{"shutter_us_max": 400}, {"gain_max": 4.0}, {"tuning": "imx296_noir.json"}])
def test_cameras_that_may_be_of_one_model_share_what_is_the_models(
    devices: tuple[str, str], keys: dict[str, Any]
) -> None:
    assert only_fault(cameras_of(devices, **keys)) == (
        f"camera: 'a' and 'b' differ in {next(iter(keys))}, which libcamera has once for each model: give both the "
        "same, or name two models in device, such as 'imx296' and 'imx708'"
    )
    assert len(parse(cameras_of(devices), Path("/base")).camera) == 2


def test_cameras_of_two_models_may_have_ceilings_of_their_own() -> None:
    raw = cameras_of(("imx296", "imx708"), shutter_us_max=400, gain_max=4.0)
    assert len(parse(raw, Path("/base")).camera) == 2
    fixed = {"camera": [{"kind": "picamera2", "shutter_us": 300}, {"kind": "v4l2", "id": "usb"}]}
    assert len(parse(fixed, Path("/base")).camera) == 2
