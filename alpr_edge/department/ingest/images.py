"""Images by their content: one file a picture, named by its digest, whoever sent it how often."""

from pathlib import Path

from alpr_edge.domain.protocol.items import digest
from alpr_edge.runtime.durable_files import private_directory, replace_file, sync_directory


class ImageFolder:
    """JPEG files spread over 256 folders (mode 0700, files 0600).

    Args:
        directory: the folder of the images; made when missing.

    Raises:
        StoreError: the folder cannot be made, or others may enter it.
    """

    def __init__(self, directory: Path) -> None:
        private_directory(directory)
        self._directory = directory

    def put(self, sha256: str, jpeg: bytes) -> None:
        """Keep an image; it is on disk when this returns. One that is here and whole is kept as it is.

        Raises:
            OSError: the disk is full or failed.
        """
        if self.digest(sha256) == sha256:
            return
        path = self._path(sha256)
        if not path.parent.exists():
            private_directory(path.parent)
            sync_directory(self._directory)
        replace_file(path, jpeg)

    def digest(self, sha256: str) -> str | None:
        """Digest of what the file of this name holds now; None when there is none.

        Raises:
            OSError: the disk failed.
        """
        try:
            return digest(self._path(sha256).read_bytes())
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        """Remove the file of a picture; one that is not there is no error.

        Raises:
            OSError: the disk failed.
        """
        self._path(sha256).unlink(missing_ok=True)

    @staticmethod
    def place(directory: Path, sha256: str) -> Path:
        """Where the file of an image lies in a folder of images."""
        return directory / sha256[:2] / f"{sha256}.jpg"

    def _path(self, sha256: str) -> Path:
        return self.place(self._directory, sha256)
