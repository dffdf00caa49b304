"""What became of backups and drills: a line for each in the department's folder, and the warnings that follow from it.

They lie in a file and not in the database, so that they can be read while that is down, and are themselves backed up.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from alpr_edge.department.pki.authority import BACKDATED, TlsFiles
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "backups.jsonl"
LINES_MAX = 1000
"""The newest are kept: about two years of nightly backups and weekly drills."""
REASON_CHARACTERS_MAX = 500
BACKUP, DRILL = "backup", "drill"
AGE_MAX = {BACKUP: timedelta(days=2), DRILL: timedelta(days=30)}
"""Past it the last good one is too old."""


@dataclass(frozen=True, slots=True)
class BackupOutcome:
    """A backup or drill that ended."""

    what: str
    """:data:`BACKUP` or :data:`DRILL`."""
    at: str
    """RFC 3339 in UTC by the department's clock."""
    backup: str
    """The path of the backup; of one that failed its target."""
    is_good: bool
    reason: str
    """Why it failed."""


def note_outcome(directory: Path, what: str, backup: Path, reason: str = "") -> None:
    """Note that a backup or drill ended; without a reason it was good."""
    now, one_line = rfc3339(datetime.now(UTC)), "; ".join(reason.splitlines())
    new = BackupOutcome(what, now, str(backup), not reason, one_line[:REASON_CHARACTERS_MAX])
    lines = [json.dumps(asdict(each)) for each in (*outcomes(directory)[1 - LINES_MAX :], new)]
    path = directory / FILE_NAME
    with io_errors(f"{path}: cannot be written", StoreError):
        replace_file(path, ("\n".join(lines) + "\n").encode())


def outcomes(directory: Path) -> list[BackupOutcome]:
    """What is noted, the oldest first; lines that were damaged are passed over."""
    try:
        text = (directory / FILE_NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [outcome for line in text.splitlines() if (outcome := _parse(line)) is not None]


def last_good(found: Sequence[BackupOutcome], what: str) -> BackupOutcome | None:
    """The last good backup or drill; None: there was none."""
    return next((each for each in reversed(found) if each.what == what and each.is_good), None)


def backup_warnings(directory: Path, now: datetime, *, with_reasons: bool = True) -> list[str]:
    """A line where the last backup or drill failed, or the last good one is too old, which tells what to do.

    A department that was made just now has as long for its first.

    Args:
        with_reasons: say why the last one failed, which may name a unit.
    """
    found, lines = outcomes(directory), []
    for what in (BACKUP, DRILL):
        newest = next((each for each in reversed(found) if each.what == what), None)
        good = last_good(found, what)
        since = _made_at(directory) if good is None else datetime.fromisoformat(good.at)
        states = []
        if now - since > AGE_MAX[what]:
            age = f"{(now - since).days} days old"
            states.append(f"no {what} was ever good" if good is None else f"the last good {what} is {age}")
        if newest is not None and not newest.is_good:
            states.append(f"the last {what} failed" + (f": {newest.reason}" if with_reasons else ""))
        if states:
            lines.append(f"{'; '.join(states)}; run: alpr-edge department {what}")
    return lines


def _made_at(directory: Path) -> datetime:
    """When a department was made, as its authority says."""
    try:
        certificate = x509.load_pem_x509_certificate(TlsFiles(directory).authority.read_bytes())
    except (OSError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return certificate.not_valid_before_utc + BACKDATED


def _parse(line: str) -> BackupOutcome | None:
    try:
        outcome = BackupOutcome(**json.loads(line))
        return outcome if datetime.fromisoformat(outcome.at).tzinfo and outcome.what in AGE_MAX else None
    except (ValueError, TypeError, AttributeError):
        return None
