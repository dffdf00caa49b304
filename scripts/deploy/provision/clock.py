"""The clock: chronyd with the receiver's time, and no other service in its place."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.base import OverlayStep
from scripts.deploy.provision.machine import run, succeeds

FILES = ("etc/chrony/conf.d/alpr-edge.conf", "etc/systemd/system/chrony.service.d/alpr-edge.conf")
CHRONY = "chrony.service"
OTHERS = ("chronyd-restricted.service", "chrony-wait.service", "systemd-timesyncd.service")
"""The first stops chrony.service, knows no reference clock, and comes to life when an image presets all its services at
the first start, as does the second: it holds up a start without network or fix for three minutes."""


class ClockStep:
    """chronyd.

    Args:
        system: the folder ``config/system``.
    """

    name = "clock"

    def __init__(self, system: Path) -> None:
        restart = (("systemctl", "daemon-reload"), ("systemctl", "restart", CHRONY))
        self._files = OverlayStep(self.name, system, FILES, after=restart)

    def pending(self) -> list[str]:
        """Files that differ, services that are in the way, and chronyd where it does not start by itself."""
        others = [f"disable {name}" for name in OTHERS if _is_enabled(name)]
        return [*self._files.pending(), *others, *([] if _is_enabled(CHRONY) else [f"enable {CHRONY}"])]

    def apply(self, undo: ExitStack) -> None:
        """Disable the services in the way, write chronyd's files, and start it."""
        for name in filter(_is_enabled, OTHERS):
            undo.callback(succeeds, "systemctl", "enable", "--quiet", name)
            run("systemctl", "disable", "--quiet", "--now", name)
        if not _is_enabled(CHRONY):
            undo.callback(succeeds, "systemctl", "disable", "--quiet", CHRONY)
            run("systemctl", "enable", "--quiet", CHRONY)
        self._files.apply(undo)


def _is_enabled(name: str) -> bool:
    return succeeds("systemctl", "is-enabled", "--quiet", name)
