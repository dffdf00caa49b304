"""The settings file in an update: rewritten for the new release, and put back for the one before.

The file as it was is kept beside it, named after its release: ``alpr-edge.toml.release-0.1.0``.
"""

import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.unit_settings import SETTINGS

BYTES_MAX = 1024 * 1024
MIGRATE_S_MAX = 120


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings file of this unit.

    Args:
        path: of the file.
    """

    path: Path = SETTINGS

    def kept_path(self, version: str) -> Path:
        """Where the file of a release is kept."""
        return self.path.with_name(f"{self.path.name}.release-{version}")

    def file_for(self, version: str) -> Path:
        """The file that a release starts with when it is gone back to: its own, if it is kept here."""
        own = self.kept_path(version)
        return own if own.is_file() else self.path

    def lost_keys(self, version: str, newer: Path) -> list[str]:
        """The keys whose values differ between the file and the one kept of an older release, which replaces it.

        Args:
            version: of the older release.
            newer: folder of the release in use, which rewrites a copy of the kept file for the comparison.

        Raises:
            ProvisioningError: the files cannot be compared.
        """
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, self.path.name)
            copy.write_bytes(_content(self.kept_path(version)))
            program = newer / ".venv" / "bin" / "alpr-edge"
            run(program, "settings", "migrate", copy, "--release", version, "--json", timeout_s=MIGRATE_S_MAX)
            kept = _values(copy)
        now = _values(self.path)
        return sorted(key for key in kept.keys() | now.keys() if kept.get(key) != now.get(key))

    def adapt(self, release: Path, before: str, *, older: bool) -> None:
        """Make the file one of the release that is switched to; what it was is kept.

        Args:
            release: folder of the release that is switched to.
            before: version in use.
            older: the release is older than that: its own file is put back, if it is kept here.

        Raises:
            ProvisioningError: it cannot be rewritten; it is as it was.
        """
        try:
            with no_follow.opened_folder(self.path.parent) as folder:
                # Of an earlier time; the one to go back to is the file as it is now.
                no_follow.remove_file(folder, self.kept_path(before).name)
                if older:
                    self._exchange(folder, self.kept_path(before).name, self.kept_path(release.name).name)
        except OSError as error:
            raise ProvisioningError(f"{self.path}: cannot be kept: {error.strerror}") from None
        if not older:
            program = release / ".venv" / "bin" / "alpr-edge"
            migrate = ("settings", "migrate", self.path, "--release", before, "--json")
            run(program, *migrate, timeout_s=MIGRATE_S_MAX)

    def put_back(self, version: str) -> bool:
        """Put the kept file of a release back in its place; returns whether there was one. Raises ProvisioningError."""
        name = self.kept_path(version).name
        try:
            with no_follow.opened_folder(self.path.parent) as folder:
                # A link or a folder of that name is nobody's settings.
                os.close(no_follow.open_file(folder, name))
                os.replace(name, self.path.name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ProvisioningError(f"{self.kept_path(version)}: cannot be put back: {error.strerror}") from None
        return True

    def _exchange(self, folder: int, kept_name: str, source_name: str) -> None:
        """Keep the file under a name, and give it what another kept file holds, if there is one."""
        with suppress(FileNotFoundError):
            content = no_follow.read_file(folder, source_name, BYTES_MAX)
            with os.fdopen(no_follow.open_file(folder, self.path.name), "rb") as file:
                status, now = os.fstat(file.fileno()), file.read(BYTES_MAX)
            no_follow.write_file(folder, kept_name, now, like=status)
            no_follow.write_file(folder, self.path.name, content, like=status)


def _content(path: Path) -> bytes:
    """The bytes of a settings file. Raises ProvisioningError."""
    try:
        with no_follow.opened_folder(path.parent) as folder:
            return no_follow.read_file(folder, path.name, BYTES_MAX)
    except OSError as error:
        raise ProvisioningError(f"{path}: cannot be read: {error.strerror}") from None


def _values(path: Path) -> dict[str, Any]:
    """The values of a settings file by their dotted keys. Raises ProvisioningError."""
    try:
        return dict(_leaves(tomllib.loads(_content(path).decode("utf-8"))))
    except ValueError:
        raise ProvisioningError(f"{path.name}: not valid TOML") from None


def _leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below a table; an array is one value."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
