"""The record of a decommissioning: written before the first thing is destroyed, and kept. It holds no plate text."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.provisioning.machine import ProvisioningError

RECORDS = Path("/var/log/alpr-edge")
REVOKED = "revoked"
LIMITS = (
    "The keys were overwritten and removed, and without them what is left of the encrypted store cannot be read. On "
    "flash an overwrite may leave an old copy of a key in a worn or spare block; sealed to a TPM, it opens on this "
    "computer alone. Where that is not enough, clear the TPM, or destroy the card or drive."
)


@dataclass(slots=True)
class Record:
    """What was done, when, by whom."""

    unit_id: str
    by: str
    began: str
    """RFC 3339, by this computer's clock."""
    release: str
    certificate_sha256: str = ""
    """Of the unit's certificate (DER), as the department has it on record; empty: it had none."""
    outbox: dict[str, int] = field(default_factory=dict)
    """Items at the end: ready (waiting), delivered (held beside a receipt), quarantined (refused)."""
    exported: dict[str, Any] | None = None
    """Folder, files, bytes, and the SHA-256 of their list as sha256sum prints it."""
    abandoned: str = ""
    """Why items were given up that the department does not have."""
    emptied: bool = False
    """Everything was handed over, or given up on record; what follows destroys."""
    keys: list[dict[str, Any]] = field(default_factory=list)
    """File, bytes and SHA-256 of each sealed key or certificate key that was overwritten."""
    removed: dict[str, Any] = field(default_factory=dict)
    """Files, bytes, and the SHA-256 of the encrypted database as it was."""
    revoked: str = ""
    """What became of asking the department to let this unit in no more."""
    revoke: str = ""
    """What the department has to run where it could not be asked."""
    limits: str = LIMITS
    ended: str = ""
    """Empty while it is under way."""

    def save(self, folder: Path = RECORDS) -> Path:
        """Write it so that a power cut does not lose it; returns where. Raises ProvisioningError."""
        path = self.path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".new")
            with draft.open("w", encoding="utf-8") as file:
                file.write(json.dumps(asdict(self), indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise ProvisioningError(f"{path}: the record cannot be written: {error.strerror}") from None
        return path

    def path(self, folder: Path = RECORDS) -> Path:
        """Where it lies."""
        return folder / f"decommissioned-{self.unit_id}-{self.began.replace(':', '')}.json"


def records(folder: Path = RECORDS) -> list[Record]:
    """All records of this computer, the newest last. Raises ProvisioningError."""
    found = []
    for path in folder.glob("decommissioned-*.json"):
        try:
            found.append(Record(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            raise ProvisioningError(f"{path}: no record that can be read; move it away") from None
    return sorted(found, key=lambda record: record.began)


def now() -> str:
    """This moment, by this computer's clock."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def told(record: Record, path: Path) -> str:
    """A record for people."""
    lines = [
        f"unit         {record.unit_id}, release {record.release}",
        f"taken out    {record.began} to {record.ended or 'not ended yet'} by {record.by}",
        f"certificate  {record.certificate_sha256 or 'none'}",
        "outbox       " + ", ".join(f"{name} {count}" for name, count in record.outbox.items()),
    ]
    if record.exported is not None:
        lines.append(
            "exported     {files} files, {bytes} bytes to {folder}\n             SHA-256 {sha256}".format(
                **record.exported
            )
        )
    if record.abandoned:
        lines.append(f"given up     {record.abandoned}")
    lines += [f"overwritten  {key['file']} ({key['bytes']} bytes, SHA-256 {key['sha256']})" for key in record.keys]
    if record.removed:
        lines.append(
            "removed      {files} files, {bytes} bytes; database SHA-256 {database_sha256}".format(**record.removed)
        )
    lines += [f"record       {path}", f"department   {record.revoked or 'not asked yet'}"]
    lines += [*([] if record.revoked == REVOKED else [f"             run there: {record.revoke}"]), "", record.limits]
    return "\n".join(lines)
