"""Which devices the udev rules give the names to that the settings use."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from alpr_edge.settings import Settings

CONFIG = Path(__file__).parents[1] / "config"
RULES = CONFIG / "system" / "etc" / "udev" / "rules.d" / "60-alpr-edge.rules"
Device = dict[str, str]
"""What a rule asks of a device, by the rule's own words."""


def assignments(device: Device) -> dict[str, str]:
    """What the rules set for a device that appears; a key that it lacks matches nothing, as in udev."""
    results: dict[str, str] = {}
    lines = [line for line in RULES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for line in lines:
        parts = re.findall(r'([A-Z]+(?:\{[^}]+\})?)(==|!=|\+=|=)"([^"]*)"', line)
        matches = [
            key in device
            and any(fnmatchcase(device[key], pattern) for pattern in value.split("|")) == (operator == "==")
            for key, operator, value in parts
            if operator in {"==", "!="}
        ]
        if matches and all(matches):
            results |= {key: value for key, operator, value in parts if operator in {"=", "+="}}
    return results


def sound(node: str, bus: str = "usb", card_name: str = "Device") -> Device:
    """A node of a sound card, which lies below its card, or the card itself."""
    card_key = "ATTR{id}" if node.startswith("card") else "ATTR{../id}"
    return {"ACTION": "add", "SUBSYSTEM": "sound", "KERNEL": node, "SUBSYSTEMS": bus, card_key: card_name}


@pytest.mark.parametrize("node", ["pcmC1D0p", "pcmC12D3p"])
def test_a_usb_card_that_plays_is_named(node: str) -> None:
    assert assignments(sound(node)) == {"ATTR{../id}": "alpr"}


@pytest.mark.parametrize("node", ["card1", "controlC1", "pcmC1D0c", "midiC1D0"])
def test_a_microphone_is_not(node: str) -> None:
    """A camera on USB brings one, and as a card of its own; the tones would go to it and nowhere."""
    assert assignments(sound(node)) == {}


def test_neither_is_what_is_built_in_nor_a_card_that_has_the_name() -> None:
    assert assignments(sound("pcmC0D0p", bus="platform")) == {}
    assert assignments(sound("pcmC1D1p", card_name="alpr")) == {}


def test_a_receiver_is_named() -> None:
    tty = {"ACTION": "add", "SUBSYSTEM": "tty", "KERNEL": "ttyACM0", "SUBSYSTEMS": "usb", "ATTRS{idVendor}": "1546"}
    assert assignments(tty)["SYMLINK"] == "alpr-gps"


def test_the_technicians_guide_sets_these_names() -> None:
    guide = (CONFIG / "technicians-guide.md").read_text(encoding="utf-8")
    settings = Settings.model_validate(tomllib.loads("\n".join(re.findall(r"(?ms)^```toml\n(.*?)^```", guide))))
    tty = {"ACTION": "add", "SUBSYSTEM": "tty", "KERNEL": "ttyUSB0", "SUBSYSTEMS": "usb", "ATTRS{idVendor}": "067b"}
    assert settings.position.device == f"/dev/{assignments(tty)['SYMLINK']}"
    assert settings.alerts.device == f"plughw:CARD={assignments(sound('pcmC1D0p'))['ATTR{../id}']}"
