"""Backs a department up: its database, pictures and lists, while it serves.

A backup counts when all of it was read back from its disk, listed and signed; only then old ones are removed. While it
is made nothing is deleted at the department, so that every picture that the database names is still there.
"""

import contextlib
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge import __version__
from alpr_edge.department.backups.database_copies import DatabaseCopy, PostgresqlCopy, SqliteCopy
from alpr_edge.department.backups.department_files import FolderContent, folder_content, key_digests, require_owner
from alpr_edge.department.backups.file_copies import copy_others
from alpr_edge.department.backups.file_list import Tick, file_digest, files_in, write_list
from alpr_edge.department.backups.key_copies import copy_keys, require_apart
from alpr_edge.department.backups.manifest import (
    BackupManifest,
    DatabaseAbout,
    EarlierBackup,
    FileTotals,
    PictureTotals,
    load_manifest,
    manifest_digest,
    peek_manifest,
    sign_manifest,
)
from alpr_edge.department.backups.outcomes import BACKUP, last_good, note_outcome, outcomes
from alpr_edge.department.backups.picture_copies import PictureCopies
from alpr_edge.department.backups.survey import SETTLE_TIME
from alpr_edge.department.backups.target import (
    CLUSTER,
    DEPARTMENT,
    MANIFEST_NAME,
    NOTE_NAME,
    BackupTarget,
    begun_at,
    work_folder,
)
from alpr_edge.department.copying.copy import identity_of
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.engines.choice import sqlite_file
from alpr_edge.department.images.choice import IMAGES_NAME, image_folder, image_objects
from alpr_edge.department.images.objects import ObjectStore
from alpr_edge.department.integrity_record import PartFaults, StoredPart, faulty_images, note_check
from alpr_edge.department.retention import purge
from alpr_edge.department.retention.clock_check import check_clock
from alpr_edge.department.retention.leases import LeaseRenewal, held_lease
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import AlprEdgeError, AuditError, DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.runtime.durable_files import replace_file, sync_file_system
from alpr_edge.runtime.io_errors import io_errors

# Which backups are removed: those older than the days kept, so that what was deleted is in none any more (462.5).
#
# An incremental backup is nothing without those before it, so a full one goes together with all that build on it, when
# it is old enough itself. The newest never goes.

FULL_TIME = timedelta(days=7)
"""How long incremental backups build on one full backup."""


def full_time(keep_days: int) -> timedelta:
    """How long incremental backups build on one full backup, where backups are kept for so many days."""
    return min(FULL_TIME, timedelta(days=keep_days) / 2)


def expired_backups(backups: Sequence[Path], keep_days: int, now: datetime) -> list[Path]:
    """The backups to remove, the newest first: one never stands there without those that it needs.

    Args:
        backups: all that are whole, the oldest first.
    """
    chains: dict[str, list[Path]] = defaultdict(list)
    for backup in backups:
        manifest = peek_manifest(backup)
        first = manifest.earlier[0].name if manifest is not None and manifest.earlier else backup.name
        chains[first].append(backup)
    doomed = [
        backup
        for first, chain in chains.items()
        if begun_at(first) < now - timedelta(days=keep_days) and backups[-1] not in chain
        for backup in chain
    ]
    return sorted(doomed, reverse=True)


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


LEASE = "the backup"
RESERVE_BYTES = 64 << 20
"""Free space that a backup leaves on its disk."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """What is asked for."""

    target: Path
    keys: Path | None = None
    """Where keys are copied to; None: nowhere."""
    is_full: bool = False
    """Of PostgreSQL: copy all of it, whatever is there."""


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A backup that is whole."""

    path: Path
    manifest: BackupManifest
    removed: tuple[str, ...]
    """Names of the old ones that are gone."""
    warnings: tuple[str, ...]


def back_up(
    directory: Path, request: BackupRequest, tick: Tick, clock: Clock = lambda: datetime.now(UTC)
) -> BackupResult:
    """Back a department up, and note in its folder what became of that.

    Raises:
        DepartmentError: another process is at it, or something has to be set first; the text says what.
        StoreError: a disk or database failed; what was copied is removed, earlier backups stay.
    """
    require_owner(directory)
    require_apart("backups", request.target, {"the department": directory})
    if request.keys is not None:
        require_apart("keys", request.keys, {"the department": directory, "the backups": request.target})
    with ExitStack() as stack:
        database = DepartmentDatabase(directory, create=False)
        stack.callback(database.close)
        target, holder = _open_target(directory, request.target), str(uuid.uuid4())
        leases = [stack.enter_context(held_lease(database, name, holder)) for name in (LEASE, purge.LEASE)]
        stack.enter_context(target.hold())
        try:
            result = _Backup(directory, request, target, LeaseRenewal(database, leases), tick).run(database, clock)
        except AlprEdgeError as error:
            note_outcome(directory, BACKUP, target.path, str(error))
            raise
        note_outcome(directory, BACKUP, result.path)
    return result


def _open_target(directory: Path, path: Path) -> BackupTarget:
    """Open the folder of the backups; one that is empty though there should be some is a disk that is not mounted."""
    good = last_good(outcomes(directory), BACKUP)
    was_used = good is not None and Path(good.backup).parent == path.absolute()
    try:
        target = BackupTarget(path, create=not was_used)
        if was_used and not target.backups():
            raise DepartmentError(f"{path}: the backups that were made there are gone; is its disk mounted?")
    except AlprEdgeError as error:
        note_outcome(directory, BACKUP, path.absolute(), str(error))
        raise
    return target


class _Backup:
    """One backup that is made."""

    def __init__(
        self, directory: Path, request: BackupRequest, target: BackupTarget, renew: LeaseRenewal, show: Tick
    ) -> None:
        self._directory, self._request, self._target = directory, request, target
        self._renew, self._show = renew, show
        self._settings = load_department_file(directory)
        self._witness = Witness(directory)
        self._department = identity_of(directory)
        self._earlier = EarlierBackups(target, self._department, self._witness.key)
        copies_bucket = self._settings.images.url and self._settings.backup.bucket_pictures
        self._bucket = image_objects(directory) if copies_bucket else None
        self._leaves_bucket = bool(self._settings.images.url) and self._bucket is None

    def run(self, database: DepartmentDatabase, clock: Clock) -> BackupResult:
        begun, content = clock(), folder_content(self._directory)
        copy = self._database_copy(database, begun)
        self._require_room(content, copy)
        try:
            with work_folder(self._target.path) as folder:
                manifest = self._fill(folder, copy, content, begun, clock)
                replace_file(folder / MANIFEST_NAME, manifest.content)
                replace_file(folder / NOTE_NAME, sign_manifest(manifest, self._witness, clock()))
                path = self._target.publish(folder, manifest.name)
            self._note_faults(manifest)
        except OSError as error:
            raise StoreError(f"{self._target.path}: the backup cannot be written: {error.strerror}") from None
        now = clock()
        expired = expired_backups(self._target.backups(), self._settings.backup.keep_days, now)
        clock_fault = _clock_fault(database, now) if expired else ()
        removed = [] if clock_fault else expired
        for old in removed:
            self._target.remove(old)
            self._renew()
        warnings = (*clock_fault, *self._warnings(manifest))
        return BackupResult(path, manifest, tuple(each.name for each in removed), warnings)

    def _database_copy(self, database: DepartmentDatabase, now: datetime) -> DatabaseCopy:
        file = sqlite_file(self._directory)
        if file is not None:
            return SqliteCopy(file)
        is_full = self._request.is_full
        before = None if is_full else self._earlier.base_before(now, self._settings.backup.keep_days)
        return PostgresqlCopy(database, self._settings, before, is_full=is_full, keep_alive=self._renew)

    def _require_room(self, content: FolderContent, copy: DatabaseCopy) -> None:
        pictures = (
            self._earlier.new_picture_bytes(self._directory / IMAGES_NAME, self._tick)
            if self._bucket is None
            else self._earlier.new_object_bytes(self._bucket, self._tick)
        )
        others = sum(map(_size_of, (self._directory / name for name in content.files)))
        needed = copy.bytes_needed() + pictures + others + RESERVE_BYTES
        free = shutil.disk_usage(self._target.path).free
        if free < needed:
            raise StoreError(
                f"{self._target.path}: the backup needs about {needed >> 20} MiB, and {free >> 20} are free; "
                "make room, or name another disk"
            )

    def _fill(
        self, folder: Path, copy: DatabaseCopy, content: FolderContent, begun: datetime, clock: Clock
    ) -> BackupManifest:
        self._pictures = PictureCopies(
            self._bucket or image_folder(self._directory),
            folder / DEPARTMENT / IMAGES_NAME,
            self._earlier.paths,
            None if self._bucket is None else faulty_images(self._directory),
        )
        filled = BackupFolder(folder, self._directory, self._pictures, self._tick)
        about = filled.fill(copy, content.files, begun)
        keys = key_digests(self._directory, content.keys)
        if self._request.keys is not None:
            copy_keys(self._directory, keys, self._request.keys)
        files = filled.write_list()
        return BackupManifest(
            name=self._target.free_name(begun),
            department=self._department,
            begun=rfc3339(begun),
            ended=rfc3339(clock()),
            tools={"alpr-edge": __version__, **copy.tools},
            files=files,
            pictures=filled.pictures,
            database=about,
            earlier=self._earlier.chain() if copy.is_incremental else (),
            keys=keys,
            left_out=content.secrets,
            witness_key=self._witness.key.text,
        )

    def _note_faults(self, manifest: BackupManifest) -> None:
        """Put on record which stored data is damaged: a backup reads all of it."""
        found = {StoredPart.BODIES: PartFaults(damaged=manifest.database.damaged_bodies)}
        if not self._leaves_bucket:
            found[StoredPart.IMAGES] = self._pictures.result.faults
        note_check(self._directory, "the backup", found)

    def _warnings(self, manifest: BackupManifest) -> tuple[str, ...]:
        lines = []
        if self._target.path.stat().st_dev == self._directory.stat().st_dev:
            lines.append(f"{self._target.path} is on the department's own disk: when that fails both are gone")
        if self._leaves_bucket:
            lines.append("the bucket's pictures are not in it: [backup] bucket_pictures says so")
        return (*lines, *manifest.database.warnings, *(() if self._leaves_bucket else manifest.pictures.warnings))

    def _tick(self, name: str, done: int, total: int | None) -> None:
        self._renew()
        self._show(name, done, total)


def _clock_fault(database: DepartmentDatabase, now: datetime) -> tuple[str, ...]:
    """Why no backup may be removed by its age now, in one line; none: the clock bears it out."""
    try:
        with database.reading() as connection:
            check_clock(connection, now)
    except DepartmentError as error:
        return (f"no earlier backup is removed: {error}",)
    return ()


def _size_of(file: Path) -> int:
    """Bytes of a file; 0 where it was removed meanwhile, as a list is when the next complete one is published."""
    with io_errors(f"{file}: cannot be looked at", StoreError), contextlib.suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
