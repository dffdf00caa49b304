"""Hand over all that a unit read before anything is destroyed: over the link, on media, or given up on record."""

import hashlib
import json
import os
import pwd
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.accounts import AS_UNIT, UNIT_USER
from scripts.deploy.provision.machine import ProvisioningError, run

POLL_S = 1.0
HANDOVER_S_MAX = 4 * 3600
OFFLOAD_S_MAX = 4 * 3600
_TO_DO = {
    "items_waiting": "{count} items wait for the department (bring the link up, or use --export DIR)",
    "items_refused": "{count} items were refused (see: alpr-edge outbox quarantined; --export DIR takes them)",
    "items_on_media": "{count} items are on media without a receipt (there: sudo alpr-edge-department import DIR; then "
    "use --export DIR again with that medium, or bring the link up)",
    "reads_unacknowledged": "{count} reads are not wholly at the department",
    "reads_held": "{count} reads are held as evidence (when they may go: alpr-edge holds release ID --reason)",
    "records_set_aside": "{count} records that its store does not take are set aside (see: alpr-edge unit refused)",
    "databases_incomplete": "{count} damaged databases hold rows that did not come over (see: alpr-edge unit salvage)",
    "access_logs_damaged": "{count} damaged access logs were set aside (hand the folders access-log-damaged-... on)",
    "not_counted": "what this unit holds cannot be counted",
}


def unit_report() -> dict[str, Any]:
    """The unit's own report, once its open reads, records set aside and damaged databases are in its queue.

    Raises:
        ProvisioningError: the command of the unit failed.
    """
    report: dict[str, Any] = json.loads(run(AS_UNIT, "unit", "handover", "--json", timeout_s=HANDOVER_S_MAX))
    return report


def left_line(left: dict[str, int]) -> str:
    """What is not handed over and what to do about it, in one line."""
    # A read of which an item waits is told by the item.
    names = [name for name in left if name != "reads_unacknowledged" or not any(n.startswith("items_") for n in left)]
    return "; ".join(_TO_DO.get(name, "{count} " + name).format(count=left[name]) for name in names)


def waits_for_receipts(left: dict[str, int]) -> bool:
    """Whether everything is on media, and the department has only to answer."""
    return "items_on_media" in left and set(left) <= {"items_on_media", "reads_unacknowledged"}


def wait_for_delivery(wait_s: float, say: Callable[[str], None]) -> None:
    """Give the uplink time to deliver what waits, and what lies on media. Raises ProvisioningError."""
    end_s, last = time.monotonic() + wait_s, -1
    while time.monotonic() < end_s and (waiting := _waiting()):
        if waiting != last:
            last = waiting
            say(f"{last} items wait for the department")
        time.sleep(POLL_S)


def take_receipts(medium: Path, say: Callable[[str], None]) -> None:
    """Import the receipts that the department left on a medium; a receipt's fault is printed and ends nothing."""
    try:
        say(run(AS_UNIT, "outbox", "receipts", medium, timeout_s=OFFLOAD_S_MAX).strip())
    except ProvisioningError as error:
        say(str(error))


def make_place(medium: Path, unit_id: str) -> None:
    """Make the unit's folder on a medium, and let it belong to the unit's user; no link there is followed.

    Raises:
        ProvisioningError: the medium is not there, or a link lies in the folder's place.
    """
    if not medium.is_dir():
        raise ProvisioningError(f"{medium}: no such folder; is the medium mounted?")
    try:
        with no_follow.opened_folder(medium) as top:
            is_new = no_follow.make_folder(top, unit_id)
            with no_follow.folder_below(top, unit_id) as folder:
                if is_new:
                    _give_to_unit(folder)
    except OSError as error:
        raise ProvisioningError(f"{medium / unit_id}: cannot be used: {error.strerror}") from None


def export(medium: Path, unit_id: str) -> dict[str, Any]:
    """Write everything to a portable medium, also what the department refused; returns what was written.

    Raises:
        ProvisioningError: the medium is not there, or does not take it.
    """
    make_place(medium, unit_id)
    run(AS_UNIT, "outbox", "requeue", timeout_s=600)
    run(AS_UNIT, "outbox", "offload", medium, timeout_s=OFFLOAD_S_MAX)
    return medium_contents(medium, unit_id)


def medium_contents(medium: Path, unit_id: str) -> dict[str, Any]:
    """Folder, files, bytes, and the SHA-256 of their list as sha256sum prints it. Raises ProvisioningError."""
    lines, size = [], 0
    try:
        with no_follow.opened_folder(medium) as top, no_follow.folder_below(top, unit_id) as folder:
            for file in no_follow.files_below(folder):
                sha256, length = digest(file.open())
                lines.append(f"{sha256}  {file.path.as_posix()}\n")
                size += length
    except OSError as error:
        raise ProvisioningError(f"{medium / unit_id}: cannot be read: {error.strerror}") from None
    lines.sort(key=lambda line: line.partition("  ")[2])
    return {
        "folder": str(medium / unit_id),
        "files": len(lines),
        "bytes": size,
        "sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }


def digest(descriptor: int) -> tuple[str, int]:
    """SHA-256 and length of a file, whose descriptor is closed."""
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size


def _waiting() -> int:
    counts: dict[str, int] = json.loads(run(AS_UNIT, "outbox", "status", "--json", timeout_s=120))
    return counts["ready"] + counts["offloaded"]


def _give_to_unit(folder: int) -> None:
    try:
        user = pwd.getpwnam(UNIT_USER)
        os.fchown(folder, user.pw_uid, user.pw_gid)
    except (OSError, LookupError):
        # A medium without owners (exFAT, say) is the mount's to open for the unit's user.
        return
