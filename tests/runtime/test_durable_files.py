import os
from pathlib import Path

import pytest

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.runtime.durable_files import create_file, file_version, private_directory, replace_file
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.runtime.io_errors import io_errors


def test_a_replaced_file_holds_the_new_content_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        replace_file(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_exists_is_not_created_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create_file(path, b"first")
    with pytest.raises(FileExistsError):
        create_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_keeps_others_away_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with exclusive_lock(open_lock_file(path), "held"), pytest.raises(StoreError, match="another"):  # noqa: SIM117
        with exclusive_lock(open_lock_file(path), "another holds it", wait_s=0.1):
            pass
    with exclusive_lock(open_lock_file(path), "held"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_closes_what_it_was_given(tmp_path: Path) -> None:
    descriptor = open_lock_file(tmp_path / "lock")
    with exclusive_lock(descriptor, "held"):
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_an_error_of_the_system_says_what_failed_why_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    message = f"{path}: cannot be read: No such file or directory; send it again"
    with pytest.raises(FeedError) as failure, io_errors(f"{path}: cannot be read", FeedError, "send it again"):
        path.read_bytes()
    assert str(failure.value) == message


def test_only_a_folder_of_ones_own_is_advised_to_be_closed(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir(mode=0o755)
    with pytest.raises(StoreError, match=f"others may enter this folder; run: chmod 700 {own}"):
        private_directory(own)
    shared.mkdir()
    shared.chmod(0o1777)
    for path in (shared, Path("/"), Path("/usr"), Path("/usr/../usr"), Path("/usr/..")):
        with pytest.raises(StoreError, match="others may enter this folder; name a folder of its own"):
            private_directory(path)


def test_a_folder_of_somebody_else_is_not_advised_to_be_closed(tmp_path: Path) -> None:
    theirs = Path("/usr/bin")  # root's
    if os.geteuid() == 0:
        theirs = tmp_path / "theirs"
        theirs.mkdir(mode=0o755)
        os.chown(theirs, 65534, 65534)
    with pytest.raises(StoreError, match="name a folder of its own"):
        private_directory(theirs)


def test_a_file_that_was_replaced_by_one_as_long_is_another_version(tmp_path: Path) -> None:
    path = tmp_path / "page.pem"
    assert file_version(path) == (0, 0, 0)
    path.write_text("one", encoding="utf-8")
    before = file_version(path)
    assert file_version(path) == before
    (tmp_path / "new").write_text("two", encoding="utf-8")
    os.utime(tmp_path / "new", ns=(before[2], before[2]))
    (tmp_path / "new").replace(path)
    assert file_version(path) != before
