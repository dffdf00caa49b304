"""Finds out whether the sound device is muted: a tone that nobody can hear is no tone.

``amixer`` reads the mixer of ALSA, which is the card's own, or that of a sound server behind the device. What lies
behind the mixer (an amplifier, a plug, a loudspeaker) cannot be seen; ``unit check`` listens with a microphone.
"""

import re
import subprocess

from alpr_edge.app.unit_faults import Fault, FaultKind

LOOK_S = 2.0
READ_S_MAX = 2.0
"""Longest wait for the mixer; one that does not answer says nothing."""
_IN_THE_WAY = re.compile(r"^(Master|PCM|Digital|Wave)\b")
"""Controls through which every sound goes."""
_OUTPUTS = re.compile(r"^(Speaker|Headphone|Headset|Line Out|Front)\b")
"""Controls of which one that is on is enough."""
_CONTROL = re.compile(r"^Simple mixer control '(?P<name>[^']+)',\d+$")
_CAPTURE = " Capture "
"""Stands before the state of a control's other direction."""


class MixerWatch:
    """Looks at the mixer of the sound device."""

    interval_s = LOOK_S

    def __init__(self, device: str) -> None:
        self._device = device
        self._muted = ""

    def look(self) -> None:
        """Read the mixer; without one, or where it does not answer, nothing is known to be muted."""
        command = ["amixer", "-D", mixer_of(self._device), "scontents"]
        try:
            done = subprocess.run(  # noqa: S603 - a program of this system, asked for the device of the settings
                command, capture_output=True, text=True, timeout=READ_S_MAX, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            self._muted = ""
            return
        self._muted = muted_control(done.stdout) if done.returncode == 0 else ""

    def faults(self) -> list[Fault]:
        """That the device is muted, and by which control."""
        if not self._muted:
            return []
        return [Fault(FaultKind.SOUND_MUTED, "sound", f"sound: muted by the mixer's control {self._muted!r}")]


def mixer_of(device: str) -> str:
    """ALSA's name of the mixer of a playback device: that of the card where a plugin stands before it."""
    plugin, _, rest = device.partition(":")
    card = re.match(r"(?:CARD=)?([^,]+)", rest)
    is_card = plugin in {"hw", "plughw", "sysdefault", "front", "dmix"} and card is not None
    return f"hw:{card[1]}" if is_card and card is not None else device


def muted_control(text: str) -> str:
    """The control that keeps every sound of a mixer back; empty where none does.

    Args:
        text: what ``amixer scontents`` printed.
    """
    silent = {name: _is_silent(lines) for name, lines in _controls(text).items()}
    for name, is_silent in silent.items():
        if _IN_THE_WAY.match(name) and is_silent:
            return name
    outputs = [name for name in silent if _OUTPUTS.match(name)]
    return outputs[0] if outputs and all(silent[name] for name in outputs) else ""


def _controls(text: str) -> dict[str, list[str]]:
    """The states of the playback channels of each control that has any, such as "Playback 44 [29%] [-20.13dB] [on]"."""
    controls: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if found := _CONTROL.match(line):
            name = found["name"]
            continue
        state = line.partition(":")[2].partition(_CAPTURE)[0]
        if "[" in state:
            controls.setdefault(name, []).append(state)
    return controls


def _is_silent(states: list[str]) -> bool:
    """Whether every channel of a control is switched off or at volume 0."""
    return all("[off]" in state or "[0%]" in state for state in states)
