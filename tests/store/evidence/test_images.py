import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import BODY_BYTES_MAX, digest
from alpr_edge.runtime.durable_files import TEMPORARY_PREFIX
from alpr_edge.store.evidence.images import OVERHEAD_BYTES, ImageStore

JPEG = b"\xff\xd8 a picture of 7ABC123 \xff\xd9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture
def kept(folder: Path) -> ImageStore:
    return ImageStore(folder, b"i" * 32)


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


@given(jpeg=st.binary(max_size=2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_what_is_put_comes_back_under_its_digest(kept: ImageStore, folder: Path, jpeg: bytes) -> None:
    sha256 = kept.put(jpeg)
    assert sha256 == digest(jpeg)
    assert kept.get(sha256) == jpeg
    assert path_of(folder, sha256).stat().st_size == len(jpeg) + OVERHEAD_BYTES


def test_files_are_private(kept: ImageStore, folder: Path) -> None:
    path = path_of(folder, kept.put(JPEG))
    assert [oct(part.stat().st_mode & 0o777) for part in (path, path.parent, folder)] == ["0o600", "0o700", "0o700"]


def test_the_same_image_is_kept_once(kept: ImageStore, folder: Path) -> None:
    first, second, other = kept.put_all([JPEG, JPEG, b"another"])
    inode = path_of(folder, first).stat().st_ino
    assert first == second == kept.put(JPEG) != other
    assert path_of(folder, first).stat().st_ino == inode
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("place", [0, 4, 6, 20, -1])
def test_one_changed_bit_anywhere_is_seen_and_healed_by_the_next_put(
    kept: ImageStore, folder: Path, place: int
) -> None:
    sha256 = kept.put(JPEG)
    path = path_of(folder, sha256)
    sealed = bytearray(path.read_bytes())
    sealed[place] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        kept.get(sha256)
    assert kept.put(JPEG) == sha256
    assert kept.get(sha256) == JPEG


@pytest.mark.parametrize("length", [0, 3, 17, OVERHEAD_BYTES - 1, OVERHEAD_BYTES + 5])
def test_a_cut_file_is_seen(kept: ImageStore, folder: Path, length: int) -> None:
    sha256 = kept.put(JPEG)
    os.truncate(path_of(folder, sha256), length)
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        kept.get(sha256)


def test_one_image_cannot_stand_in_for_another(kept: ImageStore, folder: Path) -> None:
    one, other = kept.put_all([JPEG, b"another"])
    path_of(folder, other).replace(path_of(folder, one))
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        kept.get(one)


def test_another_key_opens_nothing(kept: ImageStore, folder: Path) -> None:
    sha256 = kept.put(JPEG)
    with pytest.raises(StoreError, match="belongs to another key"):
        ImageStore(folder, b"j" * 32).get(sha256)


def test_a_missing_image_is_named(kept: ImageStore) -> None:
    with pytest.raises(StoreError, match="the image is missing"):
        kept.get(digest(JPEG))


def test_the_same_image_is_never_sealed_alike(kept: ImageStore, folder: Path) -> None:
    path = path_of(folder, kept.put(JPEG))
    before = path.read_bytes()
    kept.delete(path.name)
    kept.put(JPEG)
    assert path.read_bytes() != before


def test_delete_forgets_and_may_be_repeated(kept: ImageStore) -> None:
    sha256 = kept.put(JPEG)
    kept.delete(sha256)
    kept.delete(sha256)
    with pytest.raises(StoreError, match="missing"):
        kept.get(sha256)


def test_orphans_are_the_images_that_nobody_knows(kept: ImageStore, folder: Path) -> None:
    known, unknown = kept.put_all([JPEG, b"unknown"])
    (folder / unknown[:2] / "notes.txt").write_text("not an image")
    assert kept.orphans({known}) == [unknown]
    assert kept.orphans({known}, unknown[:2]) == [unknown]
    assert kept.orphans(set(), known[:2]) == [known]


def test_half_written_files_are_removed_and_nothing_else(kept: ImageStore, folder: Path) -> None:
    sha256 = kept.put(JPEG)
    (folder / sha256[:2] / f"{TEMPORARY_PREFIX}cut").write_bytes(b"half")
    assert kept.remove_temporaries() == 1
    assert kept.remove_temporaries() == 0
    assert kept.get(sha256) == JPEG


def test_an_image_larger_than_an_item_is_refused(kept: ImageStore) -> None:
    with pytest.raises(StoreError, match="lower its quality"):
        kept.put(bytes(BODY_BYTES_MAX + 1))


def test_a_folder_that_cannot_be_written_is_one_line(kept: ImageStore, folder: Path) -> None:
    sha256 = digest(JPEG)
    (folder / sha256[:2]).write_text("a file in the folder's place")
    with pytest.raises(StoreError) as caught:
        kept.put(JPEG)
    assert "\n" not in str(caught.value)


def test_a_folder_in_an_images_place_is_one_line(kept: ImageStore, folder: Path) -> None:
    sha256 = digest(JPEG)
    (folder / sha256[:2] / sha256).mkdir(parents=True)
    for act in (kept.get, kept.delete):
        with pytest.raises(StoreError, match="the image cannot be"):
            act(sha256)
