"""Files written together: all of them are there, or none."""

import os
from pathlib import Path

import pytest

from alpr_edge.runtime.durable_files import SYNC_TOGETHER_MIN, write_durably


def files_in(folder: Path, count: int) -> list[tuple[Path, bytes]]:
    """So many files, in three folders by turns."""
    for name in "abc":
        (folder / name).mkdir()
    return [(folder / "abc"[number % 3] / str(number), os.urandom(5_000)) for number in range(count)]


COUNTS = pytest.mark.parametrize("count", [1, 2, SYNC_TOGETHER_MIN - 1, SYNC_TOGETHER_MIN, 10 * SYNC_TOGETHER_MIN])


@COUNTS
def test_each_is_there_whole_and_private(tmp_path: Path, count: int) -> None:
    files = files_in(tmp_path, count)
    write_durably(files)
    assert [path.read_bytes() for path, _ in files] == [content for _, content in files]
    assert {path.stat().st_mode & 0o777 for path, _ in files} == {0o600}
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == count


@COUNTS
def test_when_one_cannot_be_written_none_is_there(tmp_path: Path, count: int) -> None:
    files = files_in(tmp_path, count)
    with pytest.raises(FileNotFoundError):
        write_durably([*files, (tmp_path / "missing" / "file", b"content")])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_nothing_to_write_is_no_error() -> None:
    write_durably([])


def test_files_on_two_file_systems_are_written(tmp_path: Path) -> None:
    """Of the disk's and the memory's the one that the temporary folder is not on; each is flushed by itself."""
    files = files_in(tmp_path, SYNC_TOGETHER_MIN)
    others = (Path(folder) / f"alpr-edge-test-{os.getpid()}" for folder in ("/dev/shm", "/var/tmp"))
    other = next(path for path in others if path.parent.stat().st_dev != tmp_path.stat().st_dev)
    try:
        write_durably([*files, (other, b"content")])
        assert other.read_bytes() == b"content"
        assert all(path.exists() for path, _ in files)
    finally:
        other.unlink(missing_ok=True)
