"""Full disks, damaged disks, wrong keys and backups that were tampered with and signed anew."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.department.backups.manifest import BackupManifest, load_manifest, sign_manifest
from alpr_edge.department.backups.restore import RestorePlace, SignedBackup, restore
from alpr_edge.department.backups.target import LIST_NAME, MANIFEST_NAME, NOTE_NAME
from alpr_edge.department.db.schema import VERSION
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from scripts.faults.disk import Disk
from tests.department.backups.places import BackupPlaces, flip, names_in, outcomes_of, quiet
from tests.department.engines import EngineUnderTest

SIZE = 180 << 20
DATABASE = "database/department.db"


@pytest.mark.parametrize(("at", "words"), [("database", "is full"), ("pictures", "No space left")])
def test_a_disk_that_gets_full_leaves_the_backups_before(
    tmp_path: Path,
    at: str,
    words: str,
    require_tool: Callable[[str], str],
    require_system_module: Callable[[str], str],
) -> None:
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
    with Disk(tmp_path / "disk.img", SIZE) as disk:
        target = disk.folder / "backups"
        target.mkdir(mode=0o700)
        with BackupPlaces.fill(tmp_path, EngineUnderTest("sqlite", str), target) as places:
            first = places.back_up().path
            places.office.execute(
                "INSERT INTO items (item_id, unit_id, kind, sha256, length, body, received_at) "
                "VALUES ('large', 'unit-1', 'read', '', 6000000, zeroblob(6000000), '2026-11-20 00:00:00.000000')"
            )
            # Copied after the pictures, and larger than what a full file system keeps for itself.
            (places.directory / "large-file").write_bytes(os.urandom(4 << 20))
            filled: list[str] = []

            def fill(name: str, done: int, total: int | None) -> None:
                if name == at and not filled:
                    disk.fill()
                    filled.append(name)

            with pytest.raises(StoreError, match=words):
                places.back_up(tick=fill)
            assert names_in(target) == [first.name]
            assert words in outcomes_of(places.directory)[-1]["reason"]
            with pytest.raises(StoreError, match=r"the backup needs about \d+ MiB, and 0 are free"):
                places.back_up()
            disk.free()
            assert places.drill(first).is_good


def test_pictures_that_were_damaged_in_the_backup_before_are_copied_anew(sqlite_places: BackupPlaces) -> None:
    first = sqlite_places.back_up().path
    picture = min((first / "department" / "images").rglob("*.jpg"))
    flip(picture, 7)
    second = sqlite_places.back_up()
    assert second.manifest.pictures.linked == second.manifest.pictures.count
    assert sqlite_places.drill(second.path).is_good
    assert not sqlite_places.drill(first).is_good


def test_damage_at_the_department_is_told_and_keeps_nobody_from_backing_up(sqlite_places: BackupPlaces) -> None:
    one, two = sorted((sqlite_places.directory / "images").rglob("*.jpg"))[:2]
    flip(one, 7)
    two.unlink()
    sqlite_places.office.execute("UPDATE items SET body = CAST('x' AS BLOB) WHERE item_id = 'read-1'")
    result = sqlite_places.back_up()
    found = (
        "bodies that do not fit their digests: 1; see: alpr-edge department verify",
        (
            "pictures damaged in the department: 1, missing: 1; whole in this backup: 0; "
            "run: alpr-edge department images restore"
        ),
    )
    assert result.warnings[-2:] == found
    report = sqlite_places.drill(result.path)
    assert (report.is_good, report.warnings) == (False, found)
    assert report.faults == (
        (
            "pictures that neither the department nor any of its backups had whole: 2; "
            "see: alpr-edge department images restore"
        ),
    )


def change_database(places: BackupPlaces, statement: str) -> Path:
    """Change the database of a backup, and list and sign it anew, as one could who has the department's key."""
    backup = places.back_up().path
    with closing(sqlite3.connect(backup / DATABASE)) as connection:
        connection.executescript(statement)
    sha256 = hashlib.sha256((backup / DATABASE).read_bytes()).hexdigest()
    lines = (backup / LIST_NAME).read_text().splitlines()
    text = "".join(f"{sha256}  {DATABASE}\n" if line.endswith(DATABASE) else f"{line}\n" for line in lines)
    (backup / LIST_NAME).write_text(text)
    manifest = load_manifest(backup, Witness(places.directory).key)
    files = manifest.files.model_copy(update={"list_sha256": hashlib.sha256(text.encode()).hexdigest()})
    sign_anew(backup, manifest.model_copy(update={"files": files}), places.directory)
    return backup


def sign_anew(backup: Path, manifest: BackupManifest, directory: Path) -> None:
    (backup / MANIFEST_NAME).write_bytes(manifest.content)
    (backup / NOTE_NAME).write_bytes(sign_manifest(manifest, Witness(directory), datetime.now(UTC)))


TAMPERED = {
    "DELETE FROM reads WHERE read_id = 'read-1'": "table reads: not as it was backed up; 7 rows, of 8",
    "DELETE FROM items WHERE item_id = 'read-1'": "the items that had arrived before are not all there",
    "UPDATE items SET body = CAST('{}' AS BLOB) WHERE kind = 'access_record'": "access log ",
    "DROP TRIGGER deletion_runs_no_delete; DELETE FROM deletion_runs;": "record of deletions: its root is not",
    "UPDATE alembic_version SET version_num = '0010'": f"the tables are of version 10, not {VERSION}",
}
"""Changes of a backup's database, and what a drill says of each."""


def test_a_drill_compares_tables_and_logs_and_does_not_believe_the_files(sqlite_places: BackupPlaces) -> None:
    for statement, fault in TAMPERED.items():
        report = sqlite_places.drill(change_database(sqlite_places, statement))
        assert not report.is_good
        assert any(fault in line for line in report.faults), report.faults


def test_a_backup_that_somebody_else_signed_is_none(sqlite_places: BackupPlaces, tmp_path: Path) -> None:
    backup = sqlite_places.back_up().path
    manifest = load_manifest(backup, Witness(sqlite_places.directory).key)
    stranger = tmp_path / "stranger"
    stranger.mkdir(mode=0o700)
    sign_anew(backup, manifest, stranger)
    with pytest.raises(AuditError, match="not cosigned by alpr-edge/department"):
        SignedBackup(backup, Witness(sqlite_places.directory).key)
    assert "not cosigned" in sqlite_places.drill(backup).faults[0]


def test_files_that_were_put_in_or_taken_out_are_named(sqlite_places: BackupPlaces) -> None:
    backup = sqlite_places.back_up().path
    (backup / "department" / "roster.key").write_bytes(b"planted")
    (backup / "department" / "lists" / "state" / "00000001.complete").unlink()
    with pytest.raises(StoreError, match=r"00000001\.complete: missing, and 1 files more"):
        SignedBackup(backup, Witness(sqlite_places.directory).key).check_files(quiet)


def test_nothing_is_restored_over_anything_or_without_its_keys(sqlite_places: BackupPlaces, tmp_path: Path) -> None:
    backup = sqlite_places.back_up().path
    signed = SignedBackup(backup, Witness(sqlite_places.directory).key)
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "something").touch()
    places = {
        "not an empty folder": RestorePlace(occupied),
        "backup is of SQLite": RestorePlace(tmp_path / "new", cluster=tmp_path / "cluster"),
        r"ca\.key: missing": RestorePlace(tmp_path / "new", keys=occupied),
    }
    for words, place in places.items():
        with pytest.raises(DepartmentError, match=words):
            restore(signed, place, quiet)
    assert not (tmp_path / "new").exists()


def test_keys_that_were_replaced_stay_for_the_backups_before(sqlite_places: BackupPlaces, tmp_path: Path) -> None:
    (sqlite_places.directory / "server.key").write_bytes(b"another key")
    first = sqlite_places.back_up().path
    before = (sqlite_places.keys / "server.key").read_bytes()
    (sqlite_places.directory / "server.key").write_bytes(b"a newer key")
    sqlite_places.back_up()
    assert (sqlite_places.keys / "server.key").read_bytes() == b"a newer key"
    restored = sqlite_places.restore(first, tmp_path / "restored")
    assert (restored / "server.key").read_bytes() == before == b"another key"
    names = {path.name: path.stat().st_mode & 0o777 for path in restored.iterdir() if path.is_file()}
    assert {"ca.key", "people.key", "witness.key", "roster.key"} <= set(names)
    assert set(names.values()) == {0o600}
    assert (restored / "images").stat().st_mode & 0o777 == 0o700


def test_secrets_stay_out_of_backups(sqlite_places: BackupPlaces) -> None:
    directory = sqlite_places.directory
    pem = (directory / "ca.key").read_bytes()
    assert b"PRIVATE KEY-----" in pem
    (directory / "agency.pem").write_bytes(pem)
    (directory / "lists" / "state" / "signing.key").write_bytes(b"x")
    result = sqlite_places.back_up()
    assert result.manifest.left_out == ("agency.pem", "lists/state/signing.key")
    assert set(result.manifest.keys) == {"ca.key", "people.key", "roster.key", "server.key", "witness.key"}
    content = b"".join(path.read_bytes() for path in result.path.rglob("*") if path.is_file())
    for name in ("ca.key", "people.key", "roster.key", "server.key", "witness.key"):
        assert (directory / name).read_bytes() not in content
    sqlite_places.keys = sqlite_places.target / "keys"
    with pytest.raises(DepartmentError, match="keys belong apart from the backups"):
        sqlite_places.back_up()


def test_a_disk_that_is_not_mounted_is_not_taken_for_an_empty_one(sqlite_places: BackupPlaces) -> None:
    (sqlite_places.target / "disk").mkdir(mode=0o700)
    sqlite_places.target /= "disk"
    sqlite_places.back_up()
    sqlite_places.target.rename(sqlite_places.target.with_name("elsewhere"))
    with pytest.raises(DepartmentError, match=r"is its disk mounted\?"):
        sqlite_places.back_up()
    sqlite_places.target.mkdir(mode=0o700)
    with pytest.raises(DepartmentError, match=r"are gone; is its disk mounted\?"):
        sqlite_places.back_up()
    assert [each["is_good"] for each in outcomes_of(sqlite_places.directory)] == [True, False, False]


def test_a_target_belongs_to_one_department_and_lies_apart(sqlite_places: BackupPlaces) -> None:
    sqlite_places.back_up()
    manifest = next(sqlite_places.target.glob(f"*/{MANIFEST_NAME}"))
    manifest.write_text(manifest.read_text().replace('"department": "', '"department": "0'))
    with pytest.raises(DepartmentError, match="holds backups of another department"):
        sqlite_places.back_up()
    sqlite_places.target = sqlite_places.directory / "backups"
    with pytest.raises(DepartmentError, match="backups belong apart from the department"):
        sqlite_places.back_up()
