"""Reads a package back that was just written, before it gets its name."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.protocol.items import digest
from alpr_edge.evidence.checks.package_files import open_files
from alpr_edge.evidence.layout import TAG_MANIFEST
from alpr_edge.evidence.verification import verify_package
from alpr_edge.runtime.io_errors import io_errors


@dataclass(frozen=True, slots=True)
class WrittenPackage:
    """The file of a package, as the medium gives it back."""

    sha256: str
    """Lower-case hex."""
    size_bytes: int
    manifest_sha256: str
    """Of the tag manifest inside it."""


def read_back(part: Path, passphrase: str) -> WrittenPackage:
    """Check every file of a package as the medium gives it back, with this machine's cache of it dropped."""
    with io_errors(f"{part.parent}: cannot be read", EvidenceError), part.open("rb") as file:
        os.fsync(file.fileno())  # what is not on the medium yet cannot be dropped
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    verdict = verify_package(part, lambda _done, _total: None, passphrase=passphrase)
    if verdict.fault_count:
        raise EvidenceError(f"{part.parent}: the package does not read back as it was written; try another medium")
    with open_files(part, passphrase) as files:
        manifest_sha256 = digest(files.read(TAG_MANIFEST))
    with io_errors(f"{part.parent}: cannot be read", EvidenceError), part.open("rb") as file:
        sha256, size_bytes = hashlib.file_digest(file, "sha256").hexdigest(), part.stat().st_size
    return WrittenPackage(sha256, size_bytes, manifest_sha256)
