"""Seals what would let somebody sign in as another: the secrets of one-time codes, and rosters, which carry them.

Records of the department's access log are sealed likewise, saved searches, requests of other agencies, audits and
incidents: they name plates, or people and what was found of them.

AES-256-GCM under ``people.key`` beside the database, so that a copy of the database alone opens no account. Each value
is bound to its place: put into the row of somebody else it does not open.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, select

from alpr_edge.department.db.people_schema import people_credentials, people_saved_searches
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.department.db.permanent_tables.audit_schema import audit_declarations, audit_steps, incident_steps
from alpr_edge.department.db.permanent_tables.release_schema import release_requests
from alpr_edge.domain.access_log.changes import secret_digest
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.runtime.durable_files import create_file
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.key_derivation import derive_key

KEY_NAME = "people.key"
KEY_BYTES = 32
OPTION = "secret_cipher"
"""The execution option of connections that holds the :class:`SecretCipher` of their department."""
_NONCE_BYTES = 12
_AUDITS = (audit_declarations, audit_steps, incident_steps)


class SecretCipher:
    """Seals and opens values of one department.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._digest_key = derive_key(key, "department access log")

    def seal(self, value: bytes, place: str) -> bytes:
        """Seal a value; an empty one stays empty, which says that there is none."""
        if not value:
            return b""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, place.encode())

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
        return secret_digest(self._digest_key, text)

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value that was sealed for a place."""
        if not sealed:
            return b""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise StoreError(f"{place}: does not open by {KEY_NAME}; restore that key from the backup") from None


def cipher_of(connection: Connection) -> SecretCipher:
    """What seals and opens the values of a connection's database."""
    cipher: SecretCipher = connection.get_execution_options()[OPTION]
    return cipher


def load_cipher(connection: Connection, directory: Path) -> SecretCipher:
    """The cipher of a department; its key is made as long as nobody's secrets are there."""
    path = directory / KEY_NAME
    with io_errors(f"{path}: cannot be used", StoreError):
        if not path.exists():
            sealed = (people_credentials, people_saved_searches, access_records, release_requests, *_AUDITS)
            if any(connection.scalar(select(func.count()).select_from(table)) for table in sealed):
                raise DepartmentError(f"{path}: missing; it seals secrets of people: restore it from the backup")
            _create(path)
        mode, key = path.stat().st_mode, path.read_bytes()
    if stat.S_IMODE(mode) & 0o077:
        raise DepartmentError(f"{path}: others may read this key; run: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise DepartmentError(f"{path}: not a key of {KEY_BYTES} bytes; restore it from the backup")
    return SecretCipher(key)


def _create(path: Path) -> None:
    """Make the key; another process may make it at the same moment, and then that one counts."""
    try:
        create_file(path, os.urandom(KEY_BYTES))
    except FileExistsError:
        return
