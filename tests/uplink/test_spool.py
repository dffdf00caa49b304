"""Portable media."""

import subprocess
from pathlib import Path

import pytest

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.wire import ItemKind, Outcome
from alpr_edge.uplink.spool import DirectorySpool
from tests.uplink.items import hit_item, image_item, item, read_item

BATCH = [hit_item(), read_item(), image_item(), item("with:colon", ItemKind.ACCESS, b"{}")]


@pytest.fixture
def spool(tmp_path: Path) -> DirectorySpool:
    return DirectorySpool(tmp_path, "unit-1")


def test_each_item_is_one_file_with_its_digest(spool: DirectorySpool, tmp_path: Path) -> None:
    answers = spool.deliver(BATCH)
    assert [(answer.outcome, answer.sha256) for answer in answers] == [(Outcome.RECEIPT, i.sha256) for i in BATCH]
    labels = sorted((tmp_path / "unit-1").glob("*.sha256"))
    assert len(labels) == len(BATCH)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", *labels], cwd=tmp_path / "unit-1", capture_output=True, check=False
    )
    assert checked.returncode == 0
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "unit-1").iterdir()} == {0}


def test_an_item_written_again_is_one_file(spool: DirectorySpool, tmp_path: Path) -> None:
    first = spool.deliver(BATCH)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "unit-1").iterdir()}
    again = spool.deliver(BATCH)
    assert [answer.sha256 for answer in again] == [answer.sha256 for answer in first]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "unit-1").iterdir()} == before


def test_the_same_id_with_other_content_is_refused(spool: DirectorySpool) -> None:
    spool.deliver([read_item(1)])
    other = item("read-1", ItemKind.READ, read_item(1, "8XYZ999").body)
    assert spool.deliver([other])[0].outcome is Outcome.REFUSED
    assert spool.deliver([read_item(1)])[0].outcome is Outcome.RECEIPT


def test_an_item_left_half_written_is_written_anew(spool: DirectorySpool, tmp_path: Path) -> None:
    path = tmp_path / "unit-1" / "read-1.read"
    path.parent.mkdir()
    path.write_bytes(b"{")
    assert spool.deliver([read_item(1)])[0].sha256 == read_item(1).sha256
    assert path.read_bytes() == read_item(1).body


def test_a_copy_that_went_bad_is_written_anew(spool: DirectorySpool, tmp_path: Path) -> None:
    spool.deliver([read_item(1)])
    path = tmp_path / "unit-1" / "read-1.read"
    path.write_bytes(b"rot")
    assert spool.deliver([read_item(1)])[0].sha256 == read_item(1).sha256
    assert path.read_bytes() == read_item(1).body


def test_a_medium_that_is_not_there_is_no_folder_to_make(tmp_path: Path) -> None:
    missing = tmp_path / "medium"
    with pytest.raises(UplinkError, match="is the medium mounted"):
        DirectorySpool(missing, "unit-1").deliver(BATCH)
    assert not missing.exists()


def test_a_medium_that_fails_is_a_link_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "unit-1").write_text("a file where the folder should be")
    with pytest.raises(UplinkError, match="the medium failed: File exists"):
        DirectorySpool(tmp_path, "unit-1").deliver(BATCH)
