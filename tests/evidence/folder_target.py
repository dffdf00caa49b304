"""A package as a folder, whose files tests look at and change."""

import shutil
from pathlib import Path


class FolderTarget:
    """Writes the files of a package into a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def add(self, path: str, content: bytes) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as opened:
            opened.write(content)

    def finish(self) -> None:
        """It is whole with its last file."""

    def discard(self) -> None:
        shutil.rmtree(self._folder)
