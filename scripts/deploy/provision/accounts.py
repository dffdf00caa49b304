"""The unit's user, its groups, and the folders that belong to it."""

import pwd
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.base import OverlayStep
from scripts.deploy.provision.machine import succeeds

UNIT_USER = "alpr-edge"
AS_UNIT = Path("/usr/local/bin/alpr-edge")
"""The command that runs another as that user with the unit's keys: config/system/usr/local/bin/alpr-edge."""
FOLDERS = "etc/tmpfiles.d/alpr-edge.conf"


class AccountsStep:
    """User and folders, as sysusers.d and tmpfiles.d name them; both are made again at each start if they are gone.

    Args:
        system: the folder ``config/system``, or another of that form.
        user: the user that its files make, and are named after.
    """

    name = "accounts"

    def __init__(self, system: Path, user: str = UNIT_USER) -> None:
        users, folders = f"etc/sysusers.d/{user}.conf", f"etc/tmpfiles.d/{user}.conf"
        make = (("systemd-sysusers", f"/{users}"), ("systemd-tmpfiles", "--create", f"/{folders}"))
        self._files = OverlayStep(self.name, system, (users, folders), after=make)
        self._folders = (system / folders).read_text(encoding="utf-8")
        self._user = user

    def pending(self) -> list[str]:
        """The files, the user and the folders that are missing or differ."""
        user = [] if _exists(self._user) else [f"make the user {self._user}"]
        return [*self._files.pending(), *user, *wrong_folders(self._folders)]

    def apply(self, undo: ExitStack) -> None:
        """Make the files, the user and the folders."""
        if not _exists(self._user):
            undo.callback(succeeds, "userdel", self._user)
        self._files.apply(undo)


def wrong_folders(rules: str) -> Iterator[str]:
    """A line for each folder that is missing or not as its ``d`` line of tmpfiles.d(5) has it."""
    for line in rules.splitlines():
        if line.startswith("d "):
            _, path, mode, user, group = line.split()
            if not _is_as(Path(path), int(mode, 8), user, group):
                yield f"make {path}: {mode} {user}:{group}"


def _is_as(folder: Path, mode: int, user: str, group: str) -> bool:
    try:
        current_mode = folder.stat().st_mode & 0o7777
        return folder.is_dir() and (current_mode, folder.owner(), folder.group()) == (mode, user, group)
    except (OSError, KeyError):
        return False


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
