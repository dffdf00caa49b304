"""Where backups lie: a folder for each, named by the moment it was begun.

::

    TARGET/20261128T021500Z/manifest.json      what is in it
    TARGET/20261128T021500Z/manifest.note      the department's signature over the manifest
    TARGET/20261128T021500Z/files.sha256       the digest of every other file, as sha256sum writes it
    TARGET/20261128T021500Z/department/        the department's folder, without keys
    TARGET/20261128T021500Z/database/          the SQLite database, or
    TARGET/20261128T021500Z/cluster/           a base backup of PostgreSQL

A backup is made under another name and gets its own when it is whole and on the disk.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX, private_directory, sync_directory
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors

MANIFEST_NAME = "manifest.json"
NO_BACKUP = f"no backup there; name the folder that holds {MANIFEST_NAME}"
NOTE_NAME = "manifest.note"
LIST_NAME = "files.sha256"
LOCK_NAME = "backup.lock"
DEPARTMENT = "department"
DATABASE = "database"
CLUSTER = "cluster"
_NAME = re.compile(r"\d{8}T\d{6}Z")
_FORM = "%Y%m%dT%H%M%SZ"


def begun_at(name: str) -> datetime:
    """When the backup of a name was begun."""
    return datetime.strptime(name, _FORM).replace(tzinfo=UTC)


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """A folder to work in, of mode 0700, removed at the end unless it was renamed by then."""
    with io_errors(f"{parent}: cannot be written", StoreError):
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class BackupTarget:
    """The folder that holds a department's backups.

    Args:
        path: the folder; made with mode 0700 when missing and ``create``.

    Raises:
        DepartmentError: there is none.
        StoreError: it cannot be used, or others may enter it.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path.absolute()
        if not create and not self.path.is_dir():
            raise DepartmentError(f"{path}: no folder of backups there; is its disk mounted?")
        private_directory(self.path)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other backups and drills out while the block runs; what one left that was killed is removed.

        Raises:
            StoreError: another process is at it.
        """
        # A file and not the folder itself, which NFS does not lock.
        with io_errors(f"{self.path}: cannot be used", StoreError):
            descriptor = open_lock_file(self.path / LOCK_NAME)
        with exclusive_lock(
            descriptor, f"{self.path}: a backup or drill is at work there; try again when it has ended"
        ):
            for left in self.path.glob(f"{TEMPORARY_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def backups(self) -> list[Path]:
        """The backups that are whole, the oldest first."""
        with io_errors(f"{self.path}: cannot be read", StoreError):
            names = [each.name for each in self.path.iterdir() if _NAME.fullmatch(each.name)]
        return [self.path / name for name in sorted(names) if (self.path / name / MANIFEST_NAME).exists()]

    def newest(self) -> Path:
        """The newest backup.

        Raises:
            DepartmentError: there is none.
        """
        found = self.backups()
        if not found:
            raise DepartmentError(f"{self.path}: no backup there; run: alpr-edge department backup")
        return found[-1]

    def free_name(self, now: datetime) -> str:
        """The name of a backup begun at a moment, or a little later where that is taken."""
        while (self.path / now.strftime(_FORM)).exists():
            now += timedelta(seconds=1)
        return now.strftime(_FORM)

    def publish(self, folder: Path, name: str) -> Path:
        """Give a whole backup its name."""
        with io_errors(f"{self.path}: cannot be written", StoreError):
            final = folder.rename(self.path / name)
            sync_directory(self.path)
        return final

    def remove(self, backup: Path) -> None:
        """Remove a backup: first its name, so that half of one is never taken for it."""
        with io_errors(f"{backup}: cannot be removed", StoreError):
            doomed = backup.rename(self.path / f"{TEMPORARY_PREFIX}{backup.name}")
            sync_directory(self.path)
            shutil.rmtree(doomed)
