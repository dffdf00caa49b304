"""A mark beside the database that tells a wrong key from a damaged database, and keeps the salt of page 1.

Layout: ``AEKM``, one byte version, 16 bytes of the database's salt, 16 bytes derived from the key for this alone
(HKDF, which tells nothing of it), CRC-32 of what stands before. Without it a damaged page 1 looks like another key.
"""

import hmac
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.db.database import Database
from alpr_edge.store.sqlite_forensics.pages import SALT_BYTES

MARK_NAME = "edge.mark"
_HEADER = b"AEKM\x01"
_CHECK_BYTES = 16
_CRC = struct.Struct(">I")
_PURPOSE = "key mark"


@dataclass(frozen=True, slots=True)
class KeyMark:
    """The content of the mark."""

    salt: bytes
    check: bytes

    @classmethod
    def of(cls, database: Database, key: bytes) -> Self:
        return cls(database.salt(), derive_key(key, _PURPOSE)[:_CHECK_BYTES])

    @classmethod
    def read(cls, directory: Path, name: str = MARK_NAME) -> Self | None:
        """The mark of a name in a folder; None when there is none or it is damaged."""
        try:
            content = (directory / name).read_bytes()
        except OSError:
            return None
        body, crc = content[: -_CRC.size], content[-_CRC.size :]
        if len(content) != len(_HEADER) + SALT_BYTES + _CHECK_BYTES + _CRC.size or not body.startswith(_HEADER):
            return None
        return cls(body[5:21], body[21:]) if crc == _CRC.pack(zlib.crc32(body)) else None

    def is_of(self, key: bytes) -> bool:
        """Whether the database opened with this key."""
        return hmac.compare_digest(self.check, derive_key(key, _PURPOSE)[:_CHECK_BYTES])

    def write(self, directory: Path, name: str = MARK_NAME) -> None:
        """Write it; it is on disk when this returns."""
        body = _HEADER + self.salt + self.check
        with io_errors(f"{directory / name}: cannot be written", StoreError):
            replace_file(directory / name, body + _CRC.pack(zlib.crc32(body)))
