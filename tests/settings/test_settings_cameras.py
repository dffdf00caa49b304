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
