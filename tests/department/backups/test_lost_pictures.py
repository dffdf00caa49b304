"""Pictures that the department lost are reported everywhere, stay in the backups, and are put back by a command."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.alarms.alarm import AlarmKind, standing_alarms
from alpr_edge.department.backups.picture_restore import restore_pictures
from alpr_edge.department.checks.readiness import department_checks
from alpr_edge.department.copying.image_encryption import encrypt_images
from alpr_edge.department.db.day_keys.master_keys import make_master_key
from alpr_edge.department.http.health import DepartmentHealth
from alpr_edge.department.integrity_record import accept_loss, integrity_warnings
from alpr_edge.department.interchange.sender import EventContent, picture_values
from alpr_edge.domain.diagnostics.checks import Grade
from alpr_edge.domain.errors import DepartmentError, LostError
from scripts.benchmarks.department.seaweedfs import SeaweedServer, bucket_of, set_images
from tests.department.backups.places import BackupPlaces, flip, quiet, verify_department
from tests.department.engines import EngineUnderTest

TWO_LOST = "pictures damaged: 1, missing: 1"


def run(places: BackupPlaces, *words: str | Path) -> Result:
    return CliRunner().invoke(app, ["department", *map(str, words), "--directory", str(places.directory)])


def lose_two(places: BackupPlaces) -> tuple[Path, Path]:
    """Damage one picture of the department in place, as a disk does, and remove another."""
    one, two = sorted((places.directory / "images").rglob("*.jpg"))[:2]
    changed = one.stat().st_mtime_ns
    flip(one, -1)
    assert one.stat().st_mtime_ns >= changed
    two.unlink()
    return one, two


def health(places: BackupPlaces) -> list[str]:
    report = DepartmentHealth(places.directory, places.office.storage.check, lambda: 0.0).report()[1]
    return list(report["warnings"])


def by_backup(places: BackupPlaces) -> None:
    places.back_up()


def by_verify(places: BackupPlaces) -> None:
    verify_department(places.directory)


@pytest.mark.review2(15)
@pytest.mark.parametrize("check", [by_backup, by_verify])
def test_a_lost_picture_is_reported_by_status_check_health_and_alarms(
    sqlite_places: BackupPlaces, check: Callable[[BackupPlaces], None]
) -> None:
    places, now = sqlite_places, datetime.now(UTC)
    check(places)
    assert not [line for line in health(places) if "picture" in line]
    lose_two(places)
    check(places)
    assert [line for line in health(places) if TWO_LOST in line]
    assert f"warning: {TWO_LOST}" in run(places, "status").output
    grades = {each.name: each for each in department_checks(places.directory)}
    assert (grades["stored data"].grade, TWO_LOST in grades["stored data"].finding) == (Grade.AMBER, True)
    (alarm,) = (each for each in standing_alarms(places.directory, now) if each.kind is AlarmKind.STORED_DATA)
    assert alarm.text.endswith("; run: alpr-edge department images restore")


@pytest.mark.review2(15)
def test_a_backup_counts_a_damaged_picture_although_it_links_the_good_copy_of_before(
    sqlite_places: BackupPlaces,
) -> None:
    places = sqlite_places
    places.back_up()
    lose_two(places)
    result = places.back_up()
    totals = result.manifest.pictures
    assert (totals.damaged, totals.missing, totals.kept, totals.linked) == (1, 1, 2, totals.count - 2)
    assert [line for line in result.warnings if "damaged in the department: 1, missing: 1; whole in this" in line]


@pytest.mark.review2(15)
def test_a_drill_tells_of_pictures_that_the_department_lost(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    places.back_up()
    lose_two(places)
    report = places.drill(places.back_up().path)
    assert (report.is_good, len(report.warnings)) == (True, 1)  # whole in the backup
    assert "missing: 1; whole in this backup: 2" in report.warnings[0]
    assert "warning: pictures damaged in the department: 1" in run(places, "drill", report.backup).output


@pytest.mark.review2(15)
def test_a_drill_of_a_backup_that_lacks_a_picture_is_not_good(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    lose_two(places)
    report = places.drill(places.back_up().path)
    assert not report.is_good
    assert "neither the department nor any of its backups had whole: 2" in report.faults[0]


@pytest.mark.review2(15)
def test_a_lost_picture_stays_in_the_backups_until_its_read_is_deleted(sqlite_places: BackupPlaces) -> None:
    places, moment = sqlite_places, datetime.now(UTC)
    places.back_up(moment)
    lost = lose_two(places)
    for days in (20, 40, 60):
        newest = places.back_up(moment + timedelta(days=days)).path
        kept = [newest / "department" / "images" / path.parent.name / path.name for path in lost]
        assert all(path.is_file() for path in kept)
    places.office.execute("DELETE FROM items WHERE kind = 'image'")
    newest = places.back_up(moment + timedelta(days=61)).path
    assert not list((newest / "department" / "images").rglob("*.jpg"))


@pytest.mark.review2(15)
def test_lost_pictures_are_put_back_from_the_backups_by_a_command(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    before = places.office.files()
    places.back_up()
    lose_two(places)
    places.back_up()
    assert run(places, "verify").exit_code == 1
    done = run(places, "images", "restore", places.target)
    assert (done.exit_code, done.output.split(";")[1].strip()) == (0, "2 restored, 0 in no backup")
    assert places.office.files() == before
    assert run(places, "verify").exit_code == 0
    assert integrity_warnings(places.directory) == []
    assert places.drill(places.back_up().path).warnings == ()


@pytest.mark.review2(15)
def test_a_restored_picture_is_encrypted_under_the_key_of_its_day(sqlite_places: BackupPlaces, tmp_path: Path) -> None:
    places = sqlite_places
    places.back_up()  # as the pictures came, before there was a key
    key = tmp_path / "images.key"
    make_master_key(key, places.directory)
    set_images(places.directory, key=str(key))
    encrypt_images(places.directory, lambda done, total: None)
    lose_two(places)
    result = restore_pictures(places.directory, places.target, quiet)
    assert (result.restored, result.lost) == (2, 0)
    assert not [path for path in (places.directory / "images").rglob("*.jpg") if path.read_bytes()[:2] == b"\xff\xd8"]
    assert verify_department(places.directory).is_whole


@pytest.mark.review2(15)
def test_a_picture_that_no_backup_has_is_reported_until_its_loss_is_accepted(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    lose_two(places)
    places.back_up()
    first = run(places, "images", "restore", places.target, "--json")
    assert (first.exit_code, json.loads(first.stdout)["lost"]) == (1, 2)
    assert integrity_warnings(places.directory)
    with pytest.raises(DepartmentError, match="say why they are lost"):
        accept_loss(places.directory, "login:ana", " ")
    done = run(places, "images", "restore", places.target, "--accept-loss", "disk failed before the first backup")
    assert done.exit_code == 0, done.output
    assert integrity_warnings(places.directory) == []
    assert places.drill(places.back_up().path).is_good
    assert run(places, "verify").exit_code == 1
    max((places.directory / "images").rglob("*.jpg")).unlink()  # another one
    places.back_up()
    assert places.drill(places.back_up().path).warnings
    assert "missing: 2, 2 of them accepted as lost" in integrity_warnings(places.directory)[0]


@pytest.mark.review2(15)
def test_a_picture_that_cannot_be_shown_is_on_record_at_once(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    one, two = lose_two(places)
    for path in (one, two, two):
        with places.office.storage.database.reading() as connection, pytest.raises(LostError, match="cannot be shown"):
            places.office.storage.images.require(connection, path.stem)
    assert [line for line in health(places) if TWO_LOST in line]


@pytest.mark.review2(15)
def test_a_picture_that_the_disk_does_not_give_back_stops_neither_backup_nor_verify_nor_its_return(
    sqlite_places: BackupPlaces,
) -> None:
    places = sqlite_places
    places.back_up()
    one = min((places.directory / "images").rglob("*.jpg"))
    one.unlink()
    one.symlink_to("/proc/self/mem")  # whose first byte reads as a bad sector does: EIO
    totals = places.back_up().manifest.pictures
    assert (totals.damaged, totals.missing, totals.kept) == (1, 0, 1)
    found = verify_department(places.directory)
    assert (found.damaged_images, found.missing_images) == (1, 0)
    assert restore_pictures(places.directory, places.target, quiet).restored == 1
    assert verify_department(places.directory).is_whole


@pytest.mark.review2(15)
def test_damaged_bodies_rows_and_holds_are_reported_as_well(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    places.office.execute("UPDATE items SET body = CAST('x' AS BLOB) WHERE item_id = 'read-1'")
    places.back_up()
    assert "bodies that do not fit their digests: 1" in health(places)[0]
    places.office.execute("UPDATE reads SET plate = 'X' WHERE read_id = 'read-2'")
    verify_department(places.directory)
    assert [line.partition(":")[0] for line in health(places)[:2]] == [
        "bodies that do not fit their digests",
        "items that searches find by what they do not say",
    ]


@pytest.fixture
def bucket_places(tmp_path: Path, seaweedfs: SeaweedServer, target_folder: Path) -> Iterator[BackupPlaces]:
    """A department with a bucket and a master key."""
    key = tmp_path / "images.key"
    make_master_key(key, tmp_path / "department")
    images = seaweedfs.settings(f"l{abs(hash(tmp_path))}") | {"key": str(key)}
    with BackupPlaces.fill(tmp_path, EngineUnderTest("sqlite", str), target_folder, images) as places:
        yield places


def change_last_byte(content: bytes | None) -> bytes:
    assert content
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.review2(15)
def test_lost_pictures_of_a_bucket_are_counted_kept_and_put_back(bucket_places: BackupPlaces) -> None:
    places = bucket_places
    places.back_up()
    bucket = bucket_of(places.directory)
    one, two = sorted(bucket.names())[:2]
    bucket.replace(one, change_last_byte(bucket.read(one)))
    bucket.remove(two)
    second = places.back_up()
    totals = second.manifest.pictures
    assert (totals.damaged, totals.missing, totals.kept) == (1, 1, 2)
    assert [line for line in health(places) if TWO_LOST in line]
    assert places.drill(second.path).is_good
    result = restore_pictures(places.directory, places.target, quiet)
    assert (result.restored, result.lost) == (2, 0)
    assert verify_department(places.directory).is_whole


@pytest.mark.review2(15)
def test_of_a_bucket_what_looks_unchanged_is_fetched_again_once_verify_found_it_damaged(
    bucket_places: BackupPlaces,
) -> None:
    places, later = bucket_places, datetime.now(UTC) + timedelta(days=2)
    places.back_up(later)  # as if all pictures had come two days before
    bucket = bucket_of(places.directory)
    same_size, shorter, missing = sorted(bucket.names())[:3]
    bucket.replace(same_size, change_last_byte(bucket.read(same_size)))
    bucket.replace(shorter, b"short")
    bucket.remove(missing)
    totals = places.back_up(later + timedelta(hours=1)).manifest.pictures
    assert (totals.damaged, totals.missing, totals.kept) == (1, 1, 2)
    assert verify_department(places.directory).damaged_images == 2
    totals = places.back_up(later + timedelta(hours=2)).manifest.pictures
    assert (totals.damaged, totals.missing, totals.kept) == (2, 1, 3)


@pytest.mark.review2(15)
def test_no_damaged_picture_goes_to_another_system(sqlite_places: BackupPlaces) -> None:
    storage, (one, _) = sqlite_places.office.storage, lose_two(sqlite_places)
    whole = next(path.stem for path in (sqlite_places.directory / "images").rglob("*.jpg") if path != one)
    content = EventContent({}, {"crop_base64": one.stem, "scene_base64": whole}, is_of_hit=True)
    with storage.database.reading() as connection:
        assert set(picture_values(connection, storage.images, content)) == {"scene_base64"}
