"""Turns the errors of SQLite's driver into those of the store: a line that says what to do, without any statement."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from alpr_edge.domain.errors import DamagedError, RefusedError, StoreError, UnreadError
from alpr_edge.store.db.sqlcipher import error_name

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
