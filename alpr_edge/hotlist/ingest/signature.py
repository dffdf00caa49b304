"""Checks a detached signature of a feed: Ed25519 (RFC 8032) over the file as it is, beside it as ``NAME.sig``.

The file holds the 64 bytes, or their base64. Made with OpenSSL: ``openssl pkeyutl -sign -rawin -inkey KEY -in FEED
-out FEED.sig``; the key's public half in PEM is what the settings name.
"""

import base64
import binascii
import mmap
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from alpr_edge.domain.errors import FeedError
from alpr_edge.runtime.io_errors import io_errors

SIGNATURE_BYTES = 64
_FILE_BYTES_MAX = 4096


def check_signature(feed: Path, key_file: Path, content: bytes | None = None) -> None:
    """Refuse a feed that its maker did not sign as it stands.

    Args:
        content: the content of the signature file; None: it lies beside the feed.
    """
    key = _key(key_file)
    signature = _signature(_beside(feed), read_signature(feed) if content is None else content)
    try:
        with feed.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as feed_bytes:
            key.verify(signature, memoryview(feed_bytes))
    except InvalidSignature:
        raise FeedError(f"{feed}: the signature is not this file's; download both again") from None
    except ValueError:
        raise FeedError(f"{feed}: empty; download it again") from None
    except OSError as error:
        raise FeedError(f"{feed}: cannot be read: {error.strerror}") from None


def read_signature(feed: Path) -> bytes:
    """The content of the signature file beside a feed."""
    return _read(_beside(feed))


def _beside(feed: Path) -> Path:
    return feed.with_name(f"{feed.name}.sig")


def _key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(_read(path))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise FeedError(f"{path}: no Ed25519 public key in PEM; ask the feed's maker for it")
    return key


def _signature(path: Path, data: bytes) -> bytes:
    if len(data) == SIGNATURE_BYTES:
        return data
    try:
        data = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        data = b""
    if len(data) != SIGNATURE_BYTES:
        raise FeedError(f"{path}: no Ed25519 signature; it is 64 bytes or their base64")
    return data


def _read(path: Path) -> bytes:
    with io_errors(f"{path}: cannot be read", FeedError, "this source's feeds are signed"), path.open("rb") as file:
        return file.read(_FILE_BYTES_MAX)
