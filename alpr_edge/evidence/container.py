"""A package in an encrypted container: a zip with AES-256, which 7-Zip and its like open by the passphrase.

The format is WinZip's AE-2: AES-256 in counter mode and HMAC-SHA-1 for each file. Names, sizes and dates of files are
not encrypted, which is why no name holds anything of the content. Pictures do not shrink, so nothing is compressed.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pyzipper

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.aes_zip import AesZip
from alpr_edge.runtime.durable_files import PRIVATE_FILE, TEMPORARY_PREFIX, sync_directory
from alpr_edge.runtime.io_errors import io_errors

SUFFIX = ".zip"
_FIRST_YEAR = 1980
_NO_DATE = (_FIRST_YEAR, 1, 1, 0, 0, 0)
"""What a zip has where no date is known; it cannot say an earlier one."""


class ContainerTarget:
    """Writes the files of a package into a new encrypted zip; nothing of them is on the medium in the clear.

    Args:
        path: the file, which ends in ``.zip``; it must not exist, its folder must. What an earlier try left beside it
            is removed.
        packed_at: the date of its files, UTC; None: not known.
        before_name: is given the whole file, durable and under its hidden name; once it returns the file gets its own.

    Raises:
        EvidenceError: it exists, or cannot be made.
    """

    def __init__(
        self,
        path: Path,
        passphrase: str,
        packed_at: datetime | None = None,
        before_name: Callable[[Path], None] | None = None,
    ) -> None:
        self._before_name = before_name
        self._path = path
        self._part = temporary_of(path)
        self._failure = f"{path}: cannot be written"
        self._date = _zip_date(packed_at)
        if path.suffix != SUFFIX:
            raise EvidenceError(f"{path}: an encrypted package is a zip; let its name end in {SUFFIX}")
        with io_errors(self._failure, EvidenceError):
            if path.is_symlink() or path.exists():
                raise EvidenceError(f"{path}: exists already; give another name")
            remove_leftover(path)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.fdopen(os.open(self._part, flags, PRIVATE_FILE), "w+b")
        self._zip = AesZip(self._file, "w", pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES)
        self._zip.setpassword(passphrase.encode("ascii"))

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet. Raises EvidenceError."""
        entry = self._zip.zipinfo_cls(path, self._date)
        entry.external_attr = PRIVATE_FILE << 16
        with io_errors(self._failure, EvidenceError):
            self._zip.writestr(entry, content)

    def finish(self) -> None:
        """Close the zip, make it durable and give it its name. Raises EvidenceError."""
        with io_errors(self._failure, EvidenceError):
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        if self._before_name is not None:
            self._before_name(self._part)
        with io_errors(self._failure, EvidenceError):
            self._part.rename(self._path)
            sync_directory(self._path.parent)

    def discard(self) -> None:
        """Remove the file, as far as the medium still answers."""
        with suppress(OSError):
            self._part.unlink(missing_ok=True)
        with suppress(OSError, ValueError):
            self._zip.close()
        self._zip.fp = None  # a write that failed stays open in it, and it would complain of that once more at its end
        with suppress(OSError):
            self._file.close()


def _zip_date(moment: datetime | None) -> tuple[int, int, int, int, int, int]:
    if moment is None or not _FIRST_YEAR <= moment.year <= 2107:
        return _NO_DATE
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


def temporary_of(path: Path) -> Path:
    """Where a package is written before it is whole: beside its name."""
    return path.with_name(TEMPORARY_PREFIX + path.name)


def remove_leftover(path: Path) -> None:
    """Remove what an earlier try, which was cut off, left of the package of a name. Raises OSError."""
    part = temporary_of(path)
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
