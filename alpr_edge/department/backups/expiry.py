"""Which backups are removed: those older than the days kept, so that what was deleted is in none any more (462.5).

An incremental backup is nothing without those before it, so a full one goes together with all that build on it, when
it is old enough itself. The newest never goes.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from alpr_edge.department.backups.manifest import peek_manifest
from alpr_edge.department.backups.target import begun_at

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
