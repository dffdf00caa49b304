"""The encrypted database (SQLCipher, WAL, synchronous=FULL): one writer connection a process, short reads.

Writing transactions begin IMMEDIATE, so two processes queue for the lock instead of failing half-way. A reading
transaction is cut off after a second: a long one keeps the write-ahead log from being copied back, and it grows.

A statement that meets a damaged page raises DamagedError, or UnreadError if the disk did not read the page, and
:attr:`Database.damage` holds that error from then on: the process that has locked the data folder opens the file anew
and checks it, and goes on with a new one only if it fails again (:mod:`alpr_edge.store.recovery.replacement`).
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import structlog
from sqlalchemy import Connection, Engine, RowMapping, Select
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from alpr_edge.domain.errors import DamagedError, RefusedError, StoreError, UnreadError
from alpr_edge.runtime.commit_watch import announce_commit
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.store.db import migrate as migration
from alpr_edge.store.db.access_rights import Rights
from alpr_edge.store.db.commit_times import CommitTimes
from alpr_edge.store.db.sqlcipher import BEGIN_OPTION, engine_of, error_name, interrupt_when
from alpr_edge.store.sqlite_forensics.wal import lacks_commits

# Counts which databases this process has open, so that it never reads one of their files past SQLite meanwhile.
#
# Locks belong to a process, and closing any descriptor of a file drops all that the process has on it (fcntl(2)). A
# process that read a database, its log or its index as a plain file while it had it open would lose SQLite's locks, and
# another would take itself for the only one: its close deletes the log under this one, whose later commits nobody sees,
# or its opening cuts the index short, and this process dies of SIGBUS. Source: SQLite, "How To Corrupt An SQLite
# Database File", 2.2 and 2.2.1.

_lock = threading.Lock()
_counts: Counter[Path] = Counter()


def count_opening(path: Path, look_into_files: Callable[[], None]) -> None:
    """Count one more opening of a database."""
    key = path.resolve()
    with _lock:
        if not _counts[key] or not path.exists():
            look_into_files()
        _counts[key] += 1


def count_closing(path: Path) -> None:
    """Count that an opening has ended, with all its connections."""
    with _lock:
        _counts[path.resolve()] -= 1


READ_S_MAX = 1.0
"""Longest time of a reading transaction."""
REPLACE = "start alpr-edge run, which checks it, and sets it aside and begins a new one if it fails again"
_REMEDIES = {
    "SQLITE_FULL": "the disk is full; run: alpr-edge unit disk",
    "SQLITE_BUSY": "another process holds it; is an old alpr-edge still running?",
    "SQLITE_NOTADB": "this key does not open it, or it is no database of alpr-edge; restore the outbox key",
    "SQLITE_CORRUPT": f"it is damaged; {REPLACE}",
    "SQLITE_IOERR_READ": f"the disk does not read it; {REPLACE}",
    "SQLITE_IOERR_CORRUPTFS": f"the disk does not read it; {REPLACE}",
    "SQLITE_IOERR": "the disk does not read or write; check it, and that there is space on it",
    "SQLITE_READONLY": "it cannot be written; check its owner and the mount",
    "SQLITE_CANTOPEN": "it cannot be opened; check the folder's owner and mode",
    "SQLITE_AUTH": "this daemon may neither read nor change that",
    "SQLITE_INTERRUPT": f"a query took over {READ_S_MAX:g} s and was stopped; ask for fewer rows",
}
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_UNREAD = ("SQLITE_IOERR", "SQLITE_IOERR_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_CORRUPT")
"""SQLite's names for a read that the disk failed, in full: a bad sector (EIO) is ``SQLITE_IOERR`` for the first page,
and ``SQLITE_CORRUPT`` for any other (vdbe.c), as is a page that is malformed: a check tells the two apart."""
_UNREAD_PAGE = re.compile(r"error code=(\d+)")
"""In a finding of PRAGMA quick_check: SQLite's code of the error by which a page was not read."""
_IOERR, _PRIMARY_CODE = 10, 0xFF
"""SQLite's primary code of what the disk refuses, and the part of a code that holds it
(https://sqlite.org/rescode.html)."""
_REFUSAL = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
"""SQLite's names of errors that a row causes, not the database."""


@contextmanager
def driver_errors(path: Path) -> Iterator[None]:
    """Turn what the driver raises into one line; its own text may quote statements."""
    try:
        yield
    except DBAPIError as error:
        name = error_name(error)
        hint = next((text for code, text in _REMEDIES.items() if name.startswith(code)), f"it refused ({name})")
        kinds = ((_DAMAGE, DamagedError), (_REFUSAL, RefusedError))
        kind = next((kind for codes, kind in kinds if name.startswith(codes)), StoreError)
        kind = UnreadError if name in _UNREAD else kind
        raise kind(f"{path}: {hint}") from None
    except ResourceClosedError:
        raise StoreError(f"{path}: it could not be replaced and is closed; start again") from None
    except PoolTimeoutError:
        raise StoreError(f"{path}: too many threads read it at once; try again") from None


def damage_of(path: Path, finding: str) -> DamagedError:
    """The error for a finding of PRAGMA quick_check."""
    code = _UNREAD_PAGE.search(finding)
    is_unread = code is not None and int(code[1]) & _PRIMARY_CODE == _IOERR
    return (UnreadError if is_unread else DamagedError)(f"{path}: it is damaged; {REPLACE}")


DATABASE_NAME = migration.RELEASE.file_name
READ_CHECKS_MIN = 100
"""A query is checked every ten thousand steps of SQLite. One with fewer checks than this is short, and was slow because
another program had the processor: it is not stopped at :data:`READ_S_MAX`."""
STARVED_READ_S_MAX = 10.0
"""Time after which such a query is stopped all the same."""
WRITER_WAIT_S_MAX = 30.0
"""How long a thread waits for this process's other writers."""
CONNECTIONS_MAX = 6
"""The writer, the one that watches for other processes' commits, and four that read."""

log = structlog.get_logger(__name__)


class Database:
    """An open database; threads may share it."""

    def __init__(self, path: Path, engine: Engine, release: migration.SchemaRelease) -> None:
        self.path = path
        self.engine = engine
        self.damage: DamagedError | None = None
        """Damage that a statement met; None while none did."""
        self.commits = CommitTimes()
        """How long commits of this process took, waits for those of others, and the pictures written before them."""
        self._release = release
        self._write_lock = threading.Lock()
        self._watch_lock = threading.Lock()
        self._is_open = True
        self._connect()

    @classmethod
    def open(
        cls,
        directory: Path,
        key: bytes,
        *,
        migrate: bool,
        release: migration.SchemaRelease = migration.RELEASE,
        rights: Rights | None = None,
    ) -> Self:
        """Open the database of a release in a folder, ``edge.db`` unless it says otherwise.

        Args:
            directory: the unit's data folder, mode 0700.
            key: 32 bytes.
            migrate: make the database or bring its schema up to date; only ``alpr-edge run`` may.
            rights: the rights of its statements; None: everything is allowed.

        Raises:
            DamagedError: it is damaged, or this is another key; nothing was changed.
            StoreError: no database, one not migrated yet, or one of a newer release.
        """
        path = directory / release.file_name
        if path.is_symlink():
            raise StoreError(f"{path}: a link, which is not followed; put the database itself there")
        if not migrate and not path.exists():
            raise StoreError(f"{path}: no database yet; start alpr-edge run first")
        count_opening(path, lambda: _look_into_files(path, migrate=migrate))
        with ExitStack() as on_failure:
            on_failure.callback(count_closing, path)
            engine = engine_of(path, key, CONNECTIONS_MAX, rights)
            on_failure.callback(engine.dispose)
            with driver_errors(path):
                migration.bring_up(engine, path, release) if migrate else migration.check(engine, path, release)
                database = cls(path, engine, release)
            on_failure.pop_all()
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed and on disk when the block ends, rolled back when it raises.

        Raises:
            StoreError: the disk is full, another process holds the database for too long, or a row was refused.
        """
        if not self._write_lock.acquire(timeout=WRITER_WAIT_S_MAX):
            raise StoreError(
                f"{self.path}: another thread has been writing for {WRITER_WAIT_S_MAX:g} s; restart the unit"
            )
        try:
            with self._recording_damage(), self.commits.timing_end() as begin_end:
                with self.commits.timing():  # another process that waits for the disk in its commit holds up this one
                    transaction = self._writer.begin()
                with transaction:
                    yield self._writer
                    begin_end()
            announce_commit(self.path)
        finally:
            self._write_lock.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view, for at most :data:`READ_S_MAX`; fetch inside the block, work after it.

        Raises:
            StoreError: a query took too long.
        """
        began = time.monotonic()
        with self._recording_damage(), self.engine.connect() as connection:
            interrupt_when(connection, _ReadBound(began).is_over)
            try:
                with connection.begin():
                    yield connection
            finally:
                interrupt_when(connection, None)
        held_s = time.monotonic() - began
        if held_s > READ_S_MAX:
            log.warning("store.read_took_long", held_s=round(held_s, 3))

    def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        """Return the rows of one query, which is a view of its own; errors as of :meth:`read`."""
        with self.read() as connection:
            return connection.execute(query).mappings().all()

    def scalars(self, query: Select[Any]) -> Sequence[Any]:
        """Return the first column of one query, which is a view of its own; errors as of :meth:`read`."""
        with self.read() as connection:
            return connection.scalars(query).all()

    def data_version(self) -> int:
        """A number that changes when any process commits something (PRAGMA data_version)."""
        with self._watch_lock, self._recording_damage(), self._watcher.begin():
            return int(self._watcher.exec_driver_sql("PRAGMA data_version").scalar_one())

    def close(self) -> None:
        """Close every connection; the last process to close copies the write-ahead log into the file."""
        with self._write_lock, self._watch_lock:
            self._writer.close()
            self._watcher.close()
            self.engine.dispose()
            if self._is_open:
                self._is_open = False
                count_closing(self.path)

    def salt(self) -> bytes:
        """The 16 bytes in front of the file, from which its keys are derived (PRAGMA cipher_salt).

        Raises:
            StoreError: it cannot be read.
        """
        with self.read() as connection:
            return bytes.fromhex(connection.exec_driver_sql("PRAGMA cipher_salt").scalar_one())

    def quick_check(self, limit_s: float, is_stopped: Callable[[], bool] = lambda: False) -> bool:
        """Read through the pages for at most ``limit_s``, to find damage; returns whether it came to all of them.

        Args:
            limit_s: the longest time.
            is_stopped: asked again and again; once it returns True the check ends.

        Raises:
            DamagedError: one is damaged.
            UnreadError: the disk does not read one.
        """
        began = time.monotonic()
        with driver_errors(self.path), self.engine.connect() as connection:
            interrupt_when(connection, lambda: is_stopped() or time.monotonic() - began > limit_s)
            try:
                with connection.begin():
                    fault = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
            except DBAPIError as error:
                if not error_name(error).startswith("SQLITE_INTERRUPT"):
                    raise
                return False
            finally:
                interrupt_when(connection, None)
        if fault != "ok":
            raise damage_of(self.path, fault)
        return True

    def is_replaced(self) -> bool:
        """Whether another process set the file aside while it was open here."""
        try:
            return self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True
        except OSError:
            return False  # the disk does not say

    @contextmanager
    def replacing_file(self) -> Iterator[Callable[[], None]]:
        """Close every connection while the block replaces the file; gives a function that opens the new one.

        Raises:
            StoreError: a thread does not stop writing, or the new file cannot be used.
        """
        if not self._write_lock.acquire(timeout=WRITER_WAIT_S_MAX):
            raise StoreError(f"{self.path}: a thread does not stop writing; restart the unit")
        try:
            with self._watch_lock, driver_errors(self.path):
                self._writer.close()
                self._watcher.close()
                self.engine.dispose()
                yield self._reopen
        finally:
            self._write_lock.release()

    def _reopen(self) -> None:
        migration.bring_up(self.engine, self.path, self._release)
        self._connect()
        self.damage = None

    def _connect(self) -> None:
        self._writer = self.engine.connect().execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        self._watcher = self.engine.connect()
        self._inode = self.path.stat().st_ino

    @contextmanager
    def _recording_damage(self) -> Iterator[None]:
        """Raise errors of the driver as :func:`driver_errors` does, and remember damage."""
        try:
            with driver_errors(self.path):
                yield
        except DamagedError as error:
            self.damage = error
            raise


@dataclass(slots=True)
class _ReadBound:
    """The bound of one reading transaction: by time, and by work, which a busy processor does not stretch."""

    began_s: float
    checks: int = 0

    def is_over(self) -> bool:
        """Whether the query that asks is to be stopped."""
        self.checks += 1
        held_s = time.monotonic() - self.began_s
        return held_s > (READ_S_MAX if self.checks > READ_CHECKS_MIN else STARVED_READ_S_MAX)


def _look_into_files(path: Path, *, migrate: bool) -> None:
    """Make the file where it may be made, and see whether its log holds all that was acknowledged."""
    if migrate:
        private_directory(path.parent)
        migration.create_file(path)
    try:
        is_damaged = lacks_commits(path)
    except OSError:
        raise UnreadError(f"{path}-wal: the disk does not read it; {REPLACE}") from None
    if is_damaged:
        raise DamagedError(f"{path}-wal: it is damaged; {REPLACE}")
