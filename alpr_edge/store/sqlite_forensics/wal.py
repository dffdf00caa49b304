"""SQLite's write-ahead log as a file: its frames, which of them hold together, and how many were committed for certain.

Format: https://sqlite.org/fileformat2.html#walformat and https://sqlite.org/walformat.html. Nothing here opens a
database, so nothing is changed by looking: SQLite itself cuts a damaged log short without a word when it opens it.
"""

import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
PAGE_BYTES = 4096
FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES
_MAGIC = 0x377F0682
"""With a last bit that says whether checksums are over big-endian words."""
_INDEX_HEADER = struct.Struct("=IIIBBHII8s8s8s")
_INDEX_VERSION = 3_007_000
_INDEX_BACKFILL_AT = 96
_MASK = 0xFFFFFFFF
GENERATIONS_MAX = 1 << 24
"""How many generations back a frame is looked for."""
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class WalFrame:
    """One page as a transaction left it."""

    page: int
    """Its number; 0: the frame's header is damaged."""
    offset: int
    """Of the page's bytes in the log."""
    commits: bool
    """Whether a transaction ends with it."""
    holds: bool
    """Whether checksums hold from the log's beginning up to here: SQLite reads no frame behind the first that fails."""
    foreign: bool
    """Whether no log ever wrote this here: what a power cut left out shows an earlier generation's frame, or zeros."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log of which the present generation's frames were read."""

    frames: tuple[WalFrame, ...]
    known_committed: int
    """Frames that the shared index says were committed and synced; 0 when it says nothing of this generation."""
    copied_back: int
    """Of these, how many were in the database file as well."""

    @property
    def committed_count(self) -> int:
        """How many frames, from the first, belong to transactions that were acknowledged or may have been.

        In a log that is not damaged, those that SQLite finds. The index may know of fewer: a process was killed between
        writing a transaction and telling the index, or a power cut left the index as it was some time before. Without
        an index the frame that ended the last transaction may be the damaged one.
        """
        if not self.is_damaged:
            return self._valid_count
        return max(self.known_committed, self._last) if self.known_committed else len(self.frames)

    @property
    def is_damaged(self) -> bool:
        """Whether SQLite would leave out what was acknowledged.

        Commits are synced one by one, so a power cut tears the last transaction at most. A frame that fails below the
        index's count was whole once, and so was one that two commits follow, or a commit and a foreign frame. What one
        commit follows is else what a torn last transaction looks like when the index does not know of it, and is taken
        for that.

        What was copied back may go as a whole. A log of which SQLite still finds the beginning is damaged nevertheless:
        those frames hide newer pages of the database file.
        """
        good = next((number for number, frame in enumerate(self.frames) if not frame.holds), len(self.frames))
        if not self._valid_count and self.known_committed <= self.copied_back:
            good = max(good, self.known_committed)
        rest = self.frames[good:]
        return good < self.known_committed or any(frame.foreign for frame in rest) or sum(it.commits for it in rest) > 1

    @property
    def _valid_count(self) -> int:
        """Frames of the transactions that SQLite finds."""
        return max((number for number, frame in enumerate(self.frames, 1) if frame.commits and frame.holds), default=0)

    @property
    def _last(self) -> int:
        """Frames up to the last that ends a transaction, whether it holds or not."""
        return max((number for number, frame in enumerate(self.frames, 1) if frame.commits), default=0)


def read_log(log: Path, index: Path) -> Log:
    """The log beside a database, with what its shared index (``-shm``) tells; an empty one when there is none."""
    content, index_facts = _content(log), _index_facts(_content(index))
    salt = content[16:24] if _header_holds(content) else index_facts.salt or _salt_of_frames(content)
    committed_count, copied_back = (
        (index_facts.committed_count, index_facts.copied_back) if index_facts.salt == salt else (0, 0)
    )
    return Log(tuple(_frames(content, salt, committed_count)), committed_count, copied_back)


def lacks_commits(database: Path) -> bool:
    """Whether the log beside a database is damaged, so that opening it would lose what was acknowledged.

    Another process may write the log meanwhile: only two looks that find the same are believed.
    """
    log, index = (database.with_name(f"{database.name}-{part}") for part in ("wal", "shm"))
    first = read_log(log, index)
    if not first.is_damaged:
        return False
    for path in (log, index):
        with suppress(FileNotFoundError):
            path.read_bytes()  # raises what read_log takes for an empty file
    time.sleep(_LOOK_AGAIN_S)
    return read_log(log, index) == first


@dataclass(frozen=True, slots=True)
class _IndexFacts:
    """What the shared index (``-shm``) says of the log."""

    salt: bytes = b""
    """Of the generation it is about; empty: it is damaged, or there is none."""
    committed_count: int = 0
    copied_back: int = 0


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _header_holds(content: bytes) -> bool:
    if len(content) < HEADER_BYTES or struct.unpack_from(">I", content)[0] & ~1 != _MAGIC:
        return False
    words = _words(content, 0, 24, content[3] & 1)
    return _checksum(words, (0, 0)) == struct.unpack_from(">II", content, 24)


def _starts(content: bytes) -> range:
    return range(HEADER_BYTES, len(content) - FRAME_BYTES + 1, FRAME_BYTES)


def _salt_of_frames(content: bytes) -> bytes:
    """The salt of the newest generation, which lies in front: the first that is there twice; a damaged one is not."""
    salts = Counter(_salt_at(content, start) for start in _starts(content))
    return next((salt for salt, count in salts.items() if count > 1 and any(salt)), b"")


def _frame_count(content: bytes, salt: bytes) -> int:
    """Number of frames up to the last that carries a salt; one more where that one does not end its transaction."""
    starts = _starts(content)
    own = (number for number in range(len(starts), 0, -1) if _salt_at(content, starts[number - 1]) == salt)
    last = next(own, 0)
    return last + 1 if last and not any(content[starts[last - 1] + 4 : starts[last - 1] + 8]) else last


def _salt_at(content: bytes, start: int) -> bytes:
    return content[start + 8 : start + 16]


def _frames(content: bytes, salt: bytes, committed_count: int) -> Iterator[WalFrame]:
    """Frames of a generation; those in between that do not carry its salt are shown as failed."""
    running = struct.unpack_from(">II", content, 24) if _header_holds(content) else None
    big = content[3] & 1 if running else 0
    for start in _starts(content)[: max(committed_count, _frame_count(content, salt))]:
        page, pages_total = struct.unpack_from(">II", content, start)
        carries = _salt_at(content, start) == salt
        if running is not None:
            running = _continue_checksum(content, start, running, big) if carries else None
        yield WalFrame(
            page=page if carries else 0,
            offset=start + FRAME_HEADER_BYTES,
            commits=carries and pages_total > 0,
            holds=running is not None,
            foreign=not carries and not _is_earlier(_salt_at(content, start), salt),
        )


def _is_earlier(salt: bytes, own: bytes) -> bool:
    """Whether a salt is of a generation before one's own, each of which counts its first half up, or of no frame."""
    before = int.from_bytes(own[:4]) - int.from_bytes(salt[:4]) & _MASK
    return not any(salt) or 0 < before < GENERATIONS_MAX


def _continue_checksum(content: bytes, start: int, running: tuple[int, int], big: int) -> tuple[int, int] | None:
    """The running checksum after a frame; None when it is not what the frame says."""
    running = _checksum(_words(content, start, 8, big), running)
    running = _checksum(_words(content, start + FRAME_HEADER_BYTES, PAGE_BYTES, big), running)
    return running if running == struct.unpack_from(">II", content, start + 16) else None


def _words(content: bytes, start: int, length: int, big: int) -> tuple[int, ...]:
    return struct.unpack_from(f"{'>' if big else '<'}{length // 4}I", content, start)


def _checksum(words: tuple[int, ...], before: tuple[int, int]) -> tuple[int, int]:
    one, two = before
    for even, odd in zip(words[::2], words[1::2], strict=True):
        one = (one + even + two) & _MASK
        two = (two + odd + one) & _MASK
    return one, two


def _index_facts(index: bytes) -> _IndexFacts:
    """What an index that is whole says: its header is there twice, and has a checksum."""
    size = _INDEX_HEADER.size
    if len(index) < _INDEX_BACKFILL_AT + 4 or index[:size] != index[size : 2 * size]:
        return _IndexFacts()
    version, _, _, _, _, _, committed_count, _, _, salt, checksum = _INDEX_HEADER.unpack_from(index)
    words = struct.unpack_from(f"={(size - 8) // 4}I", index)
    if version != _INDEX_VERSION or _checksum(words, (0, 0)) != struct.unpack("=II", checksum):
        return _IndexFacts()
    return _IndexFacts(salt, committed_count, struct.unpack_from("=I", index, _INDEX_BACKFILL_AT)[0])
