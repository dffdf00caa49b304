"""Record of what the last checks of stored data found, and the warnings that follow from it.

``verify`` checks everything; a backup checks pictures and bodies each night. The record is a file in the department's
folder, so that status, health and alarms report damage as well while the database is down. No plate is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate
from alpr_edge.runtime.durable_files import give_to_owner_of, replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "stored-data.json"
KNOWN_MAX = 10_000
"""Faulty pictures that are recorded by name; more are only counted."""
REASON_CHARACTERS_MAX = 200
_RESTORE = "run: alpr-edge department images restore"
_VERIFY = "see: alpr-edge department verify"


class StoredPart(StrEnum):
    """Part of the stored data that is checked by itself."""

    IMAGES = "images"
    BODIES = "bodies"
    ROWS = "rows"
    """The columns by which searches find items."""
    HOLDS = "holds"


@dataclass(slots=True)
class PartFaults:
    """Faults that a check found in one part."""

    damaged: int = 0
    missing: int = 0
    known: set[str] = field(default_factory=set)
    """Digests of faulty pictures, at most :data:`KNOWN_MAX`."""

    def note_image(self, sha256: str, *, is_missing: bool) -> None:
        """Count a faulty picture once, however many units sent it."""
        if sha256 in self.known:
            return
        if len(self.known) < KNOWN_MAX:
            self.known.add(sha256)
        self.missing += is_missing
        self.damaged += not is_missing


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PartCheck(_Stored):
    """Result of the last check of one part."""

    at: str
    """RFC 3339 in UTC by the department's clock."""
    by: str
    damaged: int
    missing: int = 0
    known: tuple[str, ...] = ()


class AcceptedLoss(_Stored):
    """Pictures that no backup has, and that somebody accepted as lost."""

    at: str
    by: str
    reason: str
    known: tuple[str, ...]


class IntegrityRecord(_Stored):
    """The whole record."""

    checks: dict[StoredPart, PartCheck] = {}
    accepted: tuple[AcceptedLoss, ...] = ()

    @property
    def faulty_images(self) -> frozenset[str]:
        """Digests of the pictures that the last check found damaged or missing."""
        check = self.checks.get(StoredPart.IMAGES)
        return frozenset(() if check is None else check.known)

    @property
    def accepted_images(self) -> frozenset[str]:
        """Digests of the faulty pictures that were accepted as lost."""
        return self.faulty_images.intersection(name for loss in self.accepted for name in loss.known)


def read_record(directory: Path) -> IntegrityRecord:
    """Return the record of a department's folder; empty if nothing was checked yet."""
    path = directory / FILE_NAME
    try:
        return IntegrityRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return IntegrityRecord()
    except (OSError, ValidationError):
        raise DepartmentError(f"{path}: cannot be read or is damaged; run: alpr-edge department verify") from None


def faulty_images(directory: Path) -> frozenset[str]:
    """Digests of the pictures that are on record as damaged or missing; none if the record is damaged."""
    return _record_or_none(directory).faulty_images


def accepted_images(directory: Path) -> frozenset[str]:
    """Digests of the pictures that were accepted as lost; none if the record is damaged."""
    return _record_or_none(directory).accepted_images


def note_check(directory: Path, by: str, found: Mapping[StoredPart, PartFaults]) -> None:
    """Record what a complete check of some parts found; parts that it did not check keep their last result."""
    checks = {
        part: PartCheck(
            at=rfc3339(datetime.now(UTC)),
            by=by,
            damaged=faults.damaged,
            missing=faults.missing,
            known=tuple(sorted(faults.known)),
        )
        for part, faults in found.items()
    }
    before = _record_or_none(directory)
    _write(directory, IntegrityRecord(checks=before.checks | checks, accepted=before.accepted))


def note_faulty_image(directory: Path, sha256: str, by: str, *, is_missing: bool) -> None:
    """Record one picture that was found damaged or missing when it was needed; one that is on record stays as it is."""
    before = _record_or_none(directory)
    check = before.checks.get(StoredPart.IMAGES, PartCheck(at="", by=by, damaged=0))
    if sha256 in check.known or len(check.known) >= KNOWN_MAX:
        return
    found = PartCheck(
        at=rfc3339(datetime.now(UTC)),
        by=by,
        damaged=check.damaged + (not is_missing),
        missing=check.missing + is_missing,
        known=(*check.known, sha256),
    )
    _write(directory, IntegrityRecord(checks=before.checks | {StoredPart.IMAGES: found}, accepted=before.accepted))


def accept_loss(directory: Path, by: str, reason: str) -> int:
    """Accept that the pictures which are damaged or missing now are lost; returns how many were accepted anew.

    They are reported no more, until one of them is whole again.

    Raises:
        DepartmentError: the reason is missing or too long, or more pictures are lost than are recorded by name.
        StoreError: the department's folder takes no file.
    """
    reason = reason.strip()
    if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
        raise DepartmentError(f"--accept-loss: say why they are lost, in at most {REASON_CHARACTERS_MAX} characters")
    if names_plate(reason):
        raise DepartmentError(f"--accept-loss: {PLATE_NAMED}")
    record = read_record(directory)
    check = record.checks.get(StoredPart.IMAGES)
    if check is not None and check.damaged + check.missing > len(check.known):
        raise DepartmentError(f"more than {KNOWN_MAX} pictures are lost: restore a backup")
    if lost := sorted(record.faulty_images - record.accepted_images):
        loss = AcceptedLoss(at=rfc3339(datetime.now(UTC)), by=by, reason=reason, known=tuple(lost))
        _write(directory, IntegrityRecord(checks=record.checks, accepted=(*record.accepted, loss)))
    return len(lost)


def integrity_warnings(directory: Path) -> list[str]:
    """Return a line for each part that was found damaged, which says what to do."""
    try:
        record = read_record(directory)
    except DepartmentError as error:
        return [str(error)]
    lines = []
    for part, check in sorted(record.checks.items()):
        count = check.damaged + check.missing - (len(record.accepted_images) if part is StoredPart.IMAGES else 0)
        if count > 0:
            lines.append(f"{_fault_text(part, check, count)}, found {check.at} by {check.by}; {_REMEDIES[part]}")
    return lines


_REMEDIES = {
    StoredPart.IMAGES: _RESTORE,
    StoredPart.BODIES: _VERIFY,
    StoredPart.ROWS: _VERIFY,
    StoredPart.HOLDS: _VERIFY,
}


def _fault_text(part: StoredPart, check: PartCheck, count: int) -> str:
    match part:
        case StoredPart.IMAGES:
            accepted = check.damaged + check.missing - count
            rest = f", {accepted} of them accepted as lost" if accepted else ""
            return f"pictures damaged: {check.damaged}, missing: {check.missing}{rest}"
        case StoredPart.BODIES:
            return f"bodies that do not fit their digests: {count}"
        case StoredPart.ROWS:
            return f"items that searches find by what they do not say: {count}"
        case StoredPart.HOLDS:
            return f"holds that are not as the access log says: {count}"


def _record_or_none(directory: Path) -> IntegrityRecord:
    """The record, or an empty one in place of a damaged one: the next check fills it again."""
    try:
        return read_record(directory)
    except DepartmentError:
        return IntegrityRecord()


def _write(directory: Path, record: IntegrityRecord) -> None:
    faulty = record.faulty_images
    accepted = (
        loss.model_copy(update={"known": tuple(name for name in loss.known if name in faulty)})
        for loss in record.accepted
    )
    kept = record.model_copy(update={"accepted": tuple(loss for loss in accepted if loss.known)})
    path = directory / FILE_NAME
    with io_errors(f"{path}: cannot be written", StoreError):
        replace_file(path, kept.model_dump_json(indent=1).encode())
        give_to_owner_of(directory, path)
