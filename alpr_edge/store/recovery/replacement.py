"""Opens the unit's database, and replaces it when it is damaged: the damaged one is set aside and a new one started.

A database counts as damaged when the file is missing, empty or cut short, when a page does not open although the key is
the right one (found by a short check at the start, or by a later statement), or when the write-ahead log lacks what was
committed to it; and when all that is so again once it was closed, opened anew and checked
(:mod:`alpr_edge.store.recovery.damage_check`). Another key, a full disk, a lock or a newer schema is an error, and
nothing is moved.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.store.db import migrate as migration
from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import canvasses, case_holds, generations, list_sync, own_entries
from alpr_edge.store.recovery.damage_check import DamageCheck, sleep
from alpr_edge.store.recovery.damaged_databases import LISTS_LEFT, MOVED, DamagedDatabase, set_aside, waiting
from alpr_edge.store.recovery.key_check import KeyMark
from alpr_edge.store.recovery.row_merge import Fate, put, shapes
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages

# Copies from a damaged database what the new one needs before the car drives on: lists, officers' entries, canvasses.
#
# Without them the unit would match no plate, although the sealed lists are whole on the disk, and a canvass that runs
# would hold no more reads. Only these few rows are copied, which is quick however large the database is; the rest is
# copied by ``alpr-edge unit salvage``. An old version of a page may show a canvass without its end: it ends by its
# time.

TABLES = (generations, own_entries, list_sync, case_holds, canvasses)
ROWS_MAX = 100_000
"""Most rows of one table; the salvage copies the others."""


def copy_lists(aside: DamagedDatabase, database: Database, key: bytes) -> int:
    """Copy the rows of :data:`TABLES` as far as they can be read; returns how many."""
    done, mark = 0, KeyMark.read(aside.folder)
    with database.read() as connection:
        row_shapes = shapes(connection, TABLES)
    with Pages(aside.database, key, () if mark is None else (mark.salt,)) as pages, database.write() as connection:
        carver = Carver(pages, row_shapes)
        for table in TABLES:
            for _, row in zip(range(ROWS_MAX), carver.table(table.name), strict=False):
                done += put(connection, table, row.values) is Fate.NEW
    log.warning("store.lists_copied", rows=done)
    return done


CHECK_S_MAX = 2.0
"""How long a start checks a database; damage further on in a large one shows when it is read."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseReplacement:
    """Opens, and replaces, the database of a data folder; only for the process that has locked the folder.

    Args:
        key: 32 bytes.
        damage_check: tells damage from a read that failed once.
    """

    directory: Path
    key: bytes
    damage_check: DamageCheck = field(default_factory=DamageCheck)

    def open(self) -> Database:
        """Open the database, sound as far as a short check shows, at this release's schema."""
        private_directory(self.directory)
        try:
            database = self._open_checked()
        except DamagedError as error:
            if self.damage_check.confirms(error, self._check, sleep, self.directory / DATABASE_NAME):
                self._set_aside(error)
            database = Database.open(self.directory, self.key, migrate=True)
        self._copy_lists(database)
        self._mark(database)
        return database

    def mend(self, database: Database, wait: Callable[[float], bool] = sleep) -> None:
        """Open a database that showed damage anew and check it; replace it only if it fails again.

        Args:
            wait: waits so many seconds; returns True once the unit stops, which leaves all to the next start.
        """
        fault = database.damage
        if fault is None:
            return

        def check(limit_s: float) -> bool:
            with database.replacing_file() as reopen:
                reopen()
            return database.quick_check(limit_s, lambda: wait(0))

        if self.damage_check.confirms(fault, check, wait, database.path):
            self.replace(database)

    def replace(self, database: Database) -> None:
        """Replace a database that showed damage while it was open; the same object then uses the new one."""
        with database.replacing_file() as reopen:
            self._set_aside(database.damage or DamagedError(f"{database.path}: it is damaged"))
            migration.create_file(database.path)
            reopen()
        self._copy_lists(database)
        self._mark(database)

    def _copy_lists(self, database: Database) -> None:
        """Copy the lists of each database set aside from which a power cut kept them, the newest first: its counts."""
        for aside in reversed(waiting(self.directory)):
            if aside.has_lists_left:
                copy_lists(aside, database, self.key)
                aside.note_lists_copied()

    def is_of_this_key(self) -> bool:
        """Whether the database was written with this key, as far as anything of it still shows that."""
        mark = KeyMark.read(self.directory)
        if mark is not None and mark.is_of(self.key):
            return True
        with Pages(self.directory / DATABASE_NAME, self.key, () if mark is None else (mark.salt,)) as pages:
            return pages.cipher is not None

    def _check(self, limit_s: float) -> bool:
        """Open the database anew and check it for so long; returns whether the check came to all of it."""
        database = self._open()
        try:
            return database.quick_check(limit_s)
        finally:
            database.close()

    def _open_checked(self) -> Database:
        database = self._open()
        try:
            database.quick_check(CHECK_S_MAX)
        except StoreError:
            database.close()
            raise
        return database

    def _open(self) -> Database:
        if self._is_gone():
            raise DamagedError(f"{self.directory / DATABASE_NAME}: there was a database, and it is missing or empty")
        return Database.open(self.directory, self.key, migrate=True)

    def _is_gone(self) -> bool:
        """Whether there was a database and the file is not there any more."""
        path = self.directory / DATABASE_NAME
        with io_errors(f"{path}: cannot be opened", StoreError):
            if path.exists() and path.stat().st_size:
                return False
        return KeyMark.read(self.directory) is not None or _has_content(path.with_name(f"{DATABASE_NAME}-wal"))

    def _set_aside(self, fault: DamagedError) -> None:
        """Move it away, unless the key may be the wrong one: then nothing is touched."""
        if not self.is_of_this_key():
            raise StoreError(
                f"{self.directory / DATABASE_NAME}: this key does not open it, or it is no database of alpr-edge; "
                "restore the outbox key"
            ) from None
        if not any((self.directory / name).exists() for name in MOVED):
            return  # set aside already, by a try that failed later
        began = time.monotonic()
        aside = set_aside(self.directory, note=LISTS_LEFT)
        held_ms = round((time.monotonic() - began) * 1000)
        log.error("store.set_aside", folder=aside.folder.name, fault=str(fault), took_ms=held_ms)

    def _mark(self, database: Database) -> None:
        mark = KeyMark.of(database, self.key)
        if mark != KeyMark.read(self.directory):
            mark.write(self.directory)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
