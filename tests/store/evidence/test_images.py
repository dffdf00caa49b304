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
def image_store(folder: Path) -> ImageStore:
    return ImageStore(folder, b"i" * 32)


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


@given(jpeg=st.binary(max_size=2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_what_is_put_comes_back_under_its_digest(image_store: ImageStore, folder: Path, jpeg: bytes) -> None:
    sha256 = image_store.put(jpeg)
    assert sha256 == digest(jpeg)
    assert image_store.get(sha256) == jpeg
    assert path_of(folder, sha256).stat().st_size == len(jpeg) + OVERHEAD_BYTES


def test_files_are_private(image_store: ImageStore, folder: Path) -> None:
    path = path_of(folder, image_store.put(JPEG))
    assert [oct(part.stat().st_mode & 0o777) for part in (path, path.parent, folder)] == ["0o600", "0o700", "0o700"]


def test_the_same_image_is_kept_once(image_store: ImageStore, folder: Path) -> None:
    first, second, other = image_store.put_all([JPEG, JPEG, b"another"])
    inode = path_of(folder, first).stat().st_ino
    assert first == second == image_store.put(JPEG) != other
    assert path_of(folder, first).stat().st_ino == inode
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("place", [0, 4, 6, 20, -1])
def test_one_changed_bit_anywhere_is_seen_and_healed_by_the_next_put(
    image_store: ImageStore, folder: Path, place: int
) -> None:
    sha256 = image_store.put(JPEG)
    path = path_of(folder, sha256)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        image_store.get(sha256)
    assert image_store.put(JPEG) == sha256
    assert image_store.get(sha256) == JPEG


@pytest.mark.parametrize("length", [0, 3, 17, OVERHEAD_BYTES - 1, OVERHEAD_BYTES + 5])
def test_a_cut_file_is_seen(image_store: ImageStore, folder: Path, length: int) -> None:
    sha256 = image_store.put(JPEG)
    os.truncate(path_of(folder, sha256), length)
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        image_store.get(sha256)


def test_one_image_cannot_stand_in_for_another(image_store: ImageStore, folder: Path) -> None:
    one, other = image_store.put_all([JPEG, b"another"])
    path_of(folder, other).replace(path_of(folder, one))
    with pytest.raises(StoreError, match="changed or belongs to another key"):
        image_store.get(one)


def test_another_key_opens_nothing(image_store: ImageStore, folder: Path) -> None:
    sha256 = image_store.put(JPEG)
    with pytest.raises(StoreError, match="belongs to another key"):
        ImageStore(folder, b"j" * 32).get(sha256)


def test_a_missing_image_is_named(image_store: ImageStore) -> None:
    with pytest.raises(StoreError, match="the image is missing"):
        image_store.get(digest(JPEG))


def test_the_same_image_is_never_sealed_alike(image_store: ImageStore, folder: Path) -> None:
    path = path_of(folder, image_store.put(JPEG))
    before = path.read_bytes()
    image_store.delete(path.name)
    image_store.put(JPEG)
    assert path.read_bytes() != before


def test_delete_forgets_and_may_be_repeated(image_store: ImageStore) -> None:
    sha256 = image_store.put(JPEG)
    image_store.delete(sha256)
    image_store.delete(sha256)
    with pytest.raises(StoreError, match="missing"):
        image_store.get(sha256)


def test_orphans_are_the_images_that_nobody_knows(image_store: ImageStore, folder: Path) -> None:
    known_digest, unknown = image_store.put_all([JPEG, b"unknown"])
    (folder / unknown[:2] / "notes.txt").write_text("not an image")
    assert image_store.orphans({known_digest}) == [unknown]
    assert image_store.orphans({known_digest}, unknown[:2]) == [unknown]
    assert image_store.orphans(set(), known_digest[:2]) == [known_digest]


def test_half_written_files_are_removed_and_nothing_else(image_store: ImageStore, folder: Path) -> None:
    sha256 = image_store.put(JPEG)
    (folder / sha256[:2] / f"{TEMPORARY_PREFIX}cut").write_bytes(b"half")
    assert image_store.remove_temporaries() == 1
    assert image_store.remove_temporaries() == 0
    assert image_store.get(sha256) == JPEG


def test_an_image_larger_than_an_item_is_refused(image_store: ImageStore) -> None:
    with pytest.raises(StoreError, match="lower its quality"):
        image_store.put(bytes(BODY_BYTES_MAX + 1))


def test_a_folder_that_cannot_be_written_is_one_line(image_store: ImageStore, folder: Path) -> None:
    sha256 = digest(JPEG)
    (folder / sha256[:2]).write_text("a file in the folder's place")
    with pytest.raises(StoreError) as excinfo:
        image_store.put(JPEG)
    assert "\n" not in str(excinfo.value)


def test_a_folder_in_an_images_place_is_one_line(image_store: ImageStore, folder: Path) -> None:
    sha256 = digest(JPEG)
    (folder / sha256[:2] / sha256).mkdir(parents=True)
    for act in (image_store.get, image_store.delete):
        with pytest.raises(StoreError, match="the image cannot be"):
            act(sha256)


@pytest.mark.review2(1)
def test_an_image_is_not_taken_for_lost_while_the_disk_does_not_say(image_store: ImageStore, folder: Path) -> None:
    sha256 = "ab" * 32
    assert image_store.facts(sha256) is None
    (folder / "ab").touch()
    with pytest.raises(StoreError, match="the image cannot be looked at"):
        image_store.facts(sha256)
