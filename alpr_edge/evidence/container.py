"""A package in an encrypted container: a zip with AES-256, which 7-Zip and its like open by the passphrase."""

from pathlib import Path


class ContainerTarget:
    """Writes the files of a package into a new encrypted zip; nothing of them is on the medium in the clear.

    Args:
        path: the file, which ends in ``.zip``; it must not exist, its folder must.
        passphrase: as :func:`~alpr_edge.evidence.passphrases.draw_passphrase` draws it.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        self._path = path
        self._passphrase = passphrase

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet. Raises EvidenceError."""
        raise NotImplementedError

    def finish(self) -> None:
        """Close the zip, make it durable and give it its name. Raises EvidenceError."""
        raise NotImplementedError

    def discard(self) -> None:
        """Remove the file, as far as the medium still answers."""
        raise NotImplementedError
