"""What a new backup takes from those before it: pictures that need not be copied again, and what changes count from."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from alpr_edge.department.backups.expiry import full_time
from alpr_edge.department.backups.file_list import Tick, files_in
from alpr_edge.department.backups.manifest import (
    BackupManifest,
    EarlierBackup,
    load_manifest,
    manifest_digest,
    peek_manifest,
)
from alpr_edge.department.backups.target import CLUSTER, DEPARTMENT, BackupTarget, begun_at
from alpr_edge.department.images.choice import IMAGES_NAME
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.runtime.io_errors import io_errors

_FILES_A_TICK = 1000


class EarlierBackups:
    """The backups that lie in a target already."""

    def __init__(self, target: BackupTarget, department: str, key: NoteKey) -> None:
        self._target, self._key = target, key
        self.paths = target.backups()[::-1]
        """Their folders, the newest first."""
        self._newest = self.paths[0] if self.paths else None
        manifest = peek_manifest(self._newest) if self._newest is not None else None
        if manifest is not None and manifest.department != department:
            raise DepartmentError(f"{target.path}: holds backups of another department; name a folder of its own")

    @property
    def picture_folder(self) -> Path | None:
        """The pictures of the newest; None: there is none."""
        return None if self._newest is None else self._newest / DEPARTMENT / IMAGES_NAME

    def base_before(self, now: datetime, keep_days: int) -> Path | None:
        """The newest base backup of PostgreSQL, if what changed since may be copied alone; None: all has to be."""
        manifest = self._signed_newest()
        if manifest is None or manifest.database.engine != "postgresql" or self._newest is None:
            return None
        first = manifest.earlier[0].name if manifest.earlier else manifest.name
        if not begun_at(first) <= now < begun_at(first) + full_time(keep_days):
            return None
        with suppress(StoreError):
            if all(manifest_digest(self._target.path / each.name) == each.manifest_sha256 for each in manifest.earlier):
                return self._newest / CLUSTER
        return None

    def chain(self) -> tuple[EarlierBackup, ...]:
        """The backups that one made by the changes since the newest needs."""
        manifest = self._signed_newest()
        assert manifest is not None
        assert self._newest is not None
        return (*manifest.earlier, EarlierBackup(name=self._newest.name, manifest_sha256=manifest_digest(self._newest)))

    def new_picture_bytes(self, images: Path, tick: Tick) -> int:
        """How many bytes of the department's pictures the newest backup does not have."""
        before, total = self.picture_folder, 0
        with io_errors(f"{images}: cannot be read", StoreError):
            for number, name in enumerate(files_in(images)):
                if not number % _FILES_A_TICK:
                    tick("looking for new pictures", number, None)
                if before is None or not (before / name).exists():
                    with suppress(FileNotFoundError):  # a file that was being written
                        total += os.stat(images / name).st_size  # noqa: PTH116 - of millions
        return total

    def new_object_bytes(self, objects: ObjectStore, tick: Tick) -> int:
        """How many bytes of a bucket's pictures the newest backup does not have."""
        before, total = self.picture_folder, 0
        for number, (name, size) in enumerate(objects.sizes()):
            if not number % _FILES_A_TICK:
                tick("looking for new pictures", number, None)
            if before is None or not (before / name).exists():
                total += size
        return total

    def _signed_newest(self) -> BackupManifest | None:
        if self._newest is None:
            return None
        with suppress(AuditError, StoreError):
            return load_manifest(self._newest, self._key)
        return None
