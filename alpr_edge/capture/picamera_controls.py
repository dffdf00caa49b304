"""Builds libcamera's settings for sharp plates of moving vehicles: control values, and a tuning with ceilings.

Plain numbers, so that none of it needs libcamera; ``scripts/prove-camera`` holds them against its own names. See
libcamera's ``control_ids_core.yaml`` and the Picamera2 manual, appendix C.
"""

import copy
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from alpr_edge.domain.errors import CaptureError
from alpr_edge.settings import Picamera2Camera

US_PER_S = 1_000_000
AWB_MODES = {"auto": 0, "tungsten": 2, "indoor": 4, "daylight": 5, "cloudy": 6}
NOISE_REDUCTION_MODES = {"off": 0, "fast": 1, "high_quality": 2}
AF_MANUAL = HDR_OFF = FLICKER_OFF = 0
FLIPS = {"none": (0, 0), "horizontal": (1, 0), "vertical": (0, 1), "upside_down": (1, 1)}
"""(hflip, vflip) of libcamera's transform."""
BEYOND = 1.25
"""How far above its ceiling a value is beyond it: sensors count exposure in lines, and have a least gain."""

Controls = dict[str, Any]


def controls_of(camera: Picamera2Camera) -> Controls:
    """Every control that the settings ask for, by libcamera's name.

    A fixed exposure or gain turns its automatic off. Without one the control is left out, and the automatic works below
    the ceilings of :func:`with_ceilings`.
    """
    picture_us = round(US_PER_S / camera.fps)
    controls: Controls = {
        "FrameDurationLimits": (picture_us, picture_us),
        "ExposureValue": camera.exposure_compensation_ev,
        "AeFlickerMode": FLICKER_OFF,
        "AfMode": AF_MANUAL,
        "LensPosition": camera.focus_dioptres,
        "HdrMode": HDR_OFF,
        "NoiseReductionMode": NOISE_REDUCTION_MODES[camera.denoise],
        "Sharpness": camera.sharpness,
        "Saturation": camera.saturation,
    }
    if camera.shutter_us:
        controls["ExposureTime"] = camera.shutter_us
    if camera.gain:
        controls["AnalogueGain"] = camera.gain
    if camera.awb == "fixed":
        return controls | {"AwbEnable": False, "ColourGains": (1.0, 1.0)}
    return controls | {"AwbMode": AWB_MODES[camera.awb]}


def split(controls: Controls, available: Collection[str]) -> tuple[Controls, list[str]]:
    """(controls that the camera has, names of those it lacks): picamera2 refuses all for one that it does not know."""
    return {name: value for name, value in controls.items() if name in available}, sorted(
        controls.keys() - set(available)
    )


def with_ceilings(tuning: Mapping[str, Any], shutter_us_max: int, gain_max: float) -> dict[str, Any] | None:
    """A copy of a Raspberry Pi tuning whose automatic exposure goes no further; None when it has none.

    libcamera has no control for these ceilings. Its algorithm "rpi.agc" climbs the steps of a mode, exposure and gain
    side by side, so each step's exposure is cut and the last step's gain becomes the ceiling.
    """
    result = copy.deepcopy(dict(tuning))
    modes = list(_exposure_modes(result))
    for mode in modes:
        mode["shutter"] = [min(step, shutter_us_max) for step in mode["shutter"]]
        mode["gain"] = [min(step, gain_max) for step in mode["gain"][:-1]] + [gain_max]
    return result if modes else None


def is_beyond_ceilings(camera: Picamera2Camera, figures: Mapping[str, Any]) -> bool:
    """Whether a picture was taken with more than automatic exposure is allowed.

    Args:
        figures: what the picture was taken with: ``exposure_us`` and ``gain``, as far as the sensor tells.
    """
    is_long = not camera.shutter_us and figures.get("exposure_us", 0) > BEYOND * camera.shutter_us_max
    return is_long or (not camera.gain and figures.get("gain", 0) > BEYOND * camera.gain_max)


def _exposure_modes(tuning: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each mode of each channel, in both layouts of version 2: channels came with the HDR of the Pi 5."""
    for algorithm in tuning.get("algorithms", []):
        agc = algorithm.get("rpi.agc", {})
        for channel in agc.get("channels", [agc]):
            yield from channel.get("exposure_modes", {}).values()


def camera_index(cameras: list[dict[str, Any]], device: str) -> int:
    """Position of the camera that ``device`` names among those that picamera2 lists."""
    there = ", ".join(f"{number}: {camera.get('Model')} ({camera['Id']})" for number, camera in enumerate(cameras))
    if device.isdecimal():
        if int(device) < len(cameras):
            return int(device)
        raise CaptureError(f"no camera of this number; there are {there or 'none: check the ribbon at both ends'}")
    fits = [n for n, camera in enumerate(cameras) if device in camera["Id"] or device in str(camera.get("Model"))]
    if len(fits) == 1:
        return fits[0]
    how_many = "several cameras" if fits else "no camera"
    raise CaptureError(f"{how_many} of this model or id; there are {there or 'none: check the ribbon at both ends'}")
