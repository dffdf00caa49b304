"""The department's services and timers: linked from the release in use, with what its settings need, and running."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.department.host import BACKUPS, BASE, department_settings, is_plain_place, setting
from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, link, run, succeeds

UNIT_FILES = BASE / "current" / "systemd" / "department"
SYSTEM = Path("/etc/systemd/system")
SERVER = "alpr-edge-department.service"
PAGE, METRICS = (f"alpr-edge-department-{what}.service" for what in ("page", "metrics"))
JOBS = ("purge", "backup", "drill", "alarms", "exchange")
PURGE, BACKUP, DRILL, ALARMS, EXCHANGE = (f"alpr-edge-department-{what}" for what in JOBS)
LINKED = (
    SERVER,
    PAGE,
    METRICS,
    *(f"{name}.{kind}" for name in (PURGE, BACKUP, DRILL, ALARMS, EXCHANGE) for kind in ("service", "timer")),
)
DROP_IN = "setup.conf"
NETWORK = """PrivateNetwork=no
IPAddressDeny=
RestrictAddressFamilies=AF_INET AF_INET6
"""
START_S_MAX = 240


class DropInsStep:
    """What the settings need beyond the unit files: other folders, and the network for a bucket or a database.

    Args:
        system: the folder of systemd's files.
    """

    name = "allowances"

    def __init__(self, system: Path = SYSTEM) -> None:
        self._system = system

    def pending(self) -> list[str]:
        """The files that are missing, differ, or are not needed any more."""
        changes = []
        for file in self._files():
            if file.content and not file.is_current:
                changes.append(f"write {file.target}")
            elif not file.content and file.target.exists():
                changes.append(f"remove {file.target}")
        return changes

    def apply(self, undo: ExitStack) -> None:
        """Write and remove them."""
        undo.callback(succeeds, "systemctl", "daemon-reload")
        for file in self._files():
            if file.content:
                file.install(undo)
            else:
                file.target.unlink(missing_ok=True)
        run("systemctl", "daemon-reload")
        for file in self._files():
            file.forget_before()

    def _files(self) -> list[ManagedFile]:
        folders = {name: self._system / f"{name}.service.d" / DROP_IN for name in (PURGE, BACKUP, DRILL)}
        return [ManagedFile(path, drop_in(name, department_settings()).encode()) for name, path in folders.items()]


def drop_in(name: str, settings: dict[str, dict[str, object]]) -> str:
    """What a service needs beyond its unit file; empty when nothing.

    Args:
        name: the service, without its ending.
        settings: the department's settings.

    Raises:
        ProvisioningError: a place of the backups is none that systemd takes as it is. The service's own user writes
            these settings, and root obeys the file.
    """
    lines = []
    if name != PURGE:
        lines += [f"ReadWritePaths=-{place}\n" for place in _backup_places(settings) if Path(place) != BACKUPS]
    is_far = _is_far(str(settings.get("database", {}).get("url", "")))
    is_copied = name == BACKUP and settings.get("backup", {}).get("bucket_pictures", True)
    if is_far or ((name in {PURGE, DRILL} or is_copied) and settings.get("images", {}).get("url")):
        lines.append(NETWORK)
    return (
        "".join(["# Written by scripts/setup-department, from department.toml.\n[Service]\n", *lines]) if lines else ""
    )


def _backup_places(settings: dict[str, dict[str, object]]) -> list[str]:
    backup = settings.get("backup", {})
    places = {key: place for key in ("target", "keys") if (place := str(backup.get(key, "")))}
    for key, place in places.items():
        if not is_plain_place(place):
            words = "a path that begins with /, without spaces, quotes, colons and %"
            raise ProvisioningError(f"[backup] {key} {place!r} in department.toml: {words}")
    return list(places.values())


def _is_far(url: str) -> bool:
    """Whether a database is on another machine: a URL of one on this machine names a folder of sockets."""
    return bool(url) and "host=/" not in url.replace("%2F", "/")


class DepartmentServicesStep:
    """The server, the figures, and the timers; the alarms where the settings say who is told."""

    name = "services"

    def pending(self) -> list[str]:
        """The units that are not linked, not enabled or not running."""
        changes = [f"link {SYSTEM / name}" for name in LINKED if not _is_linked(name)]
        names = self._names()
        changes += [f"enable {name}" for name in names if not succeeds("systemctl", "is-enabled", "--quiet", name)]
        changes += [f"start {name}" for name in names if not succeeds("systemctl", "is-active", "--quiet", name)]
        return changes

    def apply(self, undo: ExitStack) -> None:
        """Link, enable, start; the server has to get ready."""
        undo.callback(succeeds, "systemctl", "daemon-reload")
        for name in LINKED:
            if not _is_linked(name):
                link(SYSTEM / name, UNIT_FILES / name, undo)
        run("systemctl", "daemon-reload")
        for name in self._names():
            if not succeeds("systemctl", "is-enabled", "--quiet", name):
                undo.callback(succeeds, "systemctl", "disable", "--quiet", "--now", name)
                run("systemctl", "enable", "--quiet", name)
        # The server first: else the first alarm would be that it does not run.
        run("systemctl", "start", SERVER, timeout_s=START_S_MAX)
        run("systemctl", "start", *self._names(), timeout_s=START_S_MAX)

    @staticmethod
    def _names() -> list[str]:
        told = department_settings().get("alarms", {}).get("mail_to") or setting("alarms", "webhook_url")
        sends = bool(department_settings().get("exchange"))
        timers = [PURGE, BACKUP, DRILL, *([ALARMS] if told else []), *([EXCHANGE] if sends else [])]
        return [SERVER, PAGE, METRICS, *(f"{name}.timer" for name in timers)]


def _is_linked(name: str) -> bool:
    path = SYSTEM / name
    return path.is_symlink() and path.readlink() == UNIT_FILES / name
