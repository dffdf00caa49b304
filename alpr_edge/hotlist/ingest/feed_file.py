"""Opens a feed file, plain, gzip, zip or zip under a password (AES too), as a bounded stream of lines.

Compression is told by the file's first bytes, not its name. How much may come out is bounded, so that a small
file cannot fill the memory, and so is a line.
"""

import errno
import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, TypeVar

import pyzipper

from alpr_edge.domain.errors import FeedError

UNPACKED_BYTES_MAX = 1 << 30
"""Most bytes of an unpacked feed: ten times the largest list planned for (5 million lines of 20 bytes)."""
LINE_BYTES_MAX = 64 * 1024
PIECE_BYTES = 256 * 1024
"""Bytes read at once; more than a line has."""
_GZIP = b"\x1f\x8b"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a zip, and of an empty one."""
_ZIP_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
Item = TypeVar("Item")
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, pyzipper.BadZipFile)
_NONSENSE = (struct.error, LookupError, AttributeError, ValueError, NotImplementedError, MemoryError)
"""Errors that pyzipper raises besides its own when a header's lengths, names or versions are nonsense."""


class FeedFile:
    """A feed file, open for one pass. Use it in a ``with`` statement.

    Args:
        unpacked_bytes_max: the most bytes that may be unpacked.
    """

    def __init__(self, path: Path, password: bytes | None = None, unpacked_bytes_max: int = UNPACKED_BYTES_MAX) -> None:
        self._path = path
        self._password = password
        self._bytes_max = unpacked_bytes_max
        self._stack = ExitStack()
        self._size = 1
        self._stated_bytes: int | None = None
        """How many bytes the zip says are in it; None: it is no zip."""
        self._has_begun = False
        """Whether any of its content was read; memory that is missing before then is a header's nonsense."""
        self.inner_name = path.name
        """Name of the file that was packed; a gzip's without its ``.gz``."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._file: IO[bytes] = self._guard(lambda: stack.enter_context(self._path.open("rb")))
            self._size = max(1, os.fstat(self._file.fileno()).st_size)
            self._content: IO[bytes] = self._guard(lambda: self._open_inner(stack))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def share_read(self) -> float:
        """The share of the packed file that was read, 0 to 1."""
        return min(1.0, self._file.tell() / self._size)

    def lines(self) -> Iterator[bytes]:
        """The file's lines with their ends."""
        total = 0
        rest = b""
        while piece := self._guard(lambda: self._content.read(PIECE_BYTES)):
            self._has_begun = True
            total += len(piece)
            if total > self._bytes_max:
                raise FeedError(f"{self._path}: over {self._bytes_max} bytes unpacked; split it by source")
            # Not splitlines: a lone carriage return ends no line of a feed.
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                if len(line) >= LINE_BYTES_MAX:
                    raise self._too_long()
                yield line + b"\n"
            if len(rest) > LINE_BYTES_MAX:
                raise self._too_long()
        if self._stated_bytes not in {None, total}:
            raise self._damage_error()
        if rest:
            yield rest

    def _too_long(self) -> FeedError:
        return FeedError(f"{self._path}: holds a line over {LINE_BYTES_MAX} bytes; is it a text file?")

    def _damage_error(self) -> FeedError:
        return FeedError(f"{self._path}: damaged or cut short; download it again")

    def _open_inner(self, stack: ExitStack) -> IO[bytes]:
        magic = self._file.read(4)
        self._file.seek(0)
        if magic.startswith(_GZIP):
            self.inner_name = self._path.name.removesuffix(".gz")
            gzip_file = gzip.GzipFile(fileobj=self._file)
            stack.callback(gzip_file.close)
            return io.BufferedReader(gzip_file)
        return self._zip_member(stack) if magic in _ZIPS else self._file

    def _zip_member(self, stack: ExitStack) -> IO[bytes]:
        archive = stack.enter_context(pyzipper.AESZipFile(self._file))
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise FeedError(f"{self._path}: the zip holds {len(members)} files; a feed is one, import each by itself")
        member = members[0]
        is_locked = bool(member.flag_bits & 1)
        if is_locked and self._password is None:
            raise FeedError(f"{self._path}: the zip is locked; give its password with --password-file")
        if member.compress_type not in _ZIP_METHODS:
            raise FeedError(f"{self._path}: the zip is packed in an unknown way; pack it by deflate")
        self.inner_name = Path(member.filename).name
        # The library stops at the size that the directory states, which no code of a locked zip covers: a smaller one
        # would cut the list. So it unpacks whatever is there, and that is compared with what was stated.
        self._stated_bytes, member.file_size = member.file_size, self._bytes_max + PIECE_BYTES
        try:
            member_file: IO[bytes] = stack.enter_context(
                archive.open(member, pwd=self._password if is_locked else None)
            )
        except (RuntimeError, NotImplementedError) as error:
            # What the library raises for a wrong password, and for a cipher it does not have.
            hint = "its password is wrong" if "assword" in str(error) else "it is locked in an unknown way"
            raise FeedError(f"{self._path}: the zip does not open: {hint}") from None
        return member_file

    def _guard(self, read: Callable[[], Item]) -> Item:
        try:
            return read()
        except (*_DAMAGE, *_NONSENSE) as error:
            if isinstance(error, MemoryError) and self._has_begun:
                raise
            raise self._damage_error() from None
        except OSError as error:
            # bz2 gives damage no number; a zip's place outside the file is an invalid argument.
            if error.errno in {None, errno.EINVAL}:
                raise self._damage_error() from None
            raise FeedError(f"{self._path}: cannot be read: {error.strerror}") from None
