"""Databases that were replaced because they were damaged: a dated folder each, whole, never deleted automatically.

They may hold evidence (policy 462.5), so their number has no limit here: the unit's health says how many there are and
how large. Only ``alpr-edge unit salvage --discard`` deletes one, once everything in it that can be read was copied.
While one waits for ``alpr-edge unit salvage`` no image without a row is swept away, since it may hold that row.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, give_to_owner_of, replace_file, sync_directory
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.store.db.database import DATABASE_NAME
from alpr_edge.store.recovery.key_check import MARK_NAME

PREFIX = "damaged-"
STAMP = "%Y%m%dT%H%M%SZ"
STAMP_CHARACTERS = 16
SAME_SECOND_MAX = 1000
MOVED = (DATABASE_NAME, f"{DATABASE_NAME}-shm", f"{DATABASE_NAME}-wal", MARK_NAME)
"""The files to move, in the order in which their old names go: the log's and the mark's after the database's, so that a
cut between two leaves files that the next start sets aside as well."""
_REPORT = "salvaged.json"
_SEEN = "acknowledged"
LISTS_LEFT = "lists-not-copied"
"""Name of the empty file that stands in a new folder until the lists in it were copied into the new database."""


@dataclass(frozen=True, slots=True)
class DamagedDatabase:
    """One database that was set aside as damaged."""

    folder: Path

    @property
    def database(self) -> Path:
        """Its file, which may be missing."""
        return self.folder / DATABASE_NAME

    @property
    def since(self) -> datetime:
        """When it was set aside, to the second, by the clock of that moment."""
        stamp = self.folder.name.removeprefix(PREFIX)[:STAMP_CHARACTERS]
        try:
            return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
        except ValueError:
            raise StoreError(f"{self.folder}: not a name that alpr-edge gave; rename it or move it away") from None

    @property
    def size_bytes(self) -> int:
        """Bytes of all its files; 0 when it is being discarded."""
        try:
            return sum(path.stat().st_size for path in self.folder.iterdir())
        except FileNotFoundError:
            return 0

    @property
    def report(self) -> dict[str, Any] | None:
        """The report of the last salvage; None: none has run to its end."""
        try:
            content: dict[str, Any] = json.loads((self.folder / _REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content

    @property
    def is_acknowledged(self) -> bool:
        """Whether a technician has acknowledged it."""
        return (self.folder / _SEEN).exists()

    @property
    def has_lists_left(self) -> bool:
        """Whether a power cut came before its lists were copied into the database that replaced it."""
        return (self.folder / LISTS_LEFT).exists()

    def note_lists_copied(self) -> None:
        """Say that the lists are in the database that replaced it."""
        with io_errors(f"{self.folder / LISTS_LEFT}: cannot be deleted", StoreError):
            (self.folder / LISTS_LEFT).unlink(missing_ok=True)
            sync_directory(self.folder)

    def keep_report(self, report: dict[str, Any]) -> None:
        """Write the report of a salvage; it is on disk when this returns."""
        self._write(_REPORT, json.dumps(report, sort_keys=True).encode() + b"\n")

    def acknowledge(self) -> None:
        """Stop the alarm; the database stays."""
        self._write(_SEEN, b"")

    def discard(self) -> None:
        """Delete it."""
        with io_errors(f"{self.folder}: cannot be deleted", StoreError):
            shutil.rmtree(self.folder)
            sync_directory(self.folder.parent)

    def _write(self, name: str, content: bytes) -> None:
        with io_errors(f"{self.folder / name}: cannot be written", StoreError):
            replace_file(self.folder / name, content)


def damaged_databases(directory: Path) -> list[DamagedDatabase]:
    """Every database set aside in a data folder, oldest first.

    Raises:
        StoreError: the folder cannot be looked into.
    """
    # Neither Path.glob nor Path.is_dir: what they cannot read is nothing to them, and pictures would go that a damaged
    # database names.
    with io_errors(f"{directory}: cannot be looked into", StoreError):
        try:
            with os.scandir(directory) as entries:
                folders = [one.name for one in entries if _is_aside(one)]
        except FileNotFoundError:
            return []
    return [DamagedDatabase(directory / name) for name in sorted(folders)]


def _is_aside(entry: "os.DirEntry[str]") -> bool:
    return entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False)


def waiting(directory: Path) -> list[DamagedDatabase]:
    """The damaged databases that were not salvaged yet."""
    return [aside for aside in damaged_databases(directory) if aside.report is None]


def set_aside(directory: Path, prefix: str = PREFIX, moved: Sequence[str] = MOVED, note: str = "") -> DamagedDatabase:
    """Move a database, the unit's own by default, out of the way with all that belongs to it; nobody may write to it.

    The names in the new folder are durable before the old ones go: whenever the power fails, nothing is lost, and what
    is left over is set aside at the next start.

    Args:
        moved: its files, in the order in which their old names go.
        note: name of an empty file to put beside them; empty: none.
    """
    with io_errors(f"{directory}: the damaged database cannot be set aside", StoreError):
        folder = _new_folder(directory, prefix)
        if note:
            replace_file(folder / note, b"")
        for name in (name for name in moved if (directory / name).exists()):
            os.link(directory / name, folder / name)
        sync_directory(folder)
        sync_directory(directory)
        for name in moved:
            (directory / name).unlink(missing_ok=True)
            sync_directory(directory)
    return DamagedDatabase(folder)


def _new_folder(directory: Path, prefix: str) -> Path:
    """A folder of the present second; the clock may have stood there before."""
    stem = f"{prefix}{datetime.now(UTC):{STAMP}}"
    for number in range(1, SAME_SECOND_MAX):
        folder = directory / (stem if number == 1 else f"{stem}-{number:03}")
        try:
            folder.mkdir(mode=PRIVATE_DIRECTORY)
        except FileExistsError:
            continue
        give_to_owner_of(directory, folder)
        return folder
    raise StoreError(f"{directory}: {SAME_SECOND_MAX} databases were set aside in one second; replace the disk")
