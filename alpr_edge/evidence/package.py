"""Writes an evidence package: payload first, then the manifests, and the signed tag manifest last."""

from collections.abc import Callable
from typing import Protocol

from alpr_edge.evidence.content import PackageContent
from alpr_edge.evidence.signer import PackageSigner

Progress = Callable[[int, int], None]
"""Receives how many reads are written and how many there are."""


class PackageTarget(Protocol):
    """Where the files of a package go: a folder, or an encrypted container. None of it bears its name before the end."""

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet, by its path inside the package (with ``/``). Raises EvidenceError."""

    def finish(self) -> None:
        """Make all of it durable and give it its name. Raises EvidenceError."""

    def discard(self) -> None:
        """Remove all that was written, as far as the medium still answers."""


class TimeStamper(Protocol):
    """A time-stamping authority (RFC 3161)."""

    def stamp(self, content: bytes) -> bytes:
        """The response over a content, DER. Raises EvidenceError when there is no link or no answer."""


def write_package(
    content: PackageContent,
    target: PackageTarget,
    signer: PackageSigner,
    progress: Progress,
    stamper: TimeStamper | None = None,
) -> str:
    """Write a whole package and finish its target; returns the SHA-256 of its tag manifest, which names it.

    When anything fails, whoever's fault it is, the target is discarded before the error goes on.

    Args:
        content: what it holds; its reads are asked for one after the other.
        target: where it goes, a :class:`~alpr_edge.evidence.folder.FolderTarget` or a
            :class:`~alpr_edge.evidence.container.ContainerTarget`.
        signer: who signs it.
        progress: is told of each read.
        stamper: dates the tag manifest; None: there is no time stamp.

    Raises:
        EvidenceError: a value cannot be put into a package, or the target cannot be written.
    """
    raise NotImplementedError
