"""Root's work in folders of others: no link leads it away."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.runtime import no_follow
from alpr_edge.runtime.no_follow import opened_folder

ROOT = Path(__file__).parents[2]
STRANGER = 65534

pytestmark = pytest.mark.review(16)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of root with a file in it, which has to stay as it is."""
    folder = tmp_path / "victim"
    folder.mkdir(mode=0o700)
    (folder / "shadow").write_text("secret")
    before = (folder.stat(), (folder / "shadow").stat())
    yield folder
    assert [path.name for path in folder.iterdir()] == ["shadow"]
    assert (folder / "shadow").read_text() == "secret"
    for now, then in zip((folder.stat(), (folder / "shadow").stat()), before, strict=True):
        assert (now.st_uid, now.st_mode, now.st_mtime_ns) == (then.st_uid, then.st_mode, then.st_mtime_ns)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder that another user may write."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o777)
    os.chown(folder, STRANGER, STRANGER)
    return folder


def test_a_link_in_place_of_a_file_is_not_opened(theirs: Path, victim: Path) -> None:
    (theirs / "file").symlink_to(victim / "shadow")
    (theirs / "new").symlink_to(victim / "made")
    with opened_folder(theirs) as folder:
        for name, flags in (("file", os.O_RDONLY), ("file", os.O_RDWR), ("new", os.O_WRONLY | os.O_CREAT)):
            with pytest.raises(OSError, match="symbolic links"):
                no_follow.open_file(folder, name, flags)
        with pytest.raises(OSError, match="symbolic links"):
            no_follow.read_file(folder, "file", 100)


def test_a_link_in_place_of_a_folder_is_not_entered(theirs: Path, victim: Path) -> None:
    (theirs / "sub").symlink_to(victim)
    with opened_folder(theirs) as folder:
        for name in ("sub/shadow", "sub/made"):
            with pytest.raises(OSError, match="a link, which is not followed here"):
                no_follow.open_file(folder, name, os.O_RDWR | os.O_CREAT)
            with pytest.raises(OSError, match="a link, which is not followed here"):
                no_follow.remove_file(folder, name)
        with pytest.raises(OSError, match="a link, which is not followed here"):
            no_follow.make_folder(folder, "sub")
        with pytest.raises(OSError, match="a link, which is not followed here"), opened_folder(theirs / "sub"):
            raise AssertionError


def test_a_way_out_is_no_name(theirs: Path, victim: Path) -> None:
    with opened_folder(theirs) as folder:
        for name in ("../victim/shadow", str(victim / "shadow")):
            with pytest.raises(OSError, match="Invalid argument"):
                no_follow.open_file(folder, name)


def test_what_is_no_file_is_not_waited_for(theirs: Path) -> None:
    os.mkfifo(theirs / "pipe")
    (theirs / "folder").mkdir()
    with opened_folder(theirs) as folder:
        for name in ("pipe", "folder"):
            with pytest.raises(OSError, match="not a regular file"):
                no_follow.open_file(folder, name)


def test_a_file_is_replaced_beside_a_link_that_waits_for_it(theirs: Path, victim: Path) -> None:
    (theirs / "file").symlink_to(victim / "shadow")
    (theirs / ".file.new").symlink_to(victim / "shadow")
    with opened_folder(theirs) as folder:
        no_follow.write_file(folder, "file", b"mine")
        assert no_follow.read_file(folder, "file", 100) == b"mine"
        assert no_follow.read_file(folder, "file", 2) == b"mi"
    assert not (theirs / "file").is_symlink()
    assert [path.name for path in theirs.iterdir()] == ["file"]


def test_of_links_the_link_alone_is_removed_and_none_is_found(theirs: Path, victim: Path) -> None:
    (theirs / "one").symlink_to(victim / "shadow")
    (theirs / "deep" / "er").mkdir(parents=True)
    (theirs / "deep" / "er" / "mine").write_text("mine")
    (theirs / "deep" / "away").symlink_to(victim)
    (theirs / "away").symlink_to(victim)
    with opened_folder(theirs) as folder:
        assert [file.path.as_posix() for file in no_follow.files_below(folder)] == ["deep/er/mine"]
        no_follow.remove_file(folder, "one")
        no_follow.empty_folder(folder)
        no_follow.empty_folder(folder)
    assert list(theirs.iterdir()) == []


def test_a_link_that_only_root_can_have_laid_is_followed(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "where-root-put-it").symlink_to("victim")
    (tmp_path / "by-its-whole-name").symlink_to(victim)
    (tmp_path / "round").symlink_to("round")
    for name in ("where-root-put-it", "by-its-whole-name"):
        with opened_folder(tmp_path / name) as folder:
            assert no_follow.read_file(folder, "shadow", 100) == b"secret"
    with pytest.raises(OSError, match="a link, which is not followed here"), opened_folder(tmp_path / "round"):
        raise AssertionError


def test_the_scripts_have_the_same_helper() -> None:
    mine = ROOT / "alpr_edge" / "runtime" / "no_follow.py"
    assert mine.read_bytes() == (ROOT / "scripts" / "deploy" / "provision" / "no_follow.py").read_bytes()


def test_a_file_has_the_mode_that_was_asked_for_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with no_follow.opened_folder(tmp_path) as folder:
            no_follow.write_file(folder, "open", b"x", mode=0o644)
            no_follow.write_file(folder, "closed", b"x")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("open", "closed")] == [0o644, 0o600]
