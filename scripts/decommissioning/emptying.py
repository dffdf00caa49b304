"""All a unit read is handed over before anything is destroyed: over the link, on media, or given up on record."""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.provisioning.accounts import AS_UNIT, UNIT_USER
from scripts.provisioning.machine import ProvisioningError, run

POLL_S = 1.0
OFFLOAD_S_MAX = 4 * 3600


def waiting(counts: dict[str, int]) -> int:
    """Items that the department does not have."""
    return counts["ready"] + counts["quarantined"]


def outbox() -> dict[str, int]:
    """The unit's own count. Raises ProvisioningError."""
    counts: dict[str, int] = json.loads(run(AS_UNIT, "outbox", "status", "--json", timeout_s=120))
    return counts


def drained(wait_s: float, say: Callable[[str], None]) -> dict[str, int]:
    """Give the uplink time to deliver what waits; returns what it counts then."""
    end_s, last = time.monotonic() + wait_s, -1
    while (counts := outbox())["ready"] and time.monotonic() < end_s:
        if counts["ready"] != last:
            last = counts["ready"]
            say(f"{last} items wait for the department")
        time.sleep(POLL_S)
    return counts


def export(medium: Path, unit_id: str) -> dict[str, Any]:
    """Hand everything over on a portable medium, also what the department refused; returns what was written.

    Raises:
        ProvisioningError: the medium is not there, or does not take it.
    """
    if not medium.is_dir():
        raise ProvisioningError(f"{medium}: no such folder; is the medium mounted?")
    folder = medium / unit_id
    folder.mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(OSError, LookupError):
        # A medium without owners (exFAT, say) is the mount's to open for the unit's user.
        shutil.chown(folder, UNIT_USER, UNIT_USER)
    run(AS_UNIT, "outbox", "requeue", timeout_s=600)
    run(AS_UNIT, "outbox", "offload", medium, timeout_s=OFFLOAD_S_MAX)
    return listed(folder)


def listed(folder: Path) -> dict[str, Any]:
    """Folder, files, bytes, and the SHA-256 of their list as sha256sum prints it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return {
        "folder": str(folder),
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
