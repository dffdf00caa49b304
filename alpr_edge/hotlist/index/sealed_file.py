"""The sealed file of one generation: AES-256-GCM in chunks, written beside the old one and renamed into place.

::

    magic 8 | version u16 | serial u64 | source length u8, source | salt 16      the preamble, in the clear
    chunks of 1 MiB of the payload, each followed by its 16-byte tag
    payload: head length u32, head (JSON), keys, fingerprints, tables (JSON), rows, codes, block ends, blocks;
        little endian

Each file has a key of its own (HKDF-SHA256, RFC 5869, of the lists key and the preamble), and a chunk's nonce is its
number and whether it is the last (as age and STREAM do): a chunk changed, moved, missing or left over, and a file
passed off as another source's or serial's, do not open.
"""

import contextlib
import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.hotlist.index.bloom import BloomFilter
from alpr_edge.hotlist.index.column_store import Columns, code_layout
from alpr_edge.hotlist.index.packed_list import GenerationDraft, PackedList
from alpr_edge.hotlist.index.plate_keys import Marks, marks
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX, give_to_owner_of, sync_directory
from alpr_edge.runtime.io_errors import io_errors

MAGIC = b"ALPRLIST"
VERSION = 2
CHUNK_BYTES = 1 << 20
_TAG_BYTES = 16
_SALT_BYTES = 16
_FIXED = struct.Struct("<8sHQB")
_HEAD = struct.Struct("<I")
_HEAD_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Seal:
    """The identity of the generation in a file."""

    source: str
    serial: int


def write(path: Path, seal: Seal, draft: GenerationDraft, lists_key: bytes) -> str:
    """Seal a generation into ``path`` (mode 0600), durable when this returns.

    The file belongs to the folder's owner, so that one imported by root can be read by the unit.

    Returns:
        SHA-256 of the file, lower-case hex.
    """
    digest = hashlib.sha256()
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
        temporary = Path(name)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - mkstemp gives a descriptor, which Path cannot open
            give_to_owner_of(path.parent, file.fileno())
            for piece in _sealed_pieces(seal, draft, lists_key):
                digest.update(piece)
                file.write(piece)
                # Piece by piece: one large flush at the end would hold up the commit of a read behind it.
                file.flush()
                os.fdatasync(file.fileno())
            os.fsync(file.fileno())
        temporary.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StoreError(f"{path}: the list cannot be written: {error.strerror}") from None
    return digest.hexdigest()


def read(path: Path, seal: Seal, lists_key: bytes, sha256: str) -> PackedList:
    """Open a sealed generation and check all of it.

    Args:
        seal: the generation it must be.
        lists_key: 32 bytes.
    """
    with _payload(path, seal, lists_key, sha256) as payload:
        return _unpack_list(payload)


def read_marks(path: Path, seal: Seal, lists_key: bytes, sha256: str) -> Marks:
    """Read the part of a file that an import compares; arguments and errors as of :func:`read`."""
    with _payload(path, seal, lists_key, sha256) as payload:
        entries = payload.head["entries"]
        keys, prints = payload.array(entries, "<u8"), payload.array(entries, "<u8")
        payload.pass_over_rest()
        return marks(keys, prints)


def _preamble(seal: Seal, salt: bytes) -> bytes:
    source = seal.source.encode("ascii")
    return _FIXED.pack(MAGIC, VERSION, seal.serial, len(source)) + source + salt


def _cipher(lists_key: bytes, preamble: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=preamble).derive(lists_key))


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">QxxxB", number, last)


def _sealed_pieces(seal: Seal, draft: GenerationDraft, lists_key: bytes) -> Iterator[bytes]:
    preamble = _preamble(seal, os.urandom(_SALT_BYTES))
    cipher = _cipher(lists_key, preamble)
    yield preamble
    for number, (chunk, last) in enumerate(_with_last(_split_into_chunks(_pieces(draft)))):
        yield cipher.encrypt(_nonce(number, last=last), chunk, None)


def _pieces(draft: GenerationDraft) -> Iterator[memoryview]:
    """The payload in its parts."""
    packed_list, columns = draft.packed_list, draft.packed_list.columns
    tables = json.dumps(columns.tables).encode("ascii")
    patterns = json.dumps(packed_list.patterns.patterns).encode("ascii")
    head = {
        "entries": len(packed_list),
        "rows": len(packed_list) + draft.duplicates,
        "tables": len(tables),
        "patterns": len(patterns),
        "widths": columns.widths,
        "blocks": len(columns.block_ends),
        "bytes": len(columns.blocks),
    }
    text = json.dumps(head).encode("ascii")
    yield memoryview(_HEAD.pack(len(text)) + text)
    yield _bytes_of(packed_list.keys, "<u8")
    yield _bytes_of(draft.fingerprints, "<u8")
    yield memoryview(tables)
    yield memoryview(patterns)
    yield _bytes_of(packed_list.rows, "<u4")
    yield memoryview(columns.codes)
    yield _bytes_of(columns.block_ends, "<u8")
    yield memoryview(columns.blocks)


def _bytes_of(values: NDArray[Any], dtype: str) -> memoryview:
    """An array's bytes, not copied where this machine is little endian."""
    return np.ascontiguousarray(values, dtype=dtype).data.cast("B") if len(values) else memoryview(b"")


def _split_into_chunks(pieces: Iterable[memoryview]) -> Iterator[bytes]:
    """The same bytes in chunks of :data:`CHUNK_BYTES`, the last one shorter."""
    rest = bytearray()
    for piece in pieces:
        for start in range(0, len(piece), CHUNK_BYTES):
            rest += piece[start : start + CHUNK_BYTES]
            if len(rest) >= CHUNK_BYTES:
                yield bytes(rest[:CHUNK_BYTES])
                del rest[:CHUNK_BYTES]
    if rest:
        yield bytes(rest)


def _with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each chunk and whether it is the last."""
    chunk = next(chunks, None)
    while chunk is not None:
        following = next(chunks, None)
        yield chunk, following is None
        chunk = following


def _cipher_of(path: Path, file: IO[bytes], seal: Seal, lists_key: bytes) -> AESGCM:
    """The file's cipher, its preamble read and compared."""
    expected_preamble = _preamble(seal, b"")
    preamble = file.read(len(expected_preamble) + _SALT_BYTES)
    if preamble[: len(MAGIC)] == MAGIC and preamble[len(MAGIC) : len(MAGIC) + 2] != struct.pack("<H", VERSION):
        raise StoreError(f"{path}: sealed by another release; import the list again")
    if preamble[: len(expected_preamble)] != expected_preamble or len(preamble) != len(expected_preamble) + _SALT_BYTES:
        raise StoreError(f"{path}: not generation {seal.serial} of list {seal.source}; import the list again")
    return _cipher(lists_key, preamble)


def _chunks(path: Path, file: IO[bytes], cipher: AESGCM) -> Iterator[bytes]:
    sealed_chunks = iter(lambda: file.read(CHUNK_BYTES + _TAG_BYTES), b"")
    for number, (chunk, last) in enumerate(_with_last(sealed_chunks)):
        try:
            yield cipher.decrypt(_nonce(number, last=last), chunk, None)
        except InvalidTag:
            raise StoreError(
                f"{path}: does not open; restore the lists key it was sealed with or import it again"
            ) from None


class _Payload:
    """The payload, read part by part, each into memory of its own."""

    def __init__(self, path: Path, chunks: Iterator[bytes]) -> None:
        self._path = path
        self._chunks = chunks
        self._chunk = memoryview(b"")
        (size,) = _HEAD.unpack(self.take(_HEAD.size))
        self.head: dict[str, Any] = self.json(min(size, _HEAD_BYTES_MAX))

    def take(self, size: int) -> memoryview:
        """The next ``size`` bytes.

        Their memory is not cleared first: of a list of millions that would hold up every other thread for 50 ms.
        """
        content = np.empty(size, np.uint8).data if size else memoryview(b"")
        position = 0
        while position < size:
            part = self._part(size - position)
            content[position : position + len(part)] = part
            position += len(part)
        return content

    def json(self, size: int) -> Any:  # noqa: ANN401 - whatever was written
        """What the next ``size`` bytes say as JSON."""
        return json.loads(bytes(self.take(size)))

    def array(self, count: int, dtype: str) -> NDArray[Any]:
        """The next ``count`` numbers."""
        kind = np.dtype(dtype)
        return np.frombuffer(self.take(count * kind.itemsize), dtype=kind).astype(kind.newbyteorder("="), copy=False)

    def pass_over(self, size: int) -> None:
        """Check the next bytes without keeping them."""
        while size:
            size -= len(self._part(size))

    def pass_over_rest(self) -> None:
        """Check whatever follows."""
        for _ in self._chunks:
            pass

    def _part(self, size: int) -> memoryview:
        """At most ``size`` bytes."""
        self._chunk = self._chunk or memoryview(next(self._chunks, b""))
        if not self._chunk:
            raise StoreError(f"{self._path}: cut short; import the list again")
        part, self._chunk = self._chunk[:size], self._chunk[size:]
        return part


@contextlib.contextmanager
def _payload(path: Path, seal: Seal, lists_key: bytes, sha256: str) -> Iterator[_Payload]:
    """The payload of a file whose digest is right."""
    with io_errors(f"{path}: the list cannot be read", StoreError, "import it again"), path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise StoreError(f"{path}: changed or cut short since it was imported; import the list again")
        file.seek(0)
        yield _Payload(path, _chunks(path, file, _cipher_of(path, file, seal, lists_key)))


def _unpack_list(payload: _Payload) -> PackedList:
    head = payload.head
    entries, rows = int(head["entries"]), int(head["rows"])
    keys = payload.array(entries, "<u8")
    payload.pass_over(entries * keys.itemsize)
    tables = payload.json(int(head["tables"]))
    patterns = PatternSet(payload.json(int(head["patterns"])))
    order = payload.array(entries, "<u4")
    widths = tuple(int(width) for width in head["widths"])
    codes = payload.take(rows * code_layout(widths).size)
    ends = payload.array(int(head["blocks"]), "<u8")
    columns = Columns(tables, widths, codes, ends, payload.take(int(head["bytes"])))
    packed_list = PackedList(keys, order, columns, patterns, BloomFilter(keys))
    payload.pass_over_rest()
    return packed_list


def remove_leftovers(directory: Path) -> None:
    """Remove the half-written files of an import that was killed; the caller holds the import lock."""
    for path in directory.glob(f"{TEMPORARY_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
