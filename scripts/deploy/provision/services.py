"""The unit's services: linked from the release in use, enabled, started and ready."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.machine import link, run, succeeds
from scripts.deploy.provision.unit_settings import SETTINGS, installed_settings

UNIT_FILES = Path("/opt/alpr-edge/current/systemd")
SYSTEM = Path("/etc/systemd/system")
TARGET, CAPTURE, UPLINK = "alpr-edge.target", "alpr-edge.service", "alpr-edge-uplink.service"
CONSOLE = "alpr-edge-console.service"
HORN = "alpr-edge-horn.service"
"""Sounds when the capture half fails; started by it alone."""
METRICS = "alpr-edge-metrics.service"
"""Serves figures to a Prometheus on the unit; enabled by hand, where there is one."""
LINKED = (TARGET, CAPTURE, UPLINK, CONSOLE, HORN, METRICS)
START_S_MAX = 120


class ServicesStep:
    """The daemons, their target, and the unit that sounds when the capture daemon fails.

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
        # The page's daemon itself waits for its certificate, which the uplink gets.
        return [TARGET, CAPTURE, *([UPLINK] if url else []), CONSOLE]


class ReleaseUnitsStep:
    """The links to the unit files that a release brings or lacks, beside one that had others.

    Args:
        release: the folder of the release, which is in use by then.
        system: the folder of the links.
    """

    name = "units"

    def __init__(self, release: Path, system: Path = SYSTEM) -> None:
        self._files = release / "systemd"
        self._system = system

    def pending(self) -> list[str]:
        """A line for each link that is missing, or leads to a file that the release lacks."""
        dead_lines = [f"remove {path}" for path in self._dead_links()]
        return [*(f"link {self._system / name}" for name in self._missing_names()), *dead_lines]

    def apply(self, undo: ExitStack) -> None:
        """Link and enable what is new, but for what people enable; stop and unlink what the release lacks."""
        names, dead_links = self._missing_names(), self._dead_links()
        for path in dead_links:
            # It still runs, from a release that is in use no more.
            succeeds("systemctl", "stop", path.name)
            path.unlink(missing_ok=True)
        for name in names:
            link(self._system / name, UNIT_FILES / name, undo)
        run("systemctl", "daemon-reload")
        for name in names:
            if name != METRICS and "[Install]" in (self._files / name).read_text(encoding="utf-8"):
                run("systemctl", "enable", "--quiet", name)

    def _missing_names(self) -> list[str]:
        return [name for name in LINKED if (self._files / name).is_file() and not (self._system / name).is_symlink()]

    def _dead_links(self) -> list[Path]:
        """Links of names that the release lacks, those that enabled them among them."""
        names = [name for name in LINKED if not (self._files / name).is_file()]
        places = [self._system / name for name in names]
        places += [self._system / f"{TARGET}.wants" / name for name in names]
        return [path for path in places if path.is_symlink()]


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
