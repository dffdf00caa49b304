"""A package in memory, of which a test changes a byte."""

from collections.abc import Iterator
from pathlib import Path

from alpr_edge.evidence.checks.package_files import PackageFiles


class MemoryFiles(PackageFiles):
    """The files of a package by their paths."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__()
        self.contents = contents
        for path, content in contents.items():
            self._take(path, len(content))

    def chunks(self, path: str) -> Iterator[bytes]:
        yield self.contents[path]

    def close(self) -> None:
        pass


def load_files(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
