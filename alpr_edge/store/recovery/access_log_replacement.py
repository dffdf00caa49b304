"""Sets a damaged access log aside, whole, and begins a new one; for the process that has locked the data folder.

The new log is another log: it has an id of its own, and its first record says which folder holds the one before. It
does not continue the old tree, since what a damaged file gives is no proof of what was in it; the department has the
records that it received, and tells that the unit began a new log. What was set aside is never deleted automatically.

A file that no page of opens under the key is not moved: the key may be the wrong one.
"""

from collections.abc import Callable
from pathlib import Path

import structlog

from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.keys import load_key
from alpr_edge.store.recovery import damaged_databases
from alpr_edge.store.recovery.damage_check import DamageCheck, sleep
from alpr_edge.store.recovery.key_check import KeyMark
from alpr_edge.store.sqlite_forensics.pages import Pages

PREFIX = "access-log-damaged-"
MARK_NAME = "access.mark"
_MOVED = (FILE_NAME, f"{FILE_NAME}-shm", f"{FILE_NAME}-wal", MARK_NAME)

log = structlog.get_logger(__name__)


def open_or_begin(
    settings: Settings,
    damage: DamagedError | None = None,
    damage_check: DamageCheck | None = None,
    wait: Callable[[float], bool] = sleep,
) -> AccessLog:
    """Open the access log, at this release's schema; a damaged one is set aside, and a new one begun.

    Args:
        damage: the damage that it showed while it was open; None if it showed none.
        damage_check: tells damage from a read that failed once.
        wait: waits so many seconds; returns True once the unit stops, which leaves a damaged log to the next start.
    """

    def check(limit_s: float) -> bool:
        access_log = AccessLog.open(settings, migrate=True)
        try:
            return access_log.database.quick_check(limit_s, lambda: wait(0))
        finally:
            access_log.close()

    try:
        if damage is not None:
            raise damage
        access_log = AccessLog.open(settings, migrate=True)
    except DamagedError as error:
        if (damage_check or DamageCheck()).confirms(error, check, wait, settings.unit.data_directory / FILE_NAME):
            set_aside(settings, str(error))
        access_log = AccessLog.open(settings, migrate=True)
    key = load_key("access", settings.store.keys_directory)
    mark = KeyMark.of(access_log.database, key)
    if mark != KeyMark.read(settings.unit.data_directory, MARK_NAME):
        mark.write(settings.unit.data_directory, MARK_NAME)
    return access_log


def set_aside(settings: Settings, fault: str) -> Path:
    """Move a damaged log out of the way with all that belongs to it; returns its new folder."""
    directory = settings.unit.data_directory
    if not _is_of_key(directory, load_key("access", settings.store.keys_directory)):
        raise StoreError(f"{directory / FILE_NAME}: the access key does not open it; restore that key")
    folder = damaged_databases.set_aside(directory, PREFIX, _MOVED).folder
    log.error("access_log.set_aside", folder=folder.name, fault=fault)
    return folder


def damaged_logs(directory: Path) -> list[str]:
    """Names of the folders with logs that were set aside, the oldest first."""
    return sorted(path.name for path in directory.glob(f"{PREFIX}*") if path.is_dir() and not path.is_symlink())


def _is_of_key(directory: Path, key: bytes) -> bool:
    mark = KeyMark.read(directory, MARK_NAME)
    if mark is not None and mark.is_of(key):
        return True
    with Pages(directory / FILE_NAME, key, () if mark is None else (mark.salt,)) as pages:
        return pages.cipher is not None
