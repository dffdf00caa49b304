"""A department whose pictures lie encrypted in a bucket is backed up with them, each fetched once, and restored."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.backups.backup import BackupRequest, back_up
from alpr_edge.department.copying.image_move import move_images
from alpr_edge.department.db.day_keys.master_keys import make_master_key
from alpr_edge.department.images.department_images import digest_in
from alpr_edge.department.ingest.records import Part
from alpr_edge.domain.errors import StoreError
from scripts.benchmarks.department.seaweedfs import SeaweedServer, bucket_of, set_images
from scripts.loopback_ports import free_port
from tests.department.backups.places import READS, BackupPlaces, flip, quiet, restore_and_open, verify_department
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import UNIT, pictures_of

PICTURES = 2 * READS


@pytest.fixture
def places(
    tmp_path: Path, engine: EngineUnderTest, seaweedfs: SeaweedServer, target_folder: Path
) -> Iterator[BackupPlaces]:
    """A department with a bucket and a master key."""
    key = tmp_path / "images.key"
    make_master_key(key, tmp_path / "department")
    images = seaweedfs.settings(f"b{abs(hash(tmp_path))}") | {"key": str(key)}
    with BackupPlaces.fill(tmp_path, engine, target_folder, images) as made:
        yield made


def pictures_in(backup: Path) -> list[Path]:
    return sorted((backup / "department" / "images").rglob("*.jpg"))


def test_pictures_of_a_bucket_are_in_the_backup_each_fetched_once_and_a_flipped_byte_is_found(
    places: BackupPlaces, seaweedfs: SeaweedServer
) -> None:
    bucket = bucket_of(places.directory)
    first = places.back_up()
    assert (first.manifest.pictures.count, first.manifest.pictures.linked) == (PICTURES, 0)
    assert [line for line in first.warnings if "picture" in line] == []
    assert {path.stem for path in pictures_in(first.path)} == {digest_in(name) for name in bucket.names()}
    for name in bucket.names():
        assert (first.path / "department" / "images" / name).read_bytes() == bucket.read(name)
    places.deliver(50)
    flip(pictures_in(first.path)[0], -1)  # damaged on the disk of the backups: fetched anew
    second = places.back_up()
    assert (second.manifest.pictures.count, second.manifest.pictures.linked) == (PICTURES + 2, PICTURES)
    assert (second.manifest.pictures.damaged, second.manifest.pictures.missing) == (0, 0)
    assert [places.drill(each.path).is_good for each in (second, first)] == [True, False]

    with ExitStack() as stack:
        restored = restore_and_open(places, second.path, stack)
        other = seaweedfs.settings(f"r{abs(hash(restored))}")
        set_images(restored, **other)  # the first bucket is lost
        assert verify_department(restored).is_whole
        assert move_images(restored, lambda done: None).moved == PICTURES + 2
        assert verify_department(restored).is_whole

    flip(pictures_in(second.path)[3], -1)
    report = places.drill(second.path)
    assert (report.is_good, ".jpg: not as it was backed up" in report.faults[0]) == (False, True)


def test_a_drill_needs_the_master_key_of_the_bodies(places: BackupPlaces, tmp_path: Path) -> None:
    backup = places.back_up().path
    other = tmp_path / "other.key"
    make_master_key(other, places.directory)
    set_images(places.directory, key=str(other))
    report = places.drill(backup)
    assert (report.is_good, "images.key gives another one" in report.faults[0]) == (False, True)


def test_a_picture_under_another_key_is_fetched_anew_and_old_backups_go(places: BackupPlaces) -> None:
    moment = datetime.now(UTC)
    later = moment + timedelta(days=36)
    first = places.back_up(moment)
    places.office.purge(later)  # bears out the clock of the second backup
    bucket, (one, two) = bucket_of(places.directory), pictures_of("read-1")
    name = next(each for each in bucket.names() if digest_in(each) == one.sha256)
    bucket.replace(name, b"\xff\xd8\xff damaged")
    places.office.execute("UPDATE image_keys SET day = '2025-01-01'")
    parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in (one, two)]
    assert {answer.status for answer in places.office.storage.store(UNIT, parts)} == {200}
    second = places.back_up(later)
    assert second.removed == (first.path.name,)
    assert (second.manifest.pictures.linked, second.manifest.pictures.missing) == (PICTURES - 1, 0)
    assert places.drill(second.path).is_good
    copy = second.path / "department" / "images" / name
    assert copy.read_bytes() == bucket.read(name)


def test_a_bucket_that_does_not_answer_makes_no_backup_and_may_be_left_out(places: BackupPlaces) -> None:
    set_images(places.directory, endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError, match="cannot be reached"):
        places.back_up()
    settings = places.directory / "department.toml"
    settings.write_text(f"{settings.read_text()}\n[backup]\nbucket_pictures = false\n")
    result = back_up(places.directory, BackupRequest(places.target), quiet)
    assert (result.manifest.pictures.count, result.manifest.pictures.missing) == (PICTURES, PICTURES)
    assert "the bucket's pictures are not in it: [backup] bucket_pictures says so" in result.warnings
    assert places.drill(result.path).is_good
