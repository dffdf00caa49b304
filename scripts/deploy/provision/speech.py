"""The step that makes what the unit says after a tone, by the unit's own command."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.accounts import AS_UNIT
from scripts.deploy.provision.machine import run, succeeds
from scripts.deploy.provision.unit_settings import SETTINGS, parse_toml

RENDER = "make the phrases that are said after a tone"
RENDER_S_MAX = 300


class SpeechStep:
    """The phrases of this unit, made once; again when its cameras were renamed.

    Args:
        command: the unit's own command.
        settings: the unit's settings file, which says whether it speaks.
    """

    name = "speech"

    def __init__(self, command: Path = AS_UNIT, settings: Path = SETTINGS) -> None:
        self._command = command
        self._settings = settings

    def pending(self) -> list[str]:
        """The phrases, where one is missing and the unit is to speak."""
        text = self._settings.read_text(encoding="utf-8") if self._settings.is_file() else ""
        alerts = parse_toml(text).get("alerts", {})
        if alerts.get("speech") is False or alerts.get("player") == "none":
            return []
        is_made = self._command.exists() and succeeds(self._command, "sound", "phrases", timeout_s=120)
        return [] if is_made else [RENDER]

    def apply(self, undo: ExitStack) -> None:
        """Make them; what was made is nothing to bring back."""
        del undo
        run(self._command, "sound", "render", timeout_s=RENDER_S_MAX)
