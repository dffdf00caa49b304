"""Records that the store refused: an encrypted file each, until a later start can store them.

What is wrong with one record must not hold up the records behind it, and must not cost the record either. A file holds
everything of it that can be written down, its pictures too while there is room for them. Layout::

    AERR, one byte version | nonce 12 | AES-256-GCM of: length u32, the record as JSON, its JPEGs

The key is derived from the outbox's. The number of files and their bytes are bounded; a record that would be one more
is lost, and the unit tells of it.
"""

import json
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.domain.errors import LostError, PictureError, RefusedError, StoreError
from alpr_edge.domain.reads import EvidenceKind, ReadUpdate
from alpr_edge.runtime.durable_files import private_directory, write_durably
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery import record_json

REFUSED = "refused"
"""Name of the folder in the data folder, and purpose of its key."""
RECORDS_MAX = 2000
BYTES_MAX = 256 * 1024 * 1024
"""Most bytes of all files; beyond it records are kept without their pictures."""
HEADER = b"AERR\x01"
FILES_AT_ONCE = 256
"""Files written together, all of which are open meanwhile: a process may have 1,024."""
TAKEN_TOGETHER = 16
"""Most records of one commit, at some 0.5 MB each."""
_NONCE_BYTES = 12
_LENGTH = struct.Struct("<I")
_SUFFIX = ".record"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """One refused record."""

    name: str
    """Name of its file; names rise in the order in which records were set aside."""
    size_bytes: int
    since: datetime
    """When it was refused, by the clock of that moment."""
    read_id: str = ""
    """Id of its read; empty when the file cannot be read."""
    what: str = ""
    """How far its pass was: decided, amended or closed."""
    reason: str = ""
    """Why the store refused it, without anything of the record; or why the file cannot be read."""


class TakenIn(NamedTuple):
    """The result of trying some records again."""

    stored: list[ReadUpdate]
    """Those that are stored now."""
    failures: list[str]
    """A line for each file of them that cannot be removed."""


class RefusedRecords:
    """The folder of refused records.

    Args:
        outbox_key: 32 bytes.
    """

    def __init__(self, data_directory: Path, outbox_key: bytes) -> None:
        self._directory = data_directory / REFUSED
        self._cipher = AESGCM(derive_key(outbox_key, REFUSED))

    def count(self) -> int:
        """Number of refused records."""
        return len(self._files())

    def add(self, records: Sequence[ReadUpdate], reason: str) -> int:
        """Write refused records to files, the first ones first; they are on disk when this returns.

        Those that are refused while :data:`RECORDS_MAX` lie here are left out: kept by their writer, they would hold up
        every record behind them, most of which the store takes.

        Returns:
            How many were written; those behind them were left out.

        Raises:
            StoreError: the folder cannot be written.
        """
        files = self._files()
        kept_records = records[: max(0, RECORDS_MAX - len(files))]
        if not kept_records:
            return 0
        private_directory(self._directory)
        number = int(files[-1].stem) + 1 if files else 1
        room_bytes = BYTES_MAX - sum(map(_size_bytes, files))
        for start in range(0, len(kept_records), FILES_AT_ONCE):
            group = kept_records[start : start + FILES_AT_ONCE]
            room_bytes -= self._write(group, reason, number + start, room_bytes)
        return len(kept_records)

    def _write(self, records: Sequence[ReadUpdate], reason: str, number: int, room_bytes: int) -> int:
        """Write a file for each record, numbered on from ``number``; returns their bytes."""
        contents: dict[Path, bytes] = {}
        for record in records:
            path = self._directory / f"{number + len(contents):08d}{_SUFFIX}"
            images = record.images if sum(len(jpeg) for _, jpeg in record.images) <= room_bytes else ()
            contents[path] = self._seal(path.name, _pack(record, reason, images))
            room_bytes -= len(contents[path])
        with io_errors(f"{self._directory}: records cannot be set aside", StoreError):
            write_durably(list(contents.items()))
        for record, path in zip(records, contents, strict=True):
            log.error("store.record_set_aside", read=record.read.read_id, file=path.name, reason=reason)
        return sum(map(len, contents.values()))

    def list_records(self) -> list[RefusedRecord]:
        """The refused records, oldest first."""
        return [self._describe(path) for path in self._files()]

    def names(self) -> list[str]:
        """The names of the files, oldest first."""
        return [path.name for path in self._files()]

    def take_in(self, store: ReadStore) -> int:
        """Try each record again, oldest first, as :meth:`take_in_some`.

        Returns:
            How many are stored now.

        Raises:
            StoreError: the store takes nothing at present, or a file of a record that is stored cannot be removed.
        """
        names = self.names()
        groups = [names[start : start + TAKEN_TOGETHER] for start in range(0, len(names), TAKEN_TOGETHER)]
        results = [self.take_in_some(group, store) for group in groups]
        for failure in (failure for result in results for failure in result.failures):
            raise StoreError(failure)
        return sum(len(result.stored) for result in results)

    def take_in_some(self, names: Sequence[str], store: ReadStore) -> TakenIn:
        """Try some records again; the files of those that are stored now are removed.

        In one commit where the store takes them all: one for each would take ten times as long. A file that stays
        although its record is stored costs nothing: whoever tries it again finds the record stored.

        Raises:
            StoreError: the store takes nothing at present.
        """
        records: dict[Path, ReadUpdate] = {}
        for path in (self._directory / name for name in names):
            try:
                records[path], _ = self._read_record(path)
            except LostError as error:
                log.warning("store.record_stays_aside", file=path.name, reason=str(error))
        stored_paths = self._stored_together(records, store)
        failures = []
        for path in stored_paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                failures.append(f"{path}: cannot be removed: {error.strerror}")
            log.info("store.record_recovered", read=records[path].read.read_id, file=path.name)
        return TakenIn([records[path] for path in stored_paths], failures)

    def _stored_together(self, records: Mapping[Path, ReadUpdate], store: ReadStore) -> list[Path]:
        """Store records, by one commit or where one is refused each by itself; those that are stored."""
        try:
            if records:
                store.commit(list(records.values()))
        except (PictureError, RefusedError):
            return [path for path, record in records.items() if _is_stored(path, record, store)]
        return list(records)

    def _describe(self, path: Path) -> RefusedRecord:
        status = path.stat()
        since = datetime.fromtimestamp(status.st_mtime, UTC)
        try:
            record, reason = self._read_record(path)
        except LostError as error:
            return RefusedRecord(path.name, status.st_size, since, reason=str(error))
        stage = record.stage.name.lower()
        return RefusedRecord(path.name, status.st_size, since, record.read.read_id, stage, reason)

    def _seal(self, name: str, content: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return HEADER + nonce + self._cipher.encrypt(nonce, content, HEADER + name.encode())

    def _read_record(self, path: Path) -> tuple[ReadUpdate, str]:
        """The record and why it was refused; LostError when the file is damaged or of another key."""
        try:
            file_bytes = path.read_bytes()
            nonce = file_bytes[len(HEADER) : len(HEADER) + _NONCE_BYTES]
            content = self._cipher.decrypt(nonce, file_bytes[len(HEADER) + _NONCE_BYTES :], HEADER + path.name.encode())
            return _unpack(content)
        except OSError as error:
            raise LostError(f"{path}: cannot be read: {error.strerror}") from None
        except (InvalidTag, ValueError, KeyError, TypeError, struct.error):
            raise LostError(f"{path}: damaged, or of another key") from None

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self._directory.iterdir() if path.suffix == _SUFFIX and path.stem.isdigit())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._directory}: cannot be looked into: {error.strerror}") from None


def _is_stored(path: Path, record: ReadUpdate, store: ReadStore) -> bool:
    try:
        store.commit([record])
    except (PictureError, RefusedError) as error:
        log.warning("store.record_stays_aside", file=path.name, reason=str(error))
        return False
    return True


def _size_bytes(path: Path) -> int:
    """Size of a file; 0 once it was taken in and removed meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _pack(record: ReadUpdate, reason: str, images: Sequence[tuple[EvidenceKind, bytes]]) -> bytes:
    header = {
        "record": record_json.to_json(record),
        "reason": reason,
        "images": [[kind.value, len(jpeg)] for kind, jpeg in images],
    }
    text = json.dumps(header, default=record_json.plain).encode()
    return b"".join((_LENGTH.pack(len(text)), text, *(jpeg for _, jpeg in images)))


def _unpack(content: bytes) -> tuple[ReadUpdate, str]:
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size + length
    header = json.loads(content[_LENGTH.size : start])
    images = []
    for kind, size in header["images"]:
        images.append((EvidenceKind(kind), content[start : start + size]))
        start += size
    return record_json.from_json(header["record"], tuple(images)), header["reason"]
