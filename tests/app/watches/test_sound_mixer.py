"""A sound device that is muted, by a real sound server's mixer and by what cards of several makes print."""

import subprocess
import time

import pytest

from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.app.watches.sound_mixer import MixerWatch, mixer_of, muted_control
from tests.alerts.conftest import SoundCard, sound_card

__all__ = ["sound_card"]

WAIT_S = 60.0
USB = """Simple mixer control 'PCM',0
  Capabilities: pvolume pswitch pswitch-joined
  Playback channels: Front Left - Front Right
  Limits: Playback 0 - 151
  Mono:
  Front Left: Playback {left} [-20.13dB] [{switch}]
  Front Right: Playback 44 [29%] [-20.13dB] [{switch}]
Simple mixer control 'Mic',0
  Capabilities: pvolume pvolume-joined cvolume cvolume-joined pswitch pswitch-joined cswitch cswitch-joined
  Playback channels: Mono
  Capture channels: Mono
  Mono: Playback 0 [0%] [0.00dB] [off] Capture 8 [53%] [12.00dB] [on]
"""
LAPTOP = """Simple mixer control 'Master',0
  Mono: Playback 87 [100%] [0.00dB] [on]
Simple mixer control 'Headphone',0
  Front Left: Playback 0 [0%] [-65.25dB] [off]
  Front Right: Playback 0 [0%] [-65.25dB] [off]
Simple mixer control 'Speaker',0
  Front Left: Playback 87 [100%] [0.00dB] [{switch}]
  Front Right: Playback 87 [100%] [0.00dB] [{switch}]
Simple mixer control 'Capture',0
  Front Left: Capture 0 [0%] [-17.25dB] [off]
Simple mixer control 'Auto-Mute Mode',0
  Item0: 'Enabled'
"""


def look_until(watch: MixerWatch, is_muted: bool) -> None:
    limit = time.monotonic() + WAIT_S
    while bool(watch.faults()) is not is_muted:
        assert time.monotonic() < limit, "the mixer does not show it"
        watch.look()


def pactl(*words: str) -> None:
    subprocess.run(["pactl", *words], check=True, timeout=WAIT_S)


def test_a_mute_and_volume_0_of_a_sound_server_are_found_and_end(sound_card: SoundCard) -> None:
    watch = MixerWatch(sound_card.device)
    watch.look()
    assert watch.faults() == []
    for off, on in (
        (("set-sink-mute", "1"), ("set-sink-mute", "0")),
        (("set-sink-volume", "0%"), ("set-sink-volume", "80%")),
    ):
        pactl(off[0], "car", off[1])
        look_until(watch, is_muted=True)
        (fault,) = watch.faults()
        assert (fault.kind, fault.text) == (FaultKind.SOUND_MUTED, "sound: muted by the mixer's control 'Master'")
        pactl(on[0], "car", on[1])
        look_until(watch, is_muted=False)


def test_a_device_without_a_mixer_is_not_called_muted() -> None:
    watch = MixerWatch("no-such-device")
    watch.look()
    assert watch.faults() == []


@pytest.mark.parametrize(
    ("text", "control"),
    [
        (USB.format(left="44 [29%]", switch="on"), ""),
        (USB.format(left="0 [0%]", switch="on"), ""),
        (USB.format(left="44 [29%]", switch="off"), "PCM"),
        (LAPTOP.format(switch="on"), ""),
        (LAPTOP.format(switch="off"), "Headphone"),
        ("Simple mixer control 'IEC958',0\n  Mono: Playback [off]\n", ""),
        ("", ""),
    ],
    ids=[
        "usb",
        "one of two channels",
        "usb off",
        "headphone off, speaker on",
        "all outputs off",
        "digital out",
        "none",
    ],
)
def test_the_control_that_keeps_all_sound_back_is_named(text: str, control: str) -> None:
    assert muted_control(text) == control


@pytest.mark.parametrize(
    ("device", "mixer"),
    [
        ("default", "default"),
        ("pulse", "pulse"),
        ("hw:1,0", "hw:1"),
        ("plughw:CARD=Device,DEV=0", "hw:Device"),
        ("sysdefault:CARD=vc4hdmi0", "hw:vc4hdmi0"),
    ],
)
def test_a_plugin_before_a_card_has_the_mixer_of_the_card(device: str, mixer: str) -> None:
    assert mixer_of(device) == mixer
