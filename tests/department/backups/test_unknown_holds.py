"""A restored department does not know the holds placed since its backup: it deletes nothing and hands out no holds."""

from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
from alpr_edge.department.holds.unknown_holds import (
    FILE_NAME,
    NO_DATE,
    REASON_CHARACTERS_MAX,
    confirm_holds,
    hold_warnings,
    note_unknown_holds,
    unknown_since,
)
from alpr_edge.department.http.health import DepartmentHealth
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import AccessError, DepartmentError, StoreError
from tests.department.backups.places import READS, BackupPlaces, read_ids, restore_and_open
from tests.department.engines import query
from tests.department.retention.office import TODAY, UNIT

LATER = TODAY + timedelta(days=400)
"""When every read of the department is due."""
OWNER = Caller("ana", is_owner=True)


def purge(storage: Storage) -> int:
    """Delete what is due; how many reads were deleted."""
    return storage.purge(lambda: LATER, is_clock_trusted=True).run("login:ana").reads


def confirm(directory: Path, reason: str, caller: Caller = OWNER) -> None:
    """Say that the holds were placed again."""
    with open_office(directory) as office:
        confirm_holds(directory, office.authoriser(caller), reason)


def last_record(directory: Path) -> tuple[str, str, str]:
    """The newest record of the access log: what was done, by whom, and the note."""
    with open_office(directory) as office:
        record = parse_record(office.log.newest(1)[0].body)
    return record.action, record.person_id, record.note


def test_a_restored_department_deletes_nothing_until_its_holds_were_placed_again(places: BackupPlaces) -> None:
    backup = places.back_up()
    with ExitStack() as stack:
        directory = restore_and_open(places, backup.path, stack)
        query(directory, "DELETE FROM leases")  # those of the backup itself, which end after five minutes
        storage = stack.enter_context(closing(Storage(directory, create=False)))
        assert unknown_since(directory) == backup.manifest.begun
        with pytest.raises(DepartmentError, match=r"placed since 20.* --holds-checked TEXT$") as error_info:
            purge(storage)
        assert len(str(error_info.value).splitlines()) == 1
        assert len(read_ids(directory)) == READS
        assert storage.deletions() == places.office.storage.deletions()
        assert storage.purge(lambda: LATER, is_clock_trusted=True).due().reads == READS
        with pytest.raises(DepartmentError, match="are missing"):
            storage.holds.of_unit(UNIT, datetime.now(UTC))
        told = [each.text for each in alarms_of(storage, datetime.now(UTC)) if each.kind is AlarmKind.DELETION]
        assert told == hold_warnings(directory) != []
        assert told[0] in DepartmentHealth(directory, storage.check, lambda: 0.0).report()[1]["warnings"]
        confirm(directory, " every car, and the orders on file ")
        note = f"holds placed since {backup.manifest.begun}: every car, and the orders on file"
        assert last_record(directory) == ("confirm_holds", "login:ana", note)
        assert (unknown_since(directory), hold_warnings(directory)) == (None, [])
        assert storage.holds.of_unit(UNIT, datetime.now(UTC)).holds == []
        assert purge(storage) == READS


def test_a_department_that_was_never_restored_is_as_before(sqlite_places: BackupPlaces) -> None:
    directory, storage = sqlite_places.directory, sqlite_places.office.storage
    assert (unknown_since(directory), hold_warnings(directory)) == (None, [])
    with pytest.raises(DepartmentError, match="no holds are missing here"):
        confirm(directory, "nothing")
    assert sqlite_places.drill(sqlite_places.back_up().path).faults == ()
    assert unknown_since(directory) is None, "a drill restores beside"
    assert storage.holds.of_unit(UNIT, datetime.now(UTC)).holds == []
    assert purge(storage) == READS


def test_nobody_else_confirms_and_not_without_a_reason(sqlite_places: BackupPlaces) -> None:
    directory = sqlite_places.restore(sqlite_places.back_up().path, sqlite_places.folder / "restored")
    for reason in ("", "  ", "two\nlines", "x" * (REASON_CHARACTERS_MAX + 1)):
        with pytest.raises(DepartmentError, match="say where you looked for the holds"):
            confirm(directory, reason)
    with pytest.raises(AccessError):
        confirm(directory, "every car", Caller("thief"))
    assert last_record(directory)[:2] == ("confirm_holds", "login:thief")
    assert unknown_since(directory) is not None


def test_what_was_missing_before_the_backup_is_missing_after_it(sqlite_places: BackupPlaces) -> None:
    first = sqlite_places.back_up()
    directory = sqlite_places.restore(first.path, sqlite_places.folder / "restored")
    (sqlite_places.directory / FILE_NAME).write_bytes((directory / FILE_NAME).read_bytes())
    second = sqlite_places.back_up(datetime.now(UTC) + timedelta(hours=1))
    again = sqlite_places.restore(second.path, sqlite_places.folder / "again")
    assert unknown_since(again) == first.manifest.begun < second.manifest.begun
    assert (again / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"since": 5}', b'{"since": "then"}', b"\xff"])
def test_a_damaged_note_counts_as_one_of_an_unknown_date(tmp_path: Path, content: bytes) -> None:
    assert unknown_since(tmp_path) is None
    (tmp_path / FILE_NAME).write_bytes(content)
    assert unknown_since(tmp_path) == NO_DATE
    (tmp_path / "new").mkdir()
    note_unknown_holds(tmp_path / "new", "2026-05-04T12:30:00.000Z", tmp_path)
    assert unknown_since(tmp_path / "new") == NO_DATE


def test_a_note_that_cannot_be_read_or_removed_stands(sqlite_places: BackupPlaces) -> None:
    directory = sqlite_places.directory
    (directory / FILE_NAME).mkdir()
    assert unknown_since(directory) == NO_DATE
    with pytest.raises(StoreError, match="stays"):
        confirm(directory, "every car")
    assert last_record(directory)[2].startswith("not done: StoreError")
    with pytest.raises(DepartmentError, match="are missing"):
        purge(sqlite_places.office.storage)
