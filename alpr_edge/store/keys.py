"""Loads and creates keys: systemd credentials, or files that only their owner can read.

Each key opens one thing, so that the daemon that faces the network needs the outbox's alone. It reads images too: their
key is derived from the outbox's.
"""

import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.durable_files import create_file, private_directory
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.key_derivation import KEY_BYTES, derive_key

KEY_NAMES = ("outbox", "lists", "access", "signing")
"""``signing`` signs checkpoints of the access log (an Ed25519 seed); the others encrypt."""
DATA_OF_KEYS = {
    "outbox": ("edge.db", "damaged-*/edge.db"),
    "lists": ("hotlists/*.list",),
    "access": ("access.db", "accounts.db", "access-log-damaged-*/access.db"),
    "signing": ("access.db",),
}
"""Files of the data folder that are lost without a key: without it they do not open, or are no proof any more."""
IMAGES = "images"
"""Purpose of the images' key, which ``derive_key`` makes from the outbox's."""
EVIDENCE = "evidence signing"
"""Purpose of the key that signs evidence packages, likewise made from the access log's: whoever may export holds that
key anyway, as nothing is exported that is not on record, and a unit of an earlier release needs no new one."""

_CREDENTIAL_MASK = 0o227
"""Bits a credential may not have. systemd grants a unit's user its root-owned credentials by an ACL, whose mask shows
as the group's read bit (mode 0440), so that bit says nothing there."""
_FILE_MASK = 0o177


def load_key(name: str, directory: Path) -> bytes:
    """Load the 32 bytes of a key: the unit's credential ``alpr-edge-<name>`` if systemd passed one, else a file.

    Args:
        directory: the folder of the file ``<name>.key``.

    Raises:
        StoreError: the key is missing, of another length, or readable by others.
    """
    if (credential := _credential(name)) is not None:
        return _read_key(credential, _CREDENTIAL_MASK)
    path = directory / f"{name}.key"
    if not path.exists():
        raise StoreError(
            f"{path}: no such key; pass the credential alpr-edge-{name}, restore the key, or on a unit without data "
            'make it with "alpr-edge keys create"'
        )
    return _read_key(path, _FILE_MASK)


def load_evidence_key(directory: Path) -> Ed25519PrivateKey:
    """The key that signs evidence packages.

    Raises:
        StoreError: as :func:`load_key` does.
    """
    return Ed25519PrivateKey.from_private_bytes(derive_key(load_key("access", directory), EVIDENCE))


def create_keys(directory: Path, data_directory: Path | None = None) -> list[Path]:
    """Create the keys that are missing (mode 0600) and return their paths; an existing one is never touched.

    Args:
        data_directory: the unit's data folder; None if there cannot be data yet.

    Raises:
        StoreError: the folder cannot be used, or a missing key is needed by existing data; no key was made.
    """
    if data_directory is not None:
        for name in (name for name in KEY_NAMES if _credential(name) is None):
            _require_no_data(directory / f"{name}.key", data_directory, DATA_OF_KEYS[name])
    private_directory(directory)
    return [path for name in KEY_NAMES if _create_key(path := directory / f"{name}.key")]


def _credential(name: str) -> Path | None:
    """The unit's credential with a key; None if systemd passed none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / f"alpr-edge-{name}" if folder else None
    return path if path is not None and path.exists() else None


def _require_no_data(key: Path, data_directory: Path, patterns: Sequence[str]) -> None:
    """Refuse to create a key anew while data need the one that is gone."""
    found = (path for pattern in patterns for path in sorted(data_directory.glob(pattern)))
    if not key.exists() and (path := next(found, None)) is not None:
        raise StoreError(f"{key}: gone, and {path} opens with it alone; restore it, or move the data away")


def _create_key(path: Path) -> bool:
    try:
        create_file(path, secrets.token_bytes(KEY_BYTES))
    except FileExistsError:
        return False
    except OSError as error:
        raise StoreError(f"{path}: the key cannot be written: {error.strerror}") from None
    return True


def _read_key(path: Path, forbidden: int) -> bytes:
    with io_errors(f"{path}: the key cannot be read", StoreError):
        # Not blocking: a pipe in place of the key must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _check_guarded(path, os.fstat(descriptor), forbidden)
            key = os.read(descriptor, KEY_BYTES + 1)
        finally:
            os.close(descriptor)
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path}: a key is {KEY_BYTES} bytes, this file is not; restore the key it replaced")
    return key


def _check_guarded(path: Path, status: os.stat_result, forbidden: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path}: not a file; put the key's file there")
    if status.st_uid not in {0, os.geteuid()}:
        raise StoreError(f"{path}: belongs to another user; run: chown $(id -u) {path}")
    if stat.S_IMODE(status.st_mode) & forbidden:
        raise StoreError(f"{path}: others may read or change this key; run: chmod 600 {path}")
