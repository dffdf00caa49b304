"""Fills the folder of a backup: the database first, then the pictures that it names, then the rest."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.backups.database_copies import DatabaseCopy
from alpr_edge.department.backups.file_copies import copy_others
from alpr_edge.department.backups.file_list import Tick, file_digest, write_list
from alpr_edge.department.backups.manifest import DatabaseAbout, FileTotals, PictureTotals
from alpr_edge.department.backups.picture_copies import PictureCopies
from alpr_edge.department.backups.survey import SETTLE_TIME
from alpr_edge.department.backups.target import DEPARTMENT
from alpr_edge.department.images.choice import IMAGES_NAME
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import sync_file_system

_PICTURES = f"{DEPARTMENT}/{IMAGES_NAME}/"


class BackupFolder:
    """The folder of a backup that is being made.

    Args:
        path: the folder, which is empty.
    """

    def __init__(self, path: Path, directory: Path, pictures: PictureCopies, tick: Tick) -> None:
        self._path, self._directory, self._pictures, self._tick = path, directory, pictures, tick
        self._known: Mapping[str, str] = {}

    def fill(self, copy: DatabaseCopy, names: tuple[str, ...], begun: datetime) -> DatabaseAbout:
        """Copy everything, and wait until it is on the disk."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # before anything is written
        try:
            settled_before = begun.astimezone(UTC).replace(tzinfo=None) - SETTLE_TIME
            about = copy.make(self._path, settled_before, self._tick)
            with copy.open_reading(self._path) as reading:
                self._pictures.copy_all(reading, self._tick)
            digests = copy_others(self._directory, self._path / DEPARTMENT, names, self._tick)
            self._known = {f"{DEPARTMENT}/{name}": sha256 for name, sha256 in digests.items()} | copy.known_digests()
            sync_file_system(descriptor)
        finally:
            os.close(descriptor)
        return about

    def write_list(self) -> FileTotals:
        """Read all of it back from the disk, compare it with what was copied, and list it."""
        return write_list(self._path, self._read_back, self._tick)

    @property
    def pictures(self) -> PictureTotals:
        """Counts of the pictures."""
        found = self._pictures.result
        faults = found.faults
        return PictureTotals(
            count=found.count, linked=found.linked, damaged=faults.damaged, missing=faults.missing, kept=found.kept
        )

    def _read_back(self, name: str) -> tuple[str, int]:
        if name.startswith(_PICTURES):
            return self._pictures.read_back(Path(name).stem)
        found = file_digest(self._path / name)
        if found[0] != self._known.get(name, found[0]):
            raise StoreError(f"{self._path / name}: the disk does not give back what was written; use another disk")
        return found
