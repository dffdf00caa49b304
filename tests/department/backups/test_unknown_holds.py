"""A restored department does not know the holds placed since its backup: it deletes nothing and hands out no holds.

No server over the restored database does, whatever lies in its own folder.
"""

import shutil
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
from alpr_edge.department.backups.backup import BackupResult
from alpr_edge.department.backups.file_list import file_digest, write_list
from alpr_edge.department.backups.manifest import sign_manifest
from alpr_edge.department.backups.target import LIST_NAME, MANIFEST_NAME, NOTE_NAME
from alpr_edge.department.db.database import DepartmentDatabase, migrate_database
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.db.hold_note_file import EARLIEST, FILE_NAME
from alpr_edge.department.holds.unknown_holds import (
    REASON_CHARACTERS_MAX,
    confirm_holds,
    note_unknown_holds,
    unknown_since,
)
from alpr_edge.department.http.health import DepartmentHealth
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import AccessError, DepartmentError
from tests.department.backups.places import READS, BackupPlaces, quiet, read_ids, restore_and_open
from tests.department.engines import query
from tests.department.retention.office import TODAY, UNIT

LATER = TODAY + timedelta(days=400)
"""When every read of the department is due."""
OWNER = Caller("ana", is_owner=True)
EARLIER = "2026-05-04T12:30:00.000Z"
NOTES = [(b'{"since": "2026-05-04T12:30:00.000Z"}', EARLIER), (b'{"since": 7}', EARLIEST), (b"\x00", EARLIEST)]
"""Files of earlier releases, and since when holds are missing by them."""


def purge(storage: Storage) -> int:
    """Delete what is due; how many reads were deleted."""
    return storage.open_purge(lambda: LATER, is_clock_trusted=True).run("login:ana").reads


def confirm(directory: Path, reason: str, caller: Caller = OWNER) -> None:
    """Say that the holds were placed again."""
    with open_office(directory) as office, closing(DepartmentDatabase(directory, create=False)) as database:
        confirm_holds(database, office.authoriser(caller), reason)


def since(directory: Path) -> str | None:
    """Since when holds are missing."""
    with closing(DepartmentDatabase(directory, create=False)) as database, database.reading() as connection:
        return unknown_since(connection)


def last_record(directory: Path) -> tuple[str, str, str]:
    """The newest record of the access log: what was done, by whom, and the note."""
    with open_office(directory) as office:
        record = parse_record(office.log.newest(1)[0].body)
    return record.action, record.person_id, record.note


def test_a_restored_department_deletes_nothing_until_its_holds_were_placed_again(places: BackupPlaces) -> None:
    backup = places.back_up()
    with ExitStack() as stack:
        directory = restore_and_open(places, backup.path, stack)
        storage = stack.enter_context(closing(Storage(directory, create=False)))
        assert since(directory) == backup.manifest.begun
        with pytest.raises(DepartmentError, match=r"placed since 20.* --holds-checked TEXT$") as error_info:
            purge(storage)
        assert len(str(error_info.value).splitlines()) == 1
        assert len(read_ids(directory)) == READS
        assert storage.deletions() == places.office.storage.deletions()
        assert storage.open_purge(lambda: LATER, is_clock_trusted=True).due().reads == READS
        with pytest.raises(DepartmentError, match="are missing"):
            storage.holds.of_unit(UNIT, datetime.now(UTC))
        told = [each.text for each in alarms_of(storage, datetime.now(UTC)) if each.kind is AlarmKind.DELETION]
        assert told == storage.holds.warnings() != []
        health = DepartmentHealth(directory, storage.check, lambda: 0.0, hold_warnings=storage.holds.warnings)
        assert told[0] in health.report()[1]["warnings"]
        confirm(directory, " every car, and the orders on file ")
        note = f"holds placed since {backup.manifest.begun}: every car, and the orders on file"
        assert last_record(directory) == ("confirm_holds", "login:ana", note)
        assert (since(directory), storage.holds.warnings()) == (None, [])
        assert storage.holds.of_unit(UNIT, datetime.now(UTC)).holds == []
        assert purge(storage) == READS


@pytest.mark.review2(16)
def test_the_next_step_after_a_restore_is_not_refused_by_the_backup_s_own_leases(places: BackupPlaces) -> None:
    backup = places.back_up()
    with ExitStack() as stack:
        directory = restore_and_open(places, backup.path, stack)
        assert query(directory, "SELECT name FROM leases") == []
        confirm(directory, "every car")
        storage = stack.enter_context(closing(Storage(directory, create=False)))
        assert purge(storage) == READS


@pytest.mark.review2(16)
def test_no_session_of_before_a_restore_goes_on(sqlite_places: BackupPlaces) -> None:
    """Its person may have signed out or been suspended since."""
    sqlite_places.office.execute(
        "INSERT INTO people_sessions (token_sha256, person_id, factor, login, address, notice_sha256, signed_in, used,"
        " is_locked) VALUES ('t', 'p', 'passkey', 'page', '', '', '{}', '{}', 0)"
    )
    directory = sqlite_places.restore(sqlite_places.back_up().path, sqlite_places.folder / "restored")
    assert query(directory, "SELECT ended FROM people_sessions") == [("administrator",)]


def test_a_department_that_was_never_restored_is_as_before(sqlite_places: BackupPlaces) -> None:
    directory, storage = sqlite_places.directory, sqlite_places.office.storage
    assert (since(directory), storage.holds.warnings()) == (None, [])
    with pytest.raises(DepartmentError, match="no holds are missing here"):
        confirm(directory, "nothing")
    assert sqlite_places.drill(sqlite_places.back_up().path).faults == ()
    assert since(directory) is None, "a drill restores beside"
    assert storage.holds.of_unit(UNIT, datetime.now(UTC)).holds == []
    assert purge(storage) == READS


def test_nobody_else_confirms_and_not_without_a_reason(sqlite_places: BackupPlaces) -> None:
    directory = sqlite_places.restore(sqlite_places.back_up().path, sqlite_places.folder / "restored")
    for reason in ("", "  ", "two\nlines", "x" * (REASON_CHARACTERS_MAX + 1)):
        with pytest.raises(DepartmentError, match="say where you looked for the holds"):
            confirm(directory, reason)
    with pytest.raises(DepartmentError, match="seems to name a plate"):
        confirm(directory, "every car, and the file of 7ABC123")
    with pytest.raises(AccessError):
        confirm(directory, "every car", Caller("thief"))
    assert last_record(directory)[:2] == ("confirm_holds", "login:thief")
    assert since(directory) is not None


def test_a_second_server_over_the_database_heeds_the_note_and_the_check(places: BackupPlaces) -> None:
    """Its folder is its own: neither is noted there."""
    backup = places.back_up()
    with ExitStack() as stack:
        directory = restore_and_open(places, backup.path, stack)
        other = second_folder(places, directory)
        storage = stack.enter_context(closing(Storage(other, create=False)))
        for _ in range(2):
            with pytest.raises(DepartmentError, match="are missing"):
                purge(storage)
            with pytest.raises(DepartmentError, match="are missing"):
                storage.holds.of_unit(UNIT, datetime.now(UTC))
        confirm(directory, "every car")
        assert storage.holds.of_unit(UNIT, datetime.now(UTC)).holds == []
        assert purge(storage) == READS


def second_folder(places: BackupPlaces, restored: Path) -> Path:
    """The folder of another server: of PostgreSQL one of before the restore; on SQLite there is but one database."""
    if (restored / "department.db").exists():
        return restored
    other = places.folder / "other"
    shutil.copytree(places.directory, other, copy_function=shutil.copy2)
    shutil.copy2(restored / "department.toml", other / "department.toml")
    return other


def test_what_was_missing_before_the_backup_is_missing_after_it(sqlite_places: BackupPlaces) -> None:
    earlier = "2026-05-04T12:30:00.000Z"
    note_unknown_holds(engine_of(sqlite_places.directory), earlier)
    backup = sqlite_places.back_up()
    again = sqlite_places.restore(backup.path, sqlite_places.folder / "again")
    assert since(again) == earlier < backup.manifest.begun
    note_unknown_holds(engine_of(again), backup.manifest.begun)
    confirm(again, "every car")
    assert since(again) is None


def test_a_backup_of_an_earlier_release_is_noted_as_well(places: BackupPlaces) -> None:
    """Its database has no table for that until it is brought up."""
    database = places.office.storage.database
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE unknown_holds")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0032'")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA user_version = 32")
    database.close()  # as the server of that release is stopped
    note_unknown_holds(engine_of(places.directory), "2026-05-04T12:30:00.000Z")
    migrate_database(engine_of(places.directory))
    assert since(places.directory) == "2026-05-04T12:30:00.000Z"


@pytest.mark.parametrize(("content", "noted"), NOTES)
def test_the_file_of_an_earlier_release_counts_until_it_is_confirmed(
    sqlite_places: BackupPlaces, content: bytes, noted: str
) -> None:
    directory = sqlite_places.directory
    (directory / FILE_NAME).write_bytes(content)
    sqlite_places.expire_leases()
    with closing(Storage(directory, create=False)) as storage:
        with pytest.raises(DepartmentError, match=f"placed since {noted} are missing"):
            purge(storage)
        assert (since(directory), (directory / FILE_NAME).exists()) == (noted, False)
        confirm(directory, "every car")
        assert since(directory) is None
        assert purge(storage) == READS


@pytest.mark.parametrize(("content", "noted"), NOTES)
def test_the_file_in_an_older_backup_is_noted_and_not_restored(
    sqlite_places: BackupPlaces, content: bytes, noted: str
) -> None:
    backup = sqlite_places.back_up()
    add_hold_note(sqlite_places.directory, backup, content)
    assert sqlite_places.drill(backup.path).faults == ()
    directory = sqlite_places.restore(backup.path, sqlite_places.folder / "restored")
    assert not (directory / FILE_NAME).exists()
    assert since(directory) == noted < backup.manifest.begun
    confirm(directory, "every car")
    assert since(directory) is None


def add_hold_note(directory: Path, backup: BackupResult, content: bytes) -> None:
    """Put the file into a backup as an earlier release would have backed it up, signed by the department."""
    folder = backup.path
    (folder / "department" / FILE_NAME).write_bytes(content)
    (folder / LIST_NAME).unlink()
    files = write_list(folder, lambda name: file_digest(folder / name), quiet)
    manifest = backup.manifest.model_copy(update={"files": files})
    (folder / MANIFEST_NAME).write_bytes(manifest.content)
    (folder / NOTE_NAME).write_bytes(sign_manifest(manifest, Witness(directory), datetime.now(UTC)))
