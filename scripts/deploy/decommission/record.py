"""The record of a decommissioning: written before the first thing is destroyed, and kept. It holds no plate text."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.machine import ProvisioningError

RECORDS = Path("/var/log/alpr-edge")
REVOKED = "revoked"
BLOCKS = "blocks"
"""The name, among what was removed, of what became of the free blocks; records of before have none."""
LIMITS = (
    "The keys were overwritten and removed, and without them what is left of the encrypted store cannot be read. On "
    "flash an overwrite may leave an old copy of a key in a worn or spare block; sealed to a TPM, it opens on this "
    "computer alone. Where that is not enough, clear the TPM, or destroy the card or drive."
)


@dataclass(slots=True)
class DecommissionRecord:
    """What was done, when, by whom."""

    unit_id: str
    by: str
    began: str
    """RFC 3339, by this computer's clock."""
    release: str
    certificate_sha256: str = ""
    """Of the unit's certificate (DER), as the department has it on record; empty: it had none."""
    outbox: dict[str, int] = field(default_factory=dict)
    """Items at the end: ready (waiting), delivered (held beside a receipt), quarantined (refused), offloaded."""
    handed_over: dict[str, Any] = field(default_factory=dict)
    """What ``alpr-edge unit handover`` said last: reads, records set aside, damaged databases, items, media, holds,
    and what is left."""
    exported: dict[str, Any] | None = None
    """Folder, files, bytes, and the SHA-256 of their list as sha256sum prints it."""
    given_up: dict[str, int] = field(default_factory=dict)
    """What was destroyed although the department did not have it, or somebody held it, by name."""
    abandoned: str = ""
    """The reason for giving them up."""
    emptied: bool = False
    """Everything was handed over, or given up on record; what follows destroys."""
    keys: list[dict[str, Any]] = field(default_factory=list)
    """File, bytes and SHA-256 of each sealed key or certificate key that was overwritten."""
    removed: dict[str, Any] = field(default_factory=dict)
    """Files, bytes, and the SHA-256 of the encrypted database as it was; what became of the free blocks."""
    revoked: str = ""
    """What became of asking the department to let this unit in no more."""
    revoke: str = ""
    """What the department has to run where it could not be asked."""
    limits: str = LIMITS
    ended: str = ""
    """Empty while it is under way."""

    def save(self, folder: Path = RECORDS) -> Path:
        """Write it so that a power cut does not lose it; returns where. Raises ProvisioningError."""
        return self._write(self.path(folder), json.dumps(asdict(self), indent=1))

    def save_text(self, folder: Path = RECORDS) -> Path:
        """Write it as text for people, beside the other."""
        path = self.path(folder)
        return self._write(path.with_suffix(".txt"), record_text(self, path))

    @staticmethod
    def _write(path: Path, text: str) -> Path:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with no_follow.opened_folder(path.parent) as folder:
                no_follow.write_file(folder, path.name, f"{text}\n".encode())
        except OSError as error:
            raise ProvisioningError(f"{path}: the record cannot be written: {error.strerror}") from None
        return path

    def path(self, folder: Path = RECORDS) -> Path:
        """The path of the record."""
        return folder / f"decommissioned-{self.unit_id}-{self.began.replace(':', '')}.json"


def records(folder: Path = RECORDS) -> list[DecommissionRecord]:
    """All records of this computer, the newest last. Raises ProvisioningError."""
    result = []
    for path in folder.glob("decommissioned-*.json"):
        try:
            result.append(DecommissionRecord(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            raise ProvisioningError(f"{path}: no record that can be read; move it away") from None
    return sorted(result, key=lambda record: record.began)


def now() -> str:
    """This moment, by this computer's clock."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def record_text(record: DecommissionRecord, path: Path) -> str:
    """The text of a record, for people."""
    lines = [
        f"unit         {record.unit_id}, release {record.release}",
        f"taken out    {record.began} to {record.ended or 'not ended yet'} by {record.by}",
        f"certificate  {record.certificate_sha256 or 'none'}",
        "outbox       " + (", ".join(f"{name} {count}" for name, count in record.outbox.items()) or "not counted"),
        *_handed_over(record.handed_over, record.unit_id),
    ]
    if record.exported is not None:
        lines.append(
            "exported     {files} files, {bytes} bytes to {folder}\n             SHA-256 {sha256}".format(
                **record.exported
            )
        )
    if record.abandoned:
        given_up = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in record.given_up.items())
        lines.append(f"given up     {given_up}\n             because: {record.abandoned}")
    lines += [f"overwritten  {key['file']} ({key['bytes']} bytes, SHA-256 {key['sha256']})" for key in record.keys]
    if record.removed:
        lines.append(
            "removed      {files} files, {bytes} bytes; database SHA-256 {database_sha256}".format(**record.removed)
        )
    lines += [f"free blocks  {record.removed[BLOCKS]}"] if BLOCKS in record.removed else []
    lines += [f"record       {path}", f"department   {record.revoked or 'not asked yet'}"]
    lines += [*([] if record.revoked == REVOKED else [f"             run there: {record.revoke}"]), "", record.limits]
    return "\n".join(lines)


def _handed_over(report: dict[str, Any], unit_id: str) -> Iterator[str]:
    """Lines about what the unit held at the end."""
    if "reads" in report:
        closed = report["open_reads_closed"]
        yield f"reads        {report['reads']}, {report['reads_unacknowledged']} of them without every receipt"
        yield f"             {closed} were still open and were queued; {report['reads_held']} were held"
        yield f"             {report['reads_deleted_on_record']} had been deleted earlier without a receipt"
    if aside := report.get("records_set_aside"):
        yield f"set aside    {aside} records that its store did not take"
    for database in report.get("databases", ()):
        reads_saved = database.get("saved", {}).get("reads", 0)
        unread = database.get("pages_unreadable", 0)
        yield f"damaged      {database['name']}: {reads_saved} reads came over, {unread} pages could not be read"
    for medium in report.get("media", ()):
        yield f"medium       {medium['medium_id']}: {medium['items']} items without a receipt"
    if report.get("media"):
        take_in = f"sudo alpr-edge-department import DIR --accept-revoked {shlex.quote(unit_id)}"
        yield f"             to take them in there although revoked: {take_in}"
    if "error" in report:
        yield f"not counted  {report['error']}"
