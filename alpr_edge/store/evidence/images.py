"""Evidence images: AES-256-GCM files named by the SHA-256 of the JPEG they hold.

Layout: ``AEIM``, one byte version, 12 bytes nonce, ciphertext with its 16-byte tag (NIST SP 800-38D). The digest is
authenticated with it, so a file cannot stand in for another. An image is durable before the database names it: a
crash between the two leaves a file that nothing refers to, never a reference to nothing.
"""

import errno
import os
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.domain.errors import LostError, PictureError, StoreError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX, digest
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX, private_directory, sync_directory, write_durably
from alpr_edge.runtime.io_errors import io_errors

HEADER = b"AEIM\x01"
NONCE_BYTES = 12
OVERHEAD_BYTES = len(HEADER) + NONCE_BYTES + 16
PREFIXES = tuple(f"{number:02x}" for number in range(256))
"""The first two digits of digests, which are also the names of the folders they lie in."""

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Facts about an image that its file gives without being decrypted."""

    length: int
    """Bytes of the JPEG."""
    modified_at: datetime
    """When the file was changed, by the clock of that moment."""


class ImageStore:
    """Images under one folder, spread over 256 by the first two digits of their digest.

    Args:
        directory: the folder of the images; made with mode 0700 when missing.
        key: 32 bytes.
    """

    def __init__(self, directory: Path, key: bytes) -> None:
        private_directory(directory)
        self.directory = directory
        self._cipher = AESGCM(key)

    def put(self, jpeg: bytes) -> str:
        """Keep an image and return its digest; it is on disk when this returns. Raises what :meth:`put_all` raises."""
        return self.put_all([jpeg])[0]

    def put_all(self, jpegs: Sequence[bytes]) -> list[str]:
        """Keep several images and return their digests, in order, for the price of about one sync.

        An image that is already here and whole is kept as it is; a damaged one is replaced.
        """
        digests = [digest(jpeg) for jpeg in jpegs]
        try:
            files = {}
            for sha256, jpeg in zip(digests, jpegs, strict=True):
                path = self._path(sha256)
                if path not in files and not self._holds(path, sha256):
                    _require_size(jpeg)
                    files[path] = self._seal(sha256, jpeg)
            self._make_folders({path.parent for path in files})
            write_durably(list(files.items()))
        except OSError as error:
            kind = StoreError if error.errno in _NO_SPACE else PictureError
            raise kind(f"{self.directory}: an image cannot be written: {error.strerror}") from None
        return digests

    def get(self, sha256: str) -> bytes:
        """The JPEG with this digest."""
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise LostError(f"{path}: the image is missing; restore it or release its item") from None
        except OSError as error:
            raise StoreError(f"{path}: the image cannot be read: {error.strerror}") from None
        jpeg = self._unseal(sha256, content)
        if jpeg is None:
            raise LostError(f"{path}: the image was changed or belongs to another key; restore it")
        return jpeg

    def delete(self, sha256: str) -> None:
        """Remove an image; one that is not there is no error."""
        path = self._path(sha256)
        with io_errors(f"{path}: the image cannot be removed", StoreError):
            path.unlink(missing_ok=True)

    def orphans(self, known_digests: Collection[str], prefix: str = "") -> list[str]:
        """Digests of the files not in ``known_digests``: left by a crash, or by a read that got another picture.

        Args:
            prefix: the beginning of the digests to look at; empty: all.
        """
        return [
            name
            for _, names in self._folders(prefix)
            for name in names
            if _DIGEST.fullmatch(name) and name.startswith(prefix) and name not in known_digests
        ]

    def facts(self, sha256: str) -> "ImageFacts | None":
        """Size and age of an image by its file alone; None when there is none."""
        path = self._path(sha256)
        with io_errors(f"{path}: the image cannot be looked at", StoreError):
            try:
                status = path.stat()
            except FileNotFoundError:
                return None
        return ImageFacts(max(0, status.st_size - OVERHEAD_BYTES), datetime.fromtimestamp(status.st_mtime, UTC))

    def remove_temporaries(self, prefix: str = "") -> int:
        """Remove half-written files left by a crash; only the process that writes images may, between writes."""
        leftovers = [
            folder / name
            for folder, names in self._folders(prefix)
            for name in names
            if name.startswith(TEMPORARY_PREFIX)
        ]
        with io_errors(f"{self.directory}: a file cannot be removed", StoreError):
            for path in leftovers:
                path.unlink(missing_ok=True)
        return len(leftovers)

    def _make_folders(self, folders: Collection[Path]) -> None:
        """Make those that are missing, for the price of one sync."""
        missing = [folder for folder in folders if folder.is_symlink() or not folder.exists()]
        for folder in missing:
            private_directory(folder)
        if missing:
            sync_directory(self.directory)

    def _holds(self, path: Path, sha256: str) -> bool:
        return path.exists() and self._unseal(sha256, path.read_bytes()) is not None

    def _seal(self, sha256: str, jpeg: bytes) -> bytes:
        # Random nonces are safe for 2^32 images of one key (SP 800-38D, 8.3): a century of reads.
        nonce = secrets.token_bytes(NONCE_BYTES)
        return HEADER + nonce + self._cipher.encrypt(nonce, jpeg, _associated_data(sha256))

    def _unseal(self, sha256: str, content: bytes) -> bytes | None:
        nonce = content[len(HEADER) : len(HEADER) + NONCE_BYTES]
        if not content.startswith(HEADER) or len(content) < OVERHEAD_BYTES:
            return None
        try:
            jpeg = self._cipher.decrypt(nonce, content[len(HEADER) + NONCE_BYTES :], _associated_data(sha256))
        except InvalidTag:
            return None
        return jpeg if digest(jpeg) == sha256 else None

    def _path(self, sha256: str) -> Path:
        return Path(f"{self.directory}/{sha256[:2]}/{sha256}")  # in one step: it is asked for with each image

    def _folders(self, prefix: str) -> Iterator[tuple[Path, list[str]]]:
        for folder in (self.directory / name for name in PREFIXES if name.startswith(prefix[:2])):
            yield folder, _names_in(folder)


def _require_size(jpeg: bytes) -> None:
    if len(jpeg) > BODY_BYTES_MAX:
        raise PictureError(f"an image has {len(jpeg)} bytes, {BODY_BYTES_MAX} are allowed; lower its quality")


def _associated_data(sha256: str) -> bytes:
    return HEADER + sha256.encode("ascii")


def _names_in(folder: Path) -> list[str]:
    """The names in a folder; none where it is missing, or a link."""
    with io_errors(f"{folder}: cannot be looked into", StoreError):
        try:
            # A path for each of thousands of files takes several times as long as its name.
            return [] if folder.is_symlink() else os.listdir(folder)  # noqa: PTH208
        except FileNotFoundError:
            return []
