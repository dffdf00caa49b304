"""A package as a folder: written beside its name, durable, and renamed when it is whole."""

from pathlib import Path


class FolderTarget:
    """Writes the files of a package into a new folder, which its owner alone may enter.

    Args:
        folder: the folder; it must not exist, the one it lies in must.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, path: str, content: bytes) -> None:
        """Write a file that does not exist yet. Raises EvidenceError."""
        raise NotImplementedError

    def finish(self) -> None:
        """Make all of it durable and give the folder its name. Raises EvidenceError."""
        raise NotImplementedError

    def discard(self) -> None:
        """Remove all that was written, as far as the medium still answers."""
        raise NotImplementedError
