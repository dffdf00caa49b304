"""The clock: chronyd with the receiver's time, no other service in its place, and the time zone of its users."""

import re
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.base import OverlayStep
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds

FILES = ("etc/chrony/conf.d/alpr-edge.conf", "etc/systemd/system/chrony.service.d/alpr-edge.conf")
CHRONY = "chrony.service"
OTHERS = ("chronyd-restricted.service", "chrony-wait.service", "systemd-timesyncd.service")
"""The first stops chrony.service, knows no reference clock, and comes to life when an image presets all its services at
the first start, as does the second: it holds up a start without network or fix for three minutes."""
LOCAL_TIME = Path("/etc/localtime")
ZONES = Path("/usr/share/zoneinfo")
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


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


class TimeZoneStep:
    """The system's time zone, where one is asked for; what is stored is in UTC whatever it is.

    Args:
        zone: such as ``America/Los_Angeles``; empty: it stays as it is.
        link: the system's link to its zone.
        zones: the folder of the zones that the system knows.

    Raises:
        ProvisioningError: the system knows no such zone.
    """

    name = "time zone"

    def __init__(self, zone: str, link: Path = LOCAL_TIME, zones: Path = ZONES) -> None:
        self._zone, self._link, self._file = zone, link, zones / zone
        if zone and not (_ZONE_NAME.fullmatch(zone) and self._file.is_file()):
            raise ProvisioningError(f"--time-zone {zone}: no time zone; they look like America/Los_Angeles")

    def pending(self) -> list[str]:
        """The zone, where another is set."""
        if not self._zone or self._link.resolve() == self._file.resolve():
            return []
        return [f"set the time zone to {self._zone}"]

    def apply(self, undo: ExitStack) -> None:
        """Replace the link in one step; programs that run keep the zone that they began with."""
        before = self._link.readlink() if self._link.is_symlink() else None
        if before is not None:
            undo.callback(self._replace, before)
        self._replace(self._file)

    def _replace(self, target: Path) -> None:
        part = self._link.with_name(f"{self._link.name}.new")
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(self._link)


def time_zone_name(link: Path = LOCAL_TIME, zones: Path = ZONES) -> str:
    """The system's zone by name; ``Etc/UTC`` where none is set."""
    path = link.resolve()
    return str(path.relative_to(zones.resolve())) if path.is_relative_to(zones.resolve()) else "Etc/UTC"
