"""The files of a package that is checked, in a folder or in a container: read in place, nothing is ever unpacked.

A package comes from anywhere, so a name is an opponent's: whatever could lead out of it, or stand for two files, is a
fault and is not opened.
"""

import os
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyzipper

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.aes_zip import AesZip
from alpr_edge.evidence.bag import FILES_MAX
from alpr_edge.evidence.checks.findings import DefectKind, Findings
from alpr_edge.evidence.layout import check_path
from alpr_edge.runtime.io_errors import io_errors

CHUNK_BYTES = 1 << 20
SMALL_BYTES_MAX = 1 << 20
GROWTH_MAX = 20
"""How much larger than itself a container may unpack to; those of this product do not grow at all."""
_DEPTH_MAX = 16
_DAMAGE = (
    OSError, EOFError, zlib.error, pyzipper.BadZipFile, struct.error,
    NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError, AttributeError, MemoryError,
)  # fmt: skip
"""What pyzipper raises over a container whose bytes were changed, beside its own error."""


class UnreadableError(Exception):
    """A file of the package cannot be read; ``str()`` says why."""


class PackageFiles(ABC):
    """The files of a package by their paths, with the names that cannot be any."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        """Bytes of each file."""
        self.findings = Findings()
        """Names that were not taken."""

    @abstractmethod
    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file, piece by piece. Raises UnreadableError."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: str, bytes_max: int = SMALL_BYTES_MAX) -> bytes:
        """The content of a small file. Raises UnreadableError."""
        if self.sizes.get(path, bytes_max + 1) > bytes_max:
            raise UnreadableError("is not there, or is too large for what it is")
        return b"".join(self.chunks(path))

    def _take(self, path: str, size: int) -> bool:
        """Take a name; False: it cannot be one."""
        try:
            check_path(path)
        except EvidenceError as error:
            self.findings.fault(DefectKind.NAME, _printable(path), str(error))
            return False
        if path in self.sizes:
            self.findings.fault(
                DefectKind.NAME, path, "stands in the container twice; programs differ in which they take"
            )
            return False
        if len(self.sizes) >= FILES_MAX:
            raise EvidenceError(f"it holds more than {FILES_MAX} files: no package of this product")
        self.sizes[path] = size
        return True


class FolderFiles(PackageFiles):
    """A package in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._list(folder, "", 0)

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file, piece by piece. Raises UnreadableError."""
        try:
            descriptor = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise UnreadableError(f"cannot be read: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is open."""

    def _list(self, folder: Path, before: str, depth: int) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._take_entry(entry, f"{before}{entry.name}", depth)
        except OSError as error:
            raise EvidenceError(f"{folder}: cannot be read: {error.strerror}") from None

    def _take_entry(self, entry: os.DirEntry[str], path: str, depth: int) -> None:
        if entry.is_dir(follow_symlinks=False):
            if depth >= _DEPTH_MAX:
                raise EvidenceError("its folders lie too deep in each other: no package of this product")
            self._list(Path(entry.path), f"{path}/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            self._take(path, entry.stat(follow_symlinks=False).st_size)
        else:
            self.findings.fault(DefectKind.NAME, _printable(path), "a link or device; it is not followed")


class ContainerFiles(PackageFiles):
    """A package in a zip.

    Args:
        passphrase: what opens it; empty: it is not encrypted.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        super().__init__()
        self._path = path
        self._entries: dict[str, Any] = {}
        try:
            self._zip = AesZip(path)
        except FileNotFoundError:
            raise EvidenceError(f"{path}: no such file") from None
        except _DAMAGE as error:
            raise EvidenceError(f"{path}: is no package, or its end is damaged: {_reason(error)}") from None
        try:
            self._open(passphrase)
        except EvidenceError:
            self._zip.close()
            raise

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file, piece by piece. Raises UnreadableError."""
        try:
            with self._zip.open(self._entries[path]) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except _DAMAGE as error:
            raise UnreadableError(f"cannot be read: {_reason(error)}") from None

    def close(self) -> None:
        self._zip.close()

    def _open(self, passphrase: str) -> None:
        entries = [entry for entry in self._zip.infolist() if not entry.filename.endswith("/")]
        if sum(entry.file_size for entry in entries) > GROWTH_MAX * self._path.stat().st_size + SMALL_BYTES_MAX:
            raise EvidenceError(f"{self._path}: would unpack to far more than it is: no package of this product")
        if passphrase:
            self._zip.setpassword(passphrase.encode())
        elif any(entry.flag_bits & 1 for entry in entries):
            raise EvidenceError(f"{self._path}: is encrypted; give its passphrase with --passphrase-file")
        for entry in entries:
            is_plain = entry.external_attr >> 28 in {0, 8}  # S_IFREG, or nothing said
            if entry.compress_type not in {pyzipper.ZIP_STORED, pyzipper.ZIP_DEFLATED} or not is_plain:
                self.findings.fault(DefectKind.NAME, _printable(entry.filename), "a link, or packed in an unknown way")
            elif self._take(entry.filename, entry.file_size):
                self._entries[entry.filename] = entry
        self._try_passphrase(entries)

    def _try_passphrase(self, entries: list[Any]) -> None:
        first = next((entry for entry in entries if entry.flag_bits & 1), None)
        try:
            if first is not None:
                self._zip.open(first).close()
        except RuntimeError:
            raise EvidenceError(f"{self._path}: the passphrase does not open it") from None
        except _DAMAGE:
            return  # found again, and named, when it is read


def open_files(path: Path, passphrase: str = "") -> PackageFiles:
    """The files of the package at a path: a folder, or a container.

    Raises:
        EvidenceError: it is neither, or cannot be read.
    """
    with io_errors(f"{path}: cannot be looked at", EvidenceError):
        is_folder = path.is_dir()
    return FolderFiles(path) if is_folder else ContainerFiles(path, passphrase)


def _printable(name: str) -> str:
    """A name for a terminal, whatever it holds."""
    return name.encode("unicode_escape", "backslashreplace").decode("ascii")[:200]


def _reason(error: BaseException) -> str:
    return (error.strerror or "") if isinstance(error, OSError) and error.strerror else "its bytes are damaged"
