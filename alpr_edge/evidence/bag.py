"""Writes a bag (BagIt, RFC 8493) file by file; of what is written only the digests stay in memory.

The tag manifest is the last file. It names the payload manifest and every tag file by digest, so a signature over it
covers each byte of the bag, and a bag that was not finished has none.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Protocol

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.layout import BAG_INFO, DECLARATION, MANIFEST, PAYLOAD, TAG_MANIFEST, check_path

FILES_MAX = 1_000_000
DECLARATION_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BesideTagManifest = Callable[[bytes], Iterable[tuple[str, bytes]]]
"""Makes the files that lie beside the tag manifest from its content: signatures, a time stamp."""


class PackageTarget(Protocol):
    """Where the files of a package go: a folder, or an encrypted container. It gets its name only at the end."""

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet, by its path inside the package (with ``/``). Raises EvidenceError."""

    def finish(self) -> None:
        """Make all of it durable and give it its name. Raises EvidenceError."""

    def discard(self) -> None:
        """Remove all that was written, as far as the medium still answers."""


class BagWriter:
    """Writes one bag."""

    def __init__(self, target: PackageTarget) -> None:
        self._target = target
        self._payload: dict[str, bytes] = {}
        self._tags: dict[str, bytes] = {}
        self._payload_bytes = 0

    def add(self, path: str, content: bytes) -> str:
        """Write a file; one below ``data`` is payload, any other a tag file. Returns its SHA-256."""
        digests = self._payload if path.startswith(PAYLOAD) else self._tags
        if check_path(path) in digests:
            raise EvidenceError("two files of a package would have the same name")
        if len(self._payload) + len(self._tags) >= FILES_MAX:
            raise EvidenceError(f"a package holds at most {FILES_MAX} files; export the case in parts")
        self._target.add(path, content)
        digest = hashlib.sha256(content)
        digests[path] = digest.digest()
        if digests is self._payload:
            self._payload_bytes += len(content)
        return digest.hexdigest()

    def finish(self, info: Iterable[tuple[str, str]], beside: BesideTagManifest) -> str:
        """Write declaration, information and manifests; the tag manifest last. Returns its SHA-256.

        Args:
            info: labels and values of ``bag-info.txt``; what counts the payload is added.
        """
        self.add(DECLARATION, DECLARATION_TEXT)
        counted = ("Payload-Oxum", f"{self._payload_bytes}.{len(self._payload)}")
        self.add(BAG_INFO, bag_info_text((*info, counted)))
        self.add(MANIFEST, manifest_text(self._payload))
        tag_manifest = manifest_text(self._tags)
        for path, content in beside(tag_manifest):
            self._target.add(check_path(path), content)
        self._target.add(TAG_MANIFEST, tag_manifest)
        return hashlib.sha256(tag_manifest).hexdigest()


def manifest_text(digests: dict[str, bytes]) -> bytes:
    """A manifest, as ``sha256sum -c`` reads it: digest, two spaces, path."""
    return "".join(f"{digest.hex()}  {path}\n" for path, digest in digests.items()).encode("ascii")


def bag_info_text(info: Iterable[tuple[str, str]]) -> bytes:
    """The lines of ``bag-info.txt``; whatever a value holds stays on its line, and empty ones are left out."""
    lines = ((label, one_line(value)) for label, value in info)
    return "".join(f"{label}: {value}\n" for label, value in lines if value).encode()


def one_line(text: str) -> str:
    """A text without line ends and other characters that cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
