"""Proves that a backup restores: restores it beside, opens the database, and compares everything with what was signed.

Of PostgreSQL a real server is started over the joined cluster. What was restored is removed again; what is left is the
outcome, in the department's folder.
"""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.department.backups.department_files import require_owner
from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.manifest import BackupManifest, DatabaseAbout
from alpr_edge.department.backups.outcomes import DRILL, note_outcome
from alpr_edge.department.backups.postgresql.scratch_server import ScratchServer, user_of_server
from alpr_edge.department.backups.restore import RestorePlace, SignedBackup, restore
from alpr_edge.department.backups.restored_database import RestoredContent, check_pictures, compare, opened_database
from alpr_edge.department.backups.survey import OpenReading
from alpr_edge.department.backups.target import MANIFEST_NAME, NO_BACKUP, BackupTarget, work_folder
from alpr_edge.department.copying.copy import identity_of
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME, SqliteEngine
from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.department.images.choice import image_folder
from alpr_edge.department.integrity_record import accepted_images
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.unit_logs.witness import FILE_NAME as WITNESS_NAME
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import AlprEdgeError, AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey

REASONS_MAX = 3


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What a drill found."""

    backup: Path
    is_good: bool
    faults: tuple[str, ...]
    begun: str
    """When the backup was begun; empty: it does not say so."""
    files: int
    bytes: int
    rows: int
    tables: int
    tables_written: int
    """Tables that were written while PostgreSQL was backed up: of them the number of rows is known within bounds."""
    logs: int
    deletions: int
    pictures: int
    warnings: tuple[str, ...]
    """What was damaged in the department already when it was backed up."""
    seconds: float


def drill(directory: Path, backup: Path, beside: Path | None, tick: Tick) -> DrillReport:
    """Try a backup out, and note in the department's folder what became of that.

    Args:
        beside: the folder to restore in; None: that of the backups, where pictures take no room.

    Raises:
        DepartmentError: there is no backup, or it cannot be tried, for lack of a key, a program or room.
        StoreError: another process is at work there.
    """
    require_owner(directory)
    if not (directory / WITNESS_NAME).exists():
        raise DepartmentError(f"{directory / WITNESS_NAME}: missing; it signed the backups: restore it first")
    if not (backup / MANIFEST_NAME).is_file():
        raise DepartmentError(f"{backup}: {NO_BACKUP}")
    key, target = Witness(directory).key, BackupTarget(backup.absolute().parent)
    with target.hold():
        try:
            work = target.path if beside is None else beside
            report = _try(directory, target.path / backup.name, work, key, tick)
        except AlprEdgeError as error:
            note_outcome(directory, DRILL, backup.absolute(), str(error))
            raise
        note_outcome(directory, DRILL, report.backup, "; ".join(report.faults[:REASONS_MAX]))
    return report


def _try(directory: Path, backup: Path, work: Path, key: NoteKey, tick: Tick) -> DrillReport:
    begun_s = time.monotonic()
    try:
        signed = SignedBackup(backup, key)
        if signed.manifest.department != identity_of(directory):
            raise DepartmentError(f"{backup}: a backup of another department")
        with work_folder(work) as folder:
            content = _compare(signed, folder, key, directory, tick)
    except (AuditError, StoreError) as error:
        return _report(backup, None, RestoredContent(faults=[str(error)]), begun_s)
    return _report(backup, signed, content, begun_s)


def _compare(backup: SignedBackup, folder: Path, key: NoteKey, directory: Path, tick: Tick) -> RestoredContent:
    programs = load_department_file(directory).backup.programs
    user = user_of_server(folder.parent) if backup.is_postgresql else None
    department, cluster = folder / "department", folder / "cluster"
    place = RestorePlace(department, cluster if backup.is_postgresql else None)
    if user is not None:  # what is restored into a folder is given to its owner
        cluster.mkdir(0o700)
        for path in (folder, cluster):
            os.chown(path, user.uid, user.gid)
    is_same_disk = folder.stat().st_dev == backup.path.stat().st_dev
    restore(backup, place, tick, programs=programs, links_pictures=is_same_disk, is_drill=True)
    restored = _Restored(backup.manifest, department, accepted_images(directory))
    if not backup.is_postgresql:
        check_integrity(department / DATABASE_NAME, None)
        with opened_database(SqliteEngine(department), directory) as reading:
            return restored.compare(reading, key, tick)
    server = ScratchServer(backup.programs(programs), cluster, user, lambda: tick("starting PostgreSQL", 0, None))
    with server, _opened_cluster(server, backup.manifest.database, directory) as reading:
        return restored.compare(reading, key, tick)


@dataclass(frozen=True, slots=True)
class _Restored:
    """A restored department that is compared with its backup."""

    manifest: BackupManifest
    department: Path
    accepted: Collection[str]
    """Digests of pictures that were accepted as lost."""

    def compare(self, reading: OpenReading, key: NoteKey, tick: Tick) -> RestoredContent:
        content = compare(reading, self.manifest, key, tick)
        images = image_folder(self.department)  # as the department opens it
        settings = load_department_file(self.department)
        if settings.images.url and not settings.backup.bucket_pictures:
            return content  # they were left out of the backup
        content.pictures, faults = check_pictures(reading, self.manifest, images, self.accepted, tick)
        content.faults += faults
        return content


@contextmanager
def _opened_cluster(server: ScratchServer, about: DatabaseAbout, directory: Path) -> Iterator[OpenReading]:
    server.wait_until_ready(about.database, about.role)
    with opened_database(PostgresqlEngine(server.location(about.database, about.role)), directory) as reading:
        yield reading


def _report(backup: Path, signed: SignedBackup | None, content: RestoredContent, begun_s: float) -> DrillReport:
    manifest = None if signed is None else signed.manifest
    return DrillReport(
        backup=backup,
        is_good=not content.faults,
        faults=tuple(content.faults),
        begun="" if manifest is None else manifest.begun,
        files=0 if manifest is None else manifest.files.count,
        bytes=0 if manifest is None else manifest.files.bytes,
        rows=content.rows,
        tables=content.tables,
        tables_written=content.tables_written,
        logs=content.logs,
        deletions=content.deletions,
        pictures=content.pictures,
        warnings=() if manifest is None else (*manifest.database.warnings, *manifest.pictures.warnings),
        seconds=round(time.monotonic() - begun_s, 1),
    )
