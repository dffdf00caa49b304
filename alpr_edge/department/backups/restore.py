"""Restores a department from a backup into an empty folder, once all of the backup is known to be as it was signed."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from alpr_edge.department.backups.database_copies import SQLITE_FILE
from alpr_edge.department.backups.file_copies import copy_file, link_or_copy, make_folder
from alpr_edge.department.backups.file_list import Tick, files_in, list_faults, listed_files
from alpr_edge.department.backups.key_copies import find_keys
from alpr_edge.department.backups.manifest import EarlierBackup, load_manifest, manifest_digest
from alpr_edge.department.backups.postgresql.base_backup import BaseBackups
from alpr_edge.department.backups.postgresql.programs import PostgresqlPrograms, ServerUser, find_programs
from alpr_edge.department.backups.postgresql.scratch_server import ScratchServer, user_of_server
from alpr_edge.department.backups.restored_database import end_leases_and_sessions
from alpr_edge.department.backups.target import CLUSTER, DEPARTMENT, MANIFEST_NAME
from alpr_edge.department.db.engines.engine import DatabaseEngine
from alpr_edge.department.db.engines.postgresql import PostgresqlEngine
from alpr_edge.department.db.engines.sqlite import DATABASE_NAME, SqliteEngine
from alpr_edge.department.db.hold_note_file import FILE_NAME as HOLD_NOTE_NAME
from alpr_edge.department.db.hold_note_file import noted_since
from alpr_edge.department.holds.unknown_holds import note_unknown_holds
from alpr_edge.department.images.choice import IMAGES_NAME
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.runtime.durable_files import private_directory, replace_file, sync_file_system

RESERVE_BYTES = 64 << 20
_PICTURES = f"{DEPARTMENT}/{IMAGES_NAME}/"


@dataclass(frozen=True, slots=True)
class RestorePlace:
    """Where a department is restored to."""

    directory: Path
    """The department's folder; empty, or made."""
    cluster: Path | None = None
    """The data folder of PostgreSQL; likewise, of a backup of PostgreSQL alone."""
    keys: Path | None = None
    """The folder that the keys are taken from; None: they are put there by hand."""


class SignedBackup:
    """A backup that the department signed, with those that it builds on.

    Raises:
        AuditError: a manifest is not as the department signed it.
        StoreError: one is missing or cannot be read.
    """

    def __init__(self, path: Path, key: NoteKey) -> None:
        self.path = path
        self.manifest = load_manifest(path, key)
        self.chain = {path.parent / each.name: load_manifest(path.parent / each.name, key) for each in self._earlier()}
        """The backups that it builds on, the oldest first."""

    def check_files(self, tick: Tick) -> None:
        """Compare every file of it with what was signed, and those of the backups before that it is restored from.

        Pictures of these that were damaged since were copied anew by this one, and do not keep it from being restored.

        Raises:
            StoreError: one is not as it was backed up; the text names the first.
        """
        earlier = ((folder, manifest, f"{CLUSTER}/") for folder, manifest in self.chain.items())
        for folder, manifest, below in (*earlier, (self.path, self.manifest, "")):
            if faults := list_faults(folder, manifest.files, tick, below):
                more = f", and {len(faults) - 1} files more" if len(faults) > 1 else ""
                raise StoreError(f"{faults[0]}{more}; use another backup")

    def _earlier(self) -> Iterator[EarlierBackup]:
        for earlier in self.manifest.earlier:
            folder = self.path.parent / earlier.name
            if not (folder / MANIFEST_NAME).is_file():
                raise StoreError(f"{folder}: missing; the backup builds on it, copy it beside")
            if manifest_digest(folder) != earlier.manifest_sha256:
                raise AuditError(f"{folder}: not the backup that {self.path.name} builds on")
            yield earlier

    @property
    def is_postgresql(self) -> bool:
        """Whether its database is one of PostgreSQL."""
        return self.manifest.database.engine == "postgresql"

    def bytes_needed(self, *, with_pictures: bool) -> int:
        """About how much room it takes."""
        own = (each.path for each in listed_files(self.path, self.manifest.files))
        kept = (self.path / path for path in own if with_pictures or not path.startswith(_PICTURES))
        chained = (folder / path for folder in self.chain for path in files_in(folder) if path.startswith(CLUSTER))
        return sum(path.stat().st_size for path in chain(kept, chained)) + RESERVE_BYTES

    def programs(self, named: str = "") -> PostgresqlPrograms:
        """The programs that restore it.

        Raises:
            DepartmentError: they are missing.
        """
        match = re.match(r"\d+", self.manifest.tools.get("postgresql", ""))
        return find_programs(int(match[0]) if match else 0, named)


def restore(
    backup: SignedBackup,
    place: RestorePlace,
    tick: Tick,
    *,
    programs: str = "",
    links_pictures: bool = False,
    is_drill: bool = False,
) -> None:
    """Restore a backup, once each of its files was compared with what was signed.

    The database gets the note that the holds placed since are missing: every server over it heeds that. Settings and
    certificates come after pictures and database, and keys last: a folder that a restore left half done is none that a
    server would serve.

    Args:
        programs: the folder of PostgreSQL's programs; empty: where the system has them.
        links_pictures: give pictures a second name, where that goes, in place of copying them.

    Raises:
        DepartmentError: a place is not empty, or a key is missing.
        StoreError: the backup is damaged, or a disk failed or is full.
    """
    _require_empty(place, is_postgresql=backup.is_postgresql)
    keys = {} if place.keys is None else find_keys(place.keys, backup.manifest.keys)
    if place.cluster is not None and not is_drill:
        _require_owned(place.cluster)
    backup.check_files(tick)
    private_directory(place.directory)
    _require_room(backup.bytes_needed(with_pictures=not links_pictures), place.directory)
    try:
        with _sync_after(place.directory):
            _Restore(backup, place, tick, links_pictures=links_pictures, is_drill=is_drill).run(programs, keys)
        _give_to_owners(filter(None, (place.directory, place.cluster)))
    except OSError as error:
        raise StoreError(f"{place.directory}: cannot be restored to: {error.strerror}") from None


@contextmanager
def _sync_after(directory: Path) -> Iterator[None]:
    """Have all that the body writes to a folder's file system on the disk when it has ended. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield
        sync_file_system(descriptor)
    finally:
        os.close(descriptor)


def _require_empty(place: RestorePlace, *, is_postgresql: bool) -> None:
    """Refuse to restore over anything."""
    if is_postgresql and place.cluster is None:
        raise DepartmentError("this backup is of PostgreSQL; name its empty data folder: --cluster DIR")
    if not is_postgresql and place.cluster is not None:
        raise DepartmentError("this backup is of SQLite and has no cluster; leave out --cluster")
    for folder in filter(None, (place.directory, place.cluster)):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DepartmentError(f"{folder}: not an empty folder; name one that is empty or not there")


def _require_owned(cluster: Path) -> None:
    """Refuse root a cluster of its own: no server could note there which holds are missing."""
    if cluster.exists():
        user_of_server(cluster)
    elif os.geteuid() == 0:
        raise DepartmentError(f"{cluster}: make it first and give it to PostgreSQL's user: its server runs not as root")


class _Restore:
    """One restore."""

    def __init__(
        self, backup: SignedBackup, place: RestorePlace, tick: Tick, *, links_pictures: bool, is_drill: bool
    ) -> None:
        self._backup, self._place, self._tick = backup, place, tick
        self._links, self._is_drill = links_pictures, is_drill
        self._done = 0

    def run(self, programs: str, keys: Mapping[str, bytes]) -> None:
        self._copy(lambda path: path.startswith(f"{DEPARTMENT}/") and path.count("/") > 1)
        if self._backup.is_postgresql:
            assert self._place.cluster is not None
            self._restore_cluster(self._place.cluster, self._backup.programs(programs))
        else:
            self._copy(lambda path: path == SQLITE_FILE)
            if not self._is_drill:
                self._settle(SqliteEngine(self._place.directory))
        noted = f"{DEPARTMENT}/{HOLD_NOTE_NAME}"
        self._copy(lambda path: path.startswith(f"{DEPARTMENT}/") and path.count("/") == 1 and path != noted)
        for name, content in keys.items():
            replace_file(self._place.directory / name, content)

    def _restore_cluster(self, cluster: Path, programs: PostgresqlPrograms) -> None:
        make_folder(cluster)
        user = None if self._is_drill else user_of_server(cluster)
        folders = [folder / CLUSTER for folder in (*self._backup.chain, self._backup.path)]
        BaseBackups(programs, lambda: self._tick("database", 0, None)).combine(folders, cluster, self._tick)
        if not self._is_drill:
            _give_to_owners([cluster])
            self._note_in_cluster(cluster, programs, user)

    def _note_in_cluster(self, cluster: Path, programs: PostgresqlPrograms, user: ServerUser | None) -> None:
        """Note which holds are missing, by a server that nobody else reaches: none is there before the note is."""
        about = self._backup.manifest.database
        server = ScratchServer(
            programs, cluster, user, lambda: self._tick("starting PostgreSQL", 0, None), is_kept=True
        )
        with server:
            server.wait_until_ready(about.database, about.role)
            self._settle(PostgresqlEngine(server.location(about.database, about.role)))

    def _settle(self, engine: DatabaseEngine) -> None:
        """Note which holds are missing, and end what ran when the backup was made."""
        note_unknown_holds(engine, self._unknown_since())
        end_leases_and_sessions(engine)

    def _unknown_since(self) -> str:
        """Since when holds are missing: the backup's beginning, or an earlier date that a file in it says."""
        begun = self._backup.manifest.begun
        return min(begun, noted_since(self._backup.path / DEPARTMENT) or begun)

    def _copy(self, is_meant: Callable[[str], bool]) -> None:
        """Copy some of the listed files, each compared with the list once more."""
        totals = self._backup.manifest.files
        for listed in listed_files(self._backup.path, totals):
            if not is_meant(listed.path):
                continue
            source, to = self._backup.path / listed.path, self._destination(listed.path)
            make_folder(to.parent)
            if self._links and listed.path.startswith(_PICTURES):
                link_or_copy(source, to)
            elif copy_file(source, to) != listed.sha256:
                raise StoreError(f"{source}: not as it was backed up")
            self._done += 1
            self._tick("files", self._done, max(totals.count, self._done))

    def _destination(self, path: str) -> Path:
        directory = self._place.directory
        return directory / DATABASE_NAME if path == SQLITE_FILE else directory / path.removeprefix(f"{DEPARTMENT}/")


def _require_room(needed: int, directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise StoreError(f"{directory}: the restore needs about {needed >> 20} MiB, and {free >> 20} are free")


def _give_to_owners(folders: Iterable[Path]) -> None:
    """Give what root restored to the owner of the folder that it was restored to."""
    for folder in folders:
        owner = folder.stat()
        if os.geteuid() != 0 or owner.st_uid == 0:
            continue
        for path in folder.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
