"""Counts which databases this process has open, so that it never reads one of their files past SQLite meanwhile.

Locks belong to a process, and closing any descriptor of a file drops all that the process has on it (fcntl(2)). A
process that read a database, its log or its index as a plain file while it had it open would lose SQLite's locks, and
another would take itself for the only one: its close deletes the log under this one, whose later commits nobody sees,
or its opening cuts the index short, and this process dies of SIGBUS. Source: SQLite, "How To Corrupt An SQLite Database
File", 2.2 and 2.2.1.
"""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

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
