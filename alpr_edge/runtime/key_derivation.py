"""Derives keys of one purpose from another key."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive_key(key: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose out of another key (HKDF-SHA256, RFC 5869); neither tells the other."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"alpr-edge/{purpose}".encode()).derive(key)
