"""Stores feeds between download and import: encrypted as they arrive, resumed where they were cut off.

The uplink downloads and holds no key to the lists; the unit imports, and has no network. Between them is a folder with
at most one draft and one whole feed a source, sealed with a key derived from the outbox's, which both hold. A file is

::

    salt 16 | records: length u32, nonce 12, AES-256-GCM of a chunk

The first record says what the feed is (JSON), the last is empty. Each is bound to the salt, its number and whether it
is the last, so that records cannot be moved, dropped or taken from another file.
"""

import contextlib
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.domain.errors import LostError, StoreError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.runtime.durable_files import PRIVATE_FILE, give_to_owner_of, private_directory, sync_directory
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.key_derivation import derive_key

INCOMING = "incoming"
"""Name of the folder in the data folder, and purpose of its key."""
RECORD_BYTES_MAX = 1 << 20
_LENGTH = struct.Struct("<I")
_SALT_BYTES = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class FeedNote:
    """Facts about a feed beside its bytes."""

    change: ListChange = ListChange.COMPLETE
    serial: int = 0
    """The department's serial; 0 of another server."""
    etag: str = ""
    """The server's strong ETag of these very bytes; empty: the download cannot be resumed."""
    modified: str = ""
    signature: str = ""
    """The detached signature that the server has, in base64; empty where none is asked for."""
    accept_shrink: bool = False
    """Whether the department accepted that it is much smaller than the list before; likewise the next."""
    accept_growth: bool = False


class DownloadSpool:
    """The folder of downloads.

    Args:
        outbox_key: 32 bytes.
    """

    def __init__(self, data_directory: Path, outbox_key: bytes) -> None:
        self._directory = data_directory / INCOMING
        self._cipher = AESGCM(derive_key(outbox_key, INCOMING))

    def waits(self, source: str) -> bool:
        """Whether a whole feed of a source waits to be imported."""
        return self._path(source, "feed").exists()

    def waiting_bytes(self, source: str) -> int:
        """Size of the file of the feed that waits, at least 1 also where it is damaged; 0: none waits."""
        try:
            return max(1, self._path(source, "feed").stat().st_size)
        except FileNotFoundError:
            return 0

    def draft(self, source: str) -> "PartialDownload | None":
        """What was downloaded of a feed before it was cut; None when there is nothing usable."""
        path = self._path(source, "part")
        with contextlib.suppress(OSError, LostError):
            return PartialDownload.resume(path, self._cipher)
        path.unlink(missing_ok=True)
        return None

    def start(self, source: str, note: FeedNote) -> "PartialDownload":
        """Begin a new download, in place of any other.

        Raises:
            StoreError: it cannot be written.
        """
        private_directory(self._directory)
        give_to_owner_of(self._directory.parent, self._directory)
        return PartialDownload.start(self._path(source, "part"), self._cipher, note)

    def put(self, source: str, note: FeedNote, content: bytes) -> None:
        """Have a feed wait that is there as a whole, in place of any other.

        Raises:
            StoreError: it cannot be written.
        """
        draft = self.start(source, note)
        try:
            draft.append(content)
            draft.finish()
        finally:
            draft.close()

    def read(self, source: str) -> tuple[FeedNote, Iterator[bytes]]:
        """The waiting feed's note and its bytes.

        Raises:
            LostError: (also while reading) none waits, or it was damaged.
        """
        path = self._path(source, "feed")
        records = _records(path, self._cipher)
        return _note(path, next(records, b"")), (chunk for chunk in records if chunk)

    def remove(self, source: str) -> None:
        """Remove the waiting feed."""
        self._path(source, "feed").unlink(missing_ok=True)

    def _path(self, source: str, suffix: str) -> Path:
        return self._directory / f"{source}.{suffix}"


class PartialDownload:
    """A feed that is being downloaded."""

    def __init__(self, path: Path, file: IO[bytes], cipher: AESGCM, note: FeedNote) -> None:
        self._path = path
        self._file = file
        self._cipher = cipher
        self._salt = b""
        self._number = 0
        self.note = note
        self.size = 0
        """Bytes of the feed so far."""

    @classmethod
    def start(cls, path: Path, cipher: AESGCM, note: FeedNote) -> Self:
        """An empty one."""
        with io_errors(f"{path}: cannot be written", StoreError):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
            give_to_owner_of(path.parent, descriptor)
        draft = cls(path, open(descriptor, "r+b"), cipher, note)  # noqa: PTH123, SIM115 - closed by close()
        draft._salt = os.urandom(_SALT_BYTES)
        draft._write(draft._salt)
        draft._seal(json.dumps(asdict(note)).encode(), last=False)
        return draft

    @classmethod
    def resume(cls, path: Path, cipher: AESGCM) -> Self:
        """Continue one that was left; a torn last record is cut off. Raises LostError when it is not usable."""
        file = open(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC), "r+b")  # noqa: PTH123, SIM115 - closed by close()
        draft = cls(path, file, cipher, FeedNote())
        try:
            draft._salt = file.read(_SALT_BYTES)
            end = file.tell()
            for number, chunk in enumerate(_whole_records(path, file, draft._salt, cipher)):
                if number == 0:
                    draft.note = _note(path, chunk)
                else:
                    draft.size += len(chunk)
                draft._number, end = number + 1, file.tell()
            file.seek(end)
            file.truncate()
        except (LostError, OSError):
            file.close()
            raise
        if draft._number == 0:
            file.close()
            raise LostError(f"{path}: nothing usable in it")
        return draft

    def append(self, chunk: bytes) -> None:
        """Add bytes that arrived.

        Raises:
            StoreError: the disk cannot be written.
        """
        for start in range(0, len(chunk), RECORD_BYTES_MAX):
            self._seal(chunk[start : start + RECORD_BYTES_MAX], last=False)
        self.size += len(chunk)

    def finish(self) -> None:
        """Make it the feed that waits, durable when this returns."""
        self._seal(b"", last=True)
        with io_errors(f"{self._path}: cannot be written", StoreError):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.rename(self._path.with_suffix(".feed"))
            sync_directory(self._path.parent)

    def close(self) -> None:
        """Close it, for the next attempt to continue."""
        with contextlib.suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """Delete it."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        ciphertext = self._cipher.encrypt(nonce, chunk, _associated_data(self._salt, self._number, last=last))
        self._write(_LENGTH.pack(len(ciphertext)) + nonce + ciphertext)
        self._number += 1

    def _write(self, data: bytes) -> None:
        with io_errors(f"{self._path}: cannot be written", StoreError):
            self._file.write(data)


def _associated_data(salt: bytes, number: int, *, last: bool) -> bytes:
    return salt + struct.pack("<Q?", number, last)


def _note(path: Path, record: bytes) -> FeedNote:
    try:
        values = json.loads(record)
        return FeedNote(**(values | {"change": ListChange(values["change"])}))
    except (ValueError, TypeError, KeyError):
        raise LostError(f"{path}: damaged; it is downloaded again") from None


def _frames(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Nonce and sealed bytes of each record that is there as a whole."""
    while len(head := file.read(_LENGTH.size + _NONCE_BYTES)) == _LENGTH.size + _NONCE_BYTES:
        (length,) = _LENGTH.unpack(head[: _LENGTH.size])
        ciphertext = file.read(min(length, RECORD_BYTES_MAX + _TAG_BYTES))
        if len(ciphertext) != length:
            return
        yield head[_LENGTH.size :], ciphertext


def _whole_records(path: Path, file: IO[bytes], salt: bytes, cipher: AESGCM) -> Iterator[bytes]:
    """The opened records of a draft."""
    for number, (nonce, ciphertext) in enumerate(_frames(file)):
        try:
            yield cipher.decrypt(nonce, ciphertext, _associated_data(salt, number, last=False))
        except InvalidTag:
            raise LostError(f"{path}: damaged; it is downloaded again") from None


def _records(path: Path, cipher: AESGCM) -> Iterator[bytes]:
    """The opened records of a whole feed, its last empty; LostError when it is not whole."""
    try:
        with path.open("rb") as file:
            salt = file.read(_SALT_BYTES)
            for number, (nonce, ciphertext) in enumerate(_frames(file)):
                last = len(ciphertext) == _TAG_BYTES
                yield cipher.decrypt(nonce, ciphertext, _associated_data(salt, number, last=last))
                if last:
                    return
    except (OSError, InvalidTag):
        raise LostError(f"{path}: missing or damaged; it is downloaded again") from None
    raise LostError(f"{path}: cut short; it is downloaded again")
