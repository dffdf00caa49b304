"""What a backup says of itself, signed by the department.

The signature is a cosignature over a checkpoint whose one record is the manifest: made and checked as those over the
record of deletions are. The manifest has the digest of the list of files, so nothing of a backup can be changed, taken
out or put in without that being seen.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from alpr_edge.department.backups.target import MANIFEST_NAME, NOTE_NAME
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote

ORIGIN = "alpr-edge/department/backup"
MANIFEST_BYTES_MAX = 64 << 20
NOTE_BYTES_MAX = 16 << 10


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableState(_Part):
    """What a table held."""

    name: str
    rows_min: int
    """Rows when the backup began, and when it ended: of SQLite the same, as one moment is copied."""
    rows_max: int
    sha256: str | None
    """Of its rows in the order of their keys; None: it was written while PostgreSQL was backed up."""


class SettledItems(_Part):
    """The items that were received before a moment: what every backup begun after it holds, whatever arrives."""

    before: datetime
    """UTC, without a zone, as the database holds times."""
    rows: int
    sha256: str


class LogRoot(_Part):
    """A log's size, and the root of its Merkle tree."""

    unit_id: str
    """Empty: the log of deletions."""
    log_id: str
    size: int
    root: str
    """Hexadecimal."""


class FileTotals(_Part):
    """The files of a backup, and the digest of their list."""

    count: int
    bytes: int
    list_sha256: str


class PictureTotals(_Part):
    """The pictures that the database names."""

    count: int
    linked: int
    """Files that the backup before has as well, and that take no room again."""
    damaged: int
    """Do not fit their digests, in the department already."""
    missing: int
    """Were not there any more, in the department already."""
    kept: int = 0
    """Of both, those that an earlier backup had whole, and that are in this one as well."""

    @property
    def lost_count(self) -> int:
        """Pictures that are not whole in the backup."""
        return self.damaged + self.missing - self.kept

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line if the department has pictures that are not whole, which says what to do."""
        if not self.damaged + self.missing:
            return ()
        found = f"pictures damaged in the department: {self.damaged}, missing: {self.missing}"
        return (f"{found}; whole in this backup: {self.kept}; run: alpr-edge department images restore",)


class EarlierBackup(_Part):
    """A backup that an incremental one needs."""

    name: str
    manifest_sha256: str


class DatabaseAbout(_Part):
    """The database that was backed up."""

    engine: Literal["sqlite", "postgresql"]
    kind: Literal["full", "incremental"]
    database: str = ""
    """Its name and the role that read it, of PostgreSQL alone."""
    role: str = ""
    version: int
    """Of the department's tables."""
    damaged_bodies: int
    tables: tuple[TableState, ...]
    settled: SettledItems
    logs: tuple[LogRoot, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line if bodies are damaged, in the department already."""
        if not self.damaged_bodies:
            return ()
        return (f"bodies that do not fit their digests: {self.damaged_bodies}; see: alpr-edge department verify",)


class BackupManifest(_Part):
    """The whole of it."""

    format: Literal[1] = 1
    name: str
    department: str
    """SHA-256 of the authority's certificate."""
    begun: str
    """RFC 3339 in UTC by the department's clock, likewise the end."""
    ended: str
    tools: dict[str, str]
    """Versions by name."""
    files: FileTotals
    pictures: PictureTotals
    database: DatabaseAbout
    earlier: tuple[EarlierBackup, ...] = ()
    """The oldest first; none: it stands alone."""
    keys: dict[str, str]
    """SHA-256 by name of the keys that are kept elsewhere."""
    left_out: tuple[str, ...]
    """Other secrets that are not in it, by name."""
    witness_key: str

    @property
    def content(self) -> bytes:
        """The file."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def sign_manifest(manifest: BackupManifest, witness: Witness, now: datetime) -> bytes:
    """The department's signature over a manifest: a signed note."""
    text = _checkpoint(manifest.content).text
    return f"{text}\n{witness.cosign(text, now)}".encode()


def load_manifest(backup: Path, key: NoteKey) -> BackupManifest:
    """The manifest of a backup, once it is sure that the department signed it."""
    content = _read(backup / MANIFEST_NAME, MANIFEST_BYTES_MAX)
    try:
        note = SignedNote.parse(_read(backup / NOTE_NAME, NOTE_BYTES_MAX).decode())
        check_cosignature(note, key)
        _require_same(Checkpoint.parse(note.text), _checkpoint(content))
        return BackupManifest.model_validate_json(content)
    except UnicodeDecodeError:
        raise AuditError(f"{backup / NOTE_NAME}: not a signed note") from None
    except ValidationError:
        raise AuditError(f"{backup / MANIFEST_NAME}: made by another release of alpr-edge; use that one") from None
    except AuditError as error:
        raise AuditError(f"{backup / MANIFEST_NAME}: {error}") from None


def peek_manifest(backup: Path) -> BackupManifest | None:
    """What a backup says of itself, its signature unchecked; None: that cannot be read."""
    try:
        return BackupManifest.model_validate_json(_read(backup / MANIFEST_NAME, MANIFEST_BYTES_MAX))
    except (StoreError, ValidationError):
        return None


def manifest_digest(backup: Path) -> str:
    """SHA-256 of a backup's manifest."""
    return hashlib.sha256(_read(backup / MANIFEST_NAME, MANIFEST_BYTES_MAX)).hexdigest()


def _require_same(signed: Checkpoint, present: Checkpoint) -> None:
    if signed != present:
        raise AuditError("it is not the one that was signed")


def _checkpoint(content: bytes) -> Checkpoint:
    return Checkpoint(ORIGIN, 1, root_of([content]))


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > bytes_max:
        raise StoreError(f"{path}: too large")
    return content
