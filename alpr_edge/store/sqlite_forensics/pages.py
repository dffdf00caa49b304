"""Pages of a SQLCipher database read without SQLCipher, each by itself: a damaged one costs no other.

A page has 4096 bytes: ciphertext (AES-256-CBC), 16 bytes IV, and HMAC-SHA512 over both and the page's number. Page 1
begins with 16 bytes of salt in the clear. The cipher's key is the key itself; that of the HMAC is derived from it and
the salt (SQLCipher 4 with a raw key; https://www.zetetic.net/sqlcipher/design/).
"""

import hashlib
import hmac
import os
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, KeysView, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from alpr_edge.store.sqlite_forensics.wal import PAGE_BYTES, Log, WalFrame, read_log

SALT_BYTES = 16
USABLE_BYTES = PAGE_BYTES - 80
"""What SQLite has of a page: IV and HMAC take the rest."""
TRIED_MAX = 256
"""Pages on which a salt is tried."""
TRIALS_MAX = 1_000_000
"""Numbers tried on frames whose headers are damaged, all together."""
_IV_END = USABLE_BYTES + 16
_START = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a version of a page lies."""

    in_log: bool
    offset: int


class PageCipher:
    """Opens pages that were sealed with a key and a salt."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._cipher_key = key
        mask = bytes(byte ^ 0x3A for byte in salt)
        self._hmac_key = hashlib.pbkdf2_hmac("sha512", key, mask, 2, 32)

    def decrypt(self, number: int, ciphertext: bytes) -> bytes | None:
        """The page as SQLite has it, :data:`USABLE_BYTES` long; None when it is damaged or was sealed otherwise."""
        start = SALT_BYTES if number == 1 else 0
        tag = hmac.digest(self._hmac_key, ciphertext[start:_IV_END] + struct.pack("<I", number), "sha512")
        if len(ciphertext) != PAGE_BYTES or not hmac.compare_digest(tag, ciphertext[_IV_END:]):
            return None
        opening = Cipher(AES(self._cipher_key), CBC(ciphertext[USABLE_BYTES:_IV_END])).decryptor()
        clear = opening.update(ciphertext[start:USABLE_BYTES]) + opening.finalize()
        return _START + clear if number == 1 else clear


class Pages:
    """The newest committed version of each page of a database file with its log; a context manager.

    Args:
        database: the file; it, its ``-wal`` and its ``-shm`` may each be missing, cut short or damaged.
        key: 32 bytes.
        salts: tried when page 1 does not tell the right one any more.
    """

    def __init__(self, database: Path, key: bytes, salts: Iterable[bytes] = ()) -> None:
        self._paths = (database, database.with_name(f"{database.name}-wal"))
        self._log: Log = read_log(self._paths[1], database.with_name(f"{database.name}-shm"))
        self._frames = list(self._log.frames[: self._log.committed_count])
        self.nameless = 0
        """Frames of which :meth:`name_frames` found nothing that tells what page they are."""
        self._descriptors = [_descriptor(path) for path in self._paths]
        self._places = self._all_places()
        self.cipher = self._cipher_of(key, salts)
        """None: no page opens under this key."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._descriptors:
            if descriptor is not None:
                os.close(descriptor)

    @property
    def numbers(self) -> KeysView[int]:
        """Of the pages that lie somewhere, counted from 1. A damaged frame may bear any number up to four billion."""
        return self._places.keys()

    @property
    def uncertain_pages(self) -> set[int]:
        """Pages that a damaged log holds versions of.

        An older version of another page may be read without anything telling so; what it says of these may be over.
        """
        if not self._log.is_damaged:
            return set()
        return {number for number, places in self._places.items() if places[0].in_log}

    def name_frames(self) -> None:
        """Find out by trial which page each frame is whose header is damaged; may take half a minute."""
        if self.cipher is None:
            return
        numbers = range(1, _page_count(self._descriptors[0]) + len(self._frames) + 1)
        trials = iter(range(TRIALS_MAX))
        self._frames = [self._name_frame(frame, self.cipher, numbers, trials) for frame in self._frames]
        self._places = self._all_places()
        self.nameless = sum(not frame.page for frame in self._frames[self._log.copied_back :])

    def page(self, number: int) -> bytes | None:
        """The newest version that is whole, :data:`USABLE_BYTES` long; None when none is."""
        if self.cipher is None:
            return None
        versions = (self.cipher.decrypt(number, self._read_bytes(place)) for place in self.places(number))
        return next((page for page in versions if page is not None), None)

    def places(self, number: int) -> list[Place]:
        """Where the page's versions lie, the newest first."""
        return self._places.get(number, [])

    def is_newest_whole(self, number: int) -> bool:
        """Whether the version committed last can be read; one that was never written counts as whole."""
        places = self.places(number)
        return not places or (
            self.cipher is not None and self.cipher.decrypt(number, self._read_bytes(places[0])) is not None
        )

    def _all_places(self) -> dict[int, list[Place]]:
        """Of a page, what lies in the database file is newer than the frames that were copied back to it."""
        places: defaultdict[int, list[Place]] = defaultdict(list)
        _put_in_front(places, self._frames[: self._log.copied_back])
        for number in range(1, _page_count(self._descriptors[0]) + 1):
            places[number].insert(0, Place(in_log=False, offset=(number - 1) * PAGE_BYTES))
        _put_in_front(places, self._frames[self._log.copied_back :])
        return dict(places)

    def _name_frame(
        self, frame: WalFrame, cipher: PageCipher, numbers: Sequence[int], trials: Iterator[int]
    ) -> WalFrame:
        """The frame under its page's number, or under none when that is not known."""
        ciphertext = self._read_bytes(Place(in_log=True, offset=frame.offset))
        if frame.page in numbers or cipher.decrypt(frame.page, ciphertext) is not None:
            return frame
        candidates = (number for number, _ in zip(numbers, trials, strict=False))
        return replace(
            frame, page=next((number for number in candidates if cipher.decrypt(number, ciphertext) is not None), 0)
        )

    def _read_bytes(self, place: Place) -> bytes:
        descriptor = self._descriptors[place.in_log]
        try:
            return b"" if descriptor is None else os.pread(descriptor, PAGE_BYTES, place.offset)
        except OSError:
            return b""  # a sector that the disk gives up on

    def _cipher_of(self, key: bytes, salts: Iterable[bytes]) -> PageCipher | None:
        sample = sorted(self._places)[:TRIED_MAX]
        for salt in (*salts, *(self._read_bytes(place)[:SALT_BYTES] for place in self.places(1))):
            cipher = PageCipher(key, salt)
            if any(
                cipher.decrypt(number, self._read_bytes(place)) for number in sample for place in self.places(number)
            ):
                return cipher
        return None


def _put_in_front(places: defaultdict[int, list[Place]], frames: Iterable[WalFrame]) -> None:
    for frame in frames:
        if frame.page:
            places[frame.page].insert(0, Place(in_log=True, offset=frame.offset))


def _descriptor(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _page_count(descriptor: int | None) -> int:
    """Pages of a file, of which the last may be cut short."""
    return 0 if descriptor is None else -(-os.fstat(descriptor).st_size // PAGE_BYTES)
