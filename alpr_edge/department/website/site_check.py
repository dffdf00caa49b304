"""Checks a copy of the site, on any computer: files, months and roots of the log are as the department signed them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.department.website.month_files import COUNTS, KEY
from alpr_edge.department.website.publications import check_months
from alpr_edge.department.website.site_files import MANIFEST, MANIFEST_NOTE, MONTHS, MONTHS_NOTE, ORIGIN
from alpr_edge.domain.access_log.records import log_id_of
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.errors import AuditError, ReportError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote, decode_base64
from alpr_edge.domain.log_proofs.proofs import is_consistent
from alpr_edge.domain.publication.published_month import PublishedMonth, parse_month
from alpr_edge.runtime.io_errors import io_errors

FILE_BYTES_MAX = 256 * 1024 * 1024
FILES_MAX = 50_000
_LINE = re.compile(r"([0-9a-f]{64})  ([0-9A-Za-z][0-9A-Za-z._-]*(?:/[0-9A-Za-z][0-9A-Za-z._-]*){0,3})")


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What a check found."""

    files: int
    months: int
    """Months and corrections."""
    log_records: int
    """Records of the access log that the newest root speaks of."""
    key: str
    """The key that everything was checked by."""
    findings: tuple[str, ...]
    """What is wrong, a line each; empty: nothing."""


def check_site(folder: Path, key: NoteKey | None) -> SiteCheck:
    """Check a copy of the site.

    Args:
        key: the department's key, kept from elsewhere; None: the one that lies with it.

    Raises:
        AuditError: it is no copy of such a site, or cannot be read.
    """
    used = NoteKey.parse(_read(folder, KEY).decode(errors="replace")) if key is None else key
    listed = _digests_by_path(folder)
    findings = [*_file_faults(folder, listed, used)]
    months: list[PublishedMonth] = []
    log_records = 0
    try:
        months = _months(folder, used)
        log_records = check_roots(months, used)
    except (AuditError, ReportError) as error:
        findings.append(str(error))
    return SiteCheck(len(listed), len(months), log_records, used.text, tuple(findings))


def listed_paths(folder: Path) -> list[str]:
    """The files that the site's list names."""
    return list(_digests_by_path(folder))


def check_roots(months: Sequence[PublishedMonth], key: NoteKey) -> int:
    """Check that each month's root of the log is signed and continues an earlier one; the records of the newest."""
    known: dict[int, Checkpoint] = {}
    for month in months:
        if month.log is None:
            continue
        signed = SignedNote.parse(month.log.note)
        check_cosignature(signed, key)
        newest = Checkpoint.parse(signed.text)
        log_id_of(newest.origin)
        proof = [decode_base64(text) for text in month.log.proof]
        earlier = known.get(month.log.earlier_size)
        if month.log.earlier_size and earlier is None:
            raise AuditError(f"{month.month}: the log that it continues was never published")
        if any(size <= newest.size for size in known) and earlier is None:
            raise AuditError(f"{month.month}: nothing proves that its log continues that of an earlier month")
        if earlier is not None and not _continues(earlier, newest, proof):
            raise AuditError(f"{month.month}: its log does not continue that of an earlier month: records were changed")
        known[newest.size] = newest
    return max(known, default=0)


def _continues(earlier: Checkpoint, newest: Checkpoint, proof: list[bytes]) -> bool:
    is_same_log = earlier.origin == newest.origin
    return is_same_log and is_consistent(earlier.size, earlier.root, newest.size, newest.root, proof)


def _months(folder: Path, key: NoteKey) -> list[PublishedMonth]:
    paths = _read(folder, MONTHS).decode(errors="replace").splitlines()
    if not all(re.fullmatch(rf"\d{{4}}-\d\d(/version-\d+)?/{re.escape(COUNTS)}", path) for path in paths):
        raise AuditError(f"{MONTHS}: a line names no month")
    records = [_read(folder, path) for path in paths]
    check_months(records, _read(folder, MONTHS_NOTE).decode(errors="replace"), key)
    return [parse_month(record) for record in records]


def _file_faults(folder: Path, listed: dict[str, str], key: NoteKey) -> Iterator[str]:
    """What is wrong with the list and the files that it names, and which files it does not name."""
    try:
        signed = SignedNote.parse(_read(folder, MANIFEST_NOTE).decode(errors="replace"))
        check_cosignature(signed, key)
        checkpoint = Checkpoint.parse(signed.text)
        lines = _read(folder, MANIFEST).splitlines()
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (ORIGIN, len(lines), root_of(lines)):
            yield f"{MANIFEST}: not the list that was signed"
    except AuditError as error:
        yield f"{MANIFEST_NOTE}: {error}"
    for path, sha256 in listed.items():
        try:
            if hashlib.sha256(_read(folder, path)).hexdigest() != sha256:
                yield f"{path}: not as it was signed"
        except AuditError as error:
            yield str(error)
    with io_errors(f"{folder}: cannot be read", AuditError):
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    yield from (f"{path}: is no part of the site" for path in sorted(there - listed.keys() - {MANIFEST, MANIFEST_NOTE}))


def _digests_by_path(folder: Path) -> dict[str, str]:
    """SHA-256 by path."""
    lines = _read(folder, MANIFEST).decode(errors="replace").splitlines()
    found = [match.groups() for line in lines if (match := _LINE.fullmatch(line))]
    if len(found) != len(lines) or not 0 < len(found) <= FILES_MAX:
        raise AuditError(f"{folder / MANIFEST}: not the list of files of a department's site")
    return {path: sha256 for sha256, path in found}


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    with io_errors(f"{name}: cannot be read", AuditError):
        if path.stat().st_size > FILE_BYTES_MAX:
            raise AuditError(f"{name}: too large for a file of such a site")
        return path.read_bytes()
