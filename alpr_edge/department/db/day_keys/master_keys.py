"""The master key, which wraps the keys of a day: 32 bytes, written as 64 hexadecimal digits.

It lies in a file outside the department's folder, in a credential of systemd, or behind a command, so that no backup of
the department's data opens an image. AES-256-GCM; a wrapped key is bound to its id.
"""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file, secret_of_command
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import create_file
from alpr_edge.runtime.io_errors import io_errors

KEY_BYTES = 32
NONCE_BYTES = 12
_DIGITS = re.compile(rb"[0-9a-fA-F]{64}\s*")


class MasterKey:
    """A master key.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.master_id = hashlib.sha256(b"alpr-edge image master key\n" + key).hexdigest()[:16]
        """Tells it from others; says nothing of the key."""

    def wrap(self, key: bytes, key_id: str) -> bytes:
        """A key of a day, as it is stored."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, key_id.encode())

    def unwrap(self, wrapped: bytes, key_id: str) -> bytes:
        """The key of a day that was stored."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise StoreError(
                f"image key {key_id}: damaged in the database; restore the database from the backup"
            ) from None


def load_master_key(directory: Path) -> MasterKey | None:
    """The master key that a department's settings name; None: they name none."""
    table = load_department_file(directory).images
    if table.key and table.key_command:
        raise DepartmentError("images.key and images.key_command: name one of them")
    if table.key_command:
        return _key_of(secret_of_command(table.key_command, "images.key_command"), "images.key_command")
    if table.key:
        return read_master_key(secret_file(table.key, directory, "images.key"))
    return None


def read_master_key(path: Path) -> MasterKey:
    """The master key of a file."""
    return _key_of(read_secret_file(path), str(path))


def make_master_key(path: Path, directory: Path) -> MasterKey:
    """Make a new master key in a file (mode 0600) that is not there yet.

    Raises:
        DepartmentError: there is one, or it cannot be written.
    """
    file = secret_file(str(path.absolute()), directory, "the key's file")
    key = os.urandom(KEY_BYTES)
    with io_errors(f"{file}: cannot be made", DepartmentError):
        try:
            create_file(file, key.hex().encode() + b"\n")
        except FileExistsError:
            raise DepartmentError(f"{file}: is there already and stays as it is; name another file") from None
    return MasterKey(key)


def _key_of(content: bytes, place: str) -> MasterKey:
    if not _DIGITS.fullmatch(content):
        raise DepartmentError(
            f"{place}: not a master key of 64 hexadecimal digits; make one: alpr-edge department keys make FILE"
        )
    return MasterKey(bytes.fromhex(content.decode()))


MasterKeySource = Callable[[], MasterKey | None]
"""Reads the master key that the settings name now."""
