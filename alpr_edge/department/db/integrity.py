"""Checks a department's database for damage before it is served, within a bounded time."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import StoreError

QUICK_S_MAX = 60.0
"""Longest check before the server starts; ``department verify`` checks without a limit."""
_STEPS = 100_000
"""Instructions of SQLite between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class IntegrityResult:
    """The result of a check that found no damage."""

    is_complete: bool
    """Whether all of it was checked; False: the time was over before."""


def check_integrity(path: Path, seconds_max: float | None = QUICK_S_MAX) -> IntegrityResult:
    """Check the structure of a database.

    Args:
        seconds_max: the longest time; None: as long as it takes.

    Raises:
        StoreError: it is damaged, or cannot be opened. The error quotes nothing that is stored.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return _check(connection, path, seconds_max)
    except sqlite3.Error as error:
        raise damage_error(path, getattr(error, "sqlite_errorname", type(error).__name__)) from None


def damage_error(path: Path, what: str) -> StoreError:
    """The error about a damaged database: what to do, and nothing of what is stored."""
    return StoreError(
        f"{path}: the database is damaged ({what}); nothing is served. Copy the whole folder away as it is, then "
        f"restore the last backup: config/department-recovery.md, Restore"
    )


def _check(connection: sqlite3.Connection, path: Path, seconds_max: float | None) -> IntegrityResult:
    end_s = None if seconds_max is None else time.monotonic() + seconds_max
    connection.set_progress_handler(lambda: int(end_s is not None and time.monotonic() > end_s), _STEPS)
    try:
        faults = connection.execute("PRAGMA quick_check(100)").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return IntegrityResult(is_complete=False)
        raise
    if faults != [("ok",)]:
        raise damage_error(path, f"faults {len(faults)}")
    return IntegrityResult(is_complete=True)
