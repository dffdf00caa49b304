"""The releases on a unit: folders side by side, and two links to the one in use and the one before."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.deploy.provision.machine import ProvisioningError, link, require_writable
from scripts.deploy.provision.release import BASE, MADE, make_release, origin_of, version_of

_VERSION = re.compile(r"(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?")
_FINAL = "z"
"""After alpha, beta and release candidate of the same version."""


class Releases:
    """What lies in ``/opt/alpr-edge``.

    Args:
        base: that folder.
    """

    def __init__(self, base: Path = BASE) -> None:
        self.base = base

    @property
    def in_use(self) -> str:
        """The version that ``current`` points to. Raises ProvisioningError: it points to no whole release."""
        current = self.base / "current"
        if not (current / MADE).is_file():
            raise ProvisioningError(f"{current}: no release in use; make this computer a unit first: scripts/provision")
        return current.resolve().name

    @property
    def before(self) -> str:
        """The version used before this one; empty when there is none."""
        previous = self.base / "previous"
        return previous.resolve().name if previous.exists() else ""

    def folder(self, version: str) -> Path:
        """The folder of a release."""
        return self.base / "releases" / version

    def is_whole(self, version: str) -> bool:
        """Whether a release is whole: the file that is written last is there."""
        return (self.folder(version) / MADE).is_file()

    def make(self, bundle: Path) -> str:
        """Make a release of a checked bundle, unless it is there; returns its version. Raises ProvisioningError."""
        version = version_of(bundle)
        self.require_same(bundle)
        if not self.is_whole(version):
            with ExitStack() as undo:
                undo.callback(shutil.rmtree, self.folder(version), ignore_errors=True)
                make_release(bundle, self.folder(version), bundle / "wheels")
                undo.pop_all()
        return version

    def require_same(self, bundle: Path) -> None:
        """Refuse another bundle of a version that is here; a release that notes no manifest passes for the same.

        Raises:
            ProvisioningError: it is another one.
        """
        version = version_of(bundle)
        try:
            note = json.loads((self.folder(version) / MADE).read_text(encoding="utf-8"))
            noted, commit = note["manifest"], note["commit"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        origin = origin_of(bundle)
        if noted != origin.get("manifest", noted):
            commits = f"commit {origin['commit'] or 'unknown'}, here {commit or 'unknown'}"
            raise ProvisioningError(
                f"another bundle of {version} than the one it is made of here ({commits}); raise the version"
            )

    def use(self, version: str) -> None:
        """Point ``current`` to a release, at once and for good. Raises ProvisioningError: that one is not whole."""
        if not self.is_whole(version):
            raise ProvisioningError(f"{self.folder(version)}: not a whole release")
        self._point("current", version)

    def remember(self, version: str) -> None:
        """Keep a release as the one to go back to."""
        self._point("previous", version)

    def prune(self) -> list[str]:
        """Remove all but the release in use and the one before, and what broken-off updates left; returns them."""
        versions_to_keep = {self.in_use, self.before}
        old = [path for path in sorted((self.base / "releases").iterdir()) if path.name not in versions_to_keep]
        for path in old:
            # Without its mark first: half a release is never taken for a whole one.
            (path / MADE).unlink(missing_ok=True)
            shutil.rmtree(path, ignore_errors=True)
        return [path.name for path in old if not path.name.startswith(".")]

    def _point(self, name: str, version: str) -> None:
        with ExitStack() as undo:
            link(self.base / name, Path("releases") / version, undo)
            undo.pop_all()
        sync_folder(self.base)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of updates. Raises ProvisioningError: another one is under way, or the disk is read-only."""
        require_writable(self.base)
        with (self.base / "update.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ProvisioningError("another update is under way; wait until it is done") from None
            yield


def is_older(version: str, than: str) -> bool:
    """Whether a version comes before another. Raises ProvisioningError: one cannot be told."""
    return _order(version) < _order(than)


def _order(version: str) -> tuple[tuple[int, ...], str, int]:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ProvisioningError(f"{version}: not a version like 1.2.3 or 1.2.3rc1")
    numbers = [int(number) for number in match[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), match[2] or _FINAL, int(match[3] or 0)


def sync_folder(folder: Path) -> None:
    """Have the disk keep what was linked or renamed in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
