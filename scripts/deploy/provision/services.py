"""The unit's services: linked from the release in use, enabled, started and ready."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.machine import link, run, succeeds
from scripts.deploy.provision.unit_settings import SETTINGS, installed_settings

UNIT_FILES = Path("/opt/alpr-edge/current/systemd")
SYSTEM = Path("/etc/systemd/system")
TARGET, CAPTURE, UPLINK = "alpr-edge.target", "alpr-edge.service", "alpr-edge-uplink.service"
HORN = "alpr-edge-horn.service"
"""Sounds when the capture half fails; started by it alone."""
LINKED = (TARGET, CAPTURE, UPLINK, HORN)
START_S_MAX = 120


class ServicesStep:
    """Both daemons, their target, and the unit that sounds when the capture daemon fails.

    The unit files are links into the release in use: an update or a roll-back changes them with the software.

    Args:
        department: address given for this run; without any, nothing is uplinked.
    """

    name = "services"

    def __init__(self, department: str) -> None:
        self._department = department

    def pending(self) -> list[str]:
        """The units that are not linked, not enabled, not running, or run by settings that were changed since."""
        names = self._names()
        changes = [f"link {SYSTEM / name}" for name in LINKED if not _is_linked(name)]
        changes += [f"enable {name}" for name in names if not succeeds("systemctl", "is-enabled", "--quiet", name)]
        changes += [f"start {name}" for name in names if not succeeds("systemctl", "is-active", "--quiet", name)]
        changes += [f"restart {name}" for name in self._outdated_daemons()]
        return changes

    def apply(self, undo: ExitStack) -> None:
        """Link, enable, start; a daemon that does not get ready is stopped again."""
        undo.callback(succeeds, "systemctl", "daemon-reload")
        for name in LINKED:
            if not _is_linked(name):
                link(SYSTEM / name, UNIT_FILES / name, undo)
        run("systemctl", "daemon-reload")
        for name in self._names():
            if not succeeds("systemctl", "is-enabled", "--quiet", name):
                undo.callback(succeeds, "systemctl", "disable", "--quiet", "--now", name)
                run("systemctl", "enable", "--quiet", name)
        # Type=notify: start returns once they are ready.
        outdated_daemons = self._outdated_daemons()
        run("systemctl", "start", *reversed(self._names()), timeout_s=START_S_MAX)
        if outdated_daemons:
            run("systemctl", "restart", *outdated_daemons, timeout_s=START_S_MAX)

    def _outdated_daemons(self) -> list[str]:
        daemons = [name for name in self._names() if name != TARGET]
        return [name for name in daemons if is_outdated(_began(name))]

    def _names(self) -> list[str]:
        url = self._department or installed_settings().get("uplink", {}).get("url", "")
        return [TARGET, CAPTURE, *([UPLINK] if url else [])]


def is_outdated(began: str, settings: Path = SETTINGS) -> bool:
    """Whether the settings were written after a daemon began; where the clock was set in between it is a guess.

    Args:
        began: "@" and the seconds of Unix time, as systemctl shows it; anything else of one that does not run.
        settings: the file.
    """
    return began.startswith("@") and settings.is_file() and int(settings.stat().st_mtime) > int(began[1:])


def _began(name: str) -> str:
    if not succeeds("systemctl", "is-active", "--quiet", name):
        return ""
    show = ("show", "--value", "--timestamp=unix", "--property=ExecMainStartTimestamp", name)
    return run("systemctl", *show).strip()


def _is_linked(name: str) -> bool:
    path = SYSTEM / name
    return path.is_symlink() and path.readlink() == UNIT_FILES / name
