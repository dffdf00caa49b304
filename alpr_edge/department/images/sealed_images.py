"""The form of an encrypted image: a line that names the key, a nonce, and AES-256-GCM over the JPEG.

The image is bound to its name and its key: put in the place of another it does not open.
"""

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.department.db.day_keys.master_keys import NONCE_BYTES
from alpr_edge.domain.protocol.items import digest

_BEGIN = b"alpr-edge image 1 "
_LINE_BYTES_MAX = 64


def seal_image(jpeg: bytes, sha256: str, key_id: str, key: bytes) -> bytes:
    """An image as it is stored.

    Args:
        key: 32 bytes.
    """
    line, nonce = _BEGIN + key_id.encode() + b"\n", os.urandom(NONCE_BYTES)
    return line + nonce + AESGCM(key).encrypt(nonce, jpeg, line + sha256.encode())


def key_id_of(content: bytes) -> str | None:
    """The id of the key that a stored image is under; None: it lies as it came, or is damaged."""
    line, found, _ = content[:_LINE_BYTES_MAX].partition(b"\n")
    if not found or not line.startswith(_BEGIN):
        return None
    return line.removeprefix(_BEGIN).decode("ascii", errors="replace")


def open_image(content: bytes, sha256: str, keys: Mapping[str, bytes]) -> bytes | None:
    """The image that was stored, decrypted if it lies encrypted.

    Returns:
        None: its key is destroyed, or it was changed.
    """
    jpeg = content if (key_id := key_id_of(content)) is None else _decrypt(content, key_id, sha256, keys)
    return jpeg if jpeg is not None and digest(jpeg) == sha256 else None


def _decrypt(content: bytes, key_id: str, sha256: str, keys: Mapping[str, bytes]) -> bytes | None:
    line, _, rest = content.partition(b"\n")
    if key_id not in keys:
        return None
    try:
        return AESGCM(keys[key_id]).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], line + b"\n" + sha256.encode())
    except (InvalidTag, ValueError):
        return None
