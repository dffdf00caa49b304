"""Records of earlier runs come back in parts, together where the store takes them, and their reads are closed last."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from alpr_edge.app.store_upkeep.earlier_records import EarlierRecords
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.settings import load
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.record_intake import RecordIntake
from alpr_edge.store.recovery.refused_records import REFUSED, TAKEN_TOGETHER, RefusedRecords
from alpr_edge.store.unit_store import open_store
from tests.store.query_plans import once
from tests.store.records import closed, decided, decided_record, plate_read
from tests.units import write_bare_unit

WHY = "the disk was full"
VOTES = 21


@pytest.fixture
def aside(data: Path, key: bytes, store: ReadStore) -> RefusedRecords:
    return RefusedRecords(data, key)


@pytest.fixture
def intake(aside: RefusedRecords, store: ReadStore) -> RecordIntake:
    return RecordIntake(aside, store)


@contextmanager
def counted_commits(database: Database) -> Iterator[list[int]]:
    """A one for each transaction that the body commits."""
    commits = list[int]()

    def note(_: object) -> None:
        commits.append(1)

    event.listen(database.engine, "commit", note)
    try:
        yield commits
    finally:
        event.remove(database.engine, "commit", note)


def end_of(read_id: str) -> ReadUpdate:
    return closed(replace(plate_read(read_id), vote_count=VOTES))


def is_closed(store: ReadStore, read_id: str) -> bool:
    stored = store.get(read_id)
    assert stored is not None
    return stored.closed


def work_off(intake: RecordIntake, aside: RefusedRecords) -> None:
    for _ in range(aside.count() + 1):
        intake.step()


def test_a_step_tries_some_and_an_end_that_comes_late_still_finds_its_read_open(
    intake: RecordIntake, aside: RefusedRecords, store: ReadStore
) -> None:
    store.commit([decided(plate_read("end-aside")), decided(plate_read("end-lost"))])
    aside.add([decided_record(f"aside-{number}") for number in range(TAKEN_TOGETHER)], WHY)
    aside.add([end_of("end-aside")], WHY)
    intake.begin()
    intake.step()
    assert aside.count() == 1
    assert not is_closed(store, "end-aside")
    store.commit([decided(plate_read("of-this-run"))])
    work_off(intake, aside)
    assert aside.count() == 0
    stored = store.get("end-aside")
    assert stored is not None
    assert (stored.closed, stored.read.vote_count) == (True, VOTES)
    assert is_closed(store, "end-lost")
    assert is_closed(store, "aside-0")
    assert not is_closed(store, "of-this-run")


def test_records_that_the_store_takes_come_in_by_one_commit_and_one_that_it_refuses_costs_no_other(
    intake: RecordIntake, aside: RefusedRecords, store: ReadStore, database: Database
) -> None:
    aside.add(
        [record for n in range(TAKEN_TOGETHER // 2) for record in (decided_record(f"a-{n}"), end_of(f"a-{n}"))], WHY
    )
    intake.begin()
    with counted_commits(database) as commits:
        intake.step()
    assert (aside.count(), store.counts().reads) == (0, TAKEN_TOGETHER // 2)
    assert len(commits) < TAKEN_TOGETHER / 2
    later = RecordIntake(aside, store)
    spoilt = decided(replace(plate_read("spoilt"), confidence=float("nan")))
    aside.add([decided_record("before"), spoilt, decided_record("behind")], WHY)
    later.begin()
    work_off(later, aside)
    assert [one.read_id for one in aside.list_records()] == ["spoilt"]
    assert is_closed(store, "before")
    assert is_closed(store, "behind")


def test_while_the_store_takes_nothing_none_is_given_up(
    intake: RecordIntake, aside: RefusedRecords, database: Database
) -> None:
    aside.add([decided_record(f"aside-{number}") for number in range(3)], WHY)
    intake.begin()
    database.close()
    for _ in range(2):
        with pytest.raises(StoreError):
            intake.step()
    assert aside.count() == 3


def test_a_unit_goes_on_with_what_its_start_left_and_tells_of_no_failure(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True) as store:
        store.reads.commit([decided(plate_read("open"))])
        store.refused_records.add([decided_record(f"aside-{number}") for number in range(3 * TAKEN_TOGETHER)], WHY)
    with open_store(settings, migrate=True) as store:
        store.intake.begin()
        store.intake.step()
        upkeep = EarlierRecords(store)
        assert store.refused_records.count() == 2 * TAKEN_TOGETHER
        for _ in range(3):
            upkeep.step()
        assert store.refused_records.count() == 0
        assert store.reads.counts().open_reads == 0
        store.refused_records.add([decided_record("of-this-run")], WHY)
        upkeep.step()
        assert store.refused_records.count() == 1, "it is for the next start"
    with open_store(settings, migrate=True) as store:
        assert store.recover() == []
        assert (store.refused_records.count(), store.reads.counts().open_reads) == (0, 0)


def test_where_earlier_records_cannot_be_looked_for_no_read_of_this_run_is_closed(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    folder = settings.unit.data_directory / REFUSED
    with open_store(settings, migrate=True) as store:
        store.reads.commit([decided(plate_read("earlier"))])
        folder.write_bytes(b"")
        assert [fault.partition(": ")[2] for fault in store.recover()] == ["cannot be looked into: Not a directory"]
        folder.unlink()
        store.reads.commit([decided(plate_read("of-this-run"))])
        upkeep = EarlierRecords(store)
        upkeep.step()
        assert upkeep.faults == []
        assert not is_closed(store.reads, "of-this-run")
        assert not is_closed(store.reads, "earlier"), "its end may lie among the records"
    with open_store(settings, migrate=True) as store:
        assert store.recover() == []
        assert store.reads.counts().open_reads == 0


def test_a_file_that_cannot_be_removed_holds_up_no_other_and_is_told(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    folder = settings.unit.data_directory / REFUSED

    def spoil() -> None:
        """Put a folder in the place of the first file, which was read just now: it is no file to remove."""
        (folder / "00000001.record").unlink()
        (folder / "00000001.record").mkdir()

    with open_store(settings, migrate=True) as store:
        store.reads.commit([decided(plate_read("open"))])
        store.refused_records.add([decided_record(f"aside-{number}") for number in range(2 * TAKEN_TOGETHER)], WHY)
        store.intake.begin()
        upkeep = EarlierRecords(store)
        with once(store.database, "after_cursor_execute", spoil):
            upkeep.step()
        for _ in range(2):
            (fault,) = upkeep.faults
            assert fault == f"{folder / '00000001.record'}: cannot be removed: Is a directory"
            upkeep.step()
        assert store.refused_records.count() == 1
        assert (store.reads.counts().reads, store.reads.counts().open_reads) == (2 * TAKEN_TOGETHER + 1, 0)


def test_what_a_start_could_not_take_in_is_told_until_a_later_step_does(tmp_path: Path) -> None:
    settings = load(write_bare_unit(tmp_path))
    with open_store(settings, migrate=True) as store:
        store.refused_records.add([decided_record("aside")], WHY)
        with store.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE reads RENAME COLUMN plate TO hidden")
        assert store.recover() == []
        upkeep = EarlierRecords(store)
        for _ in range(2):
            upkeep.step()
            assert len(upkeep.faults) == 1
        with store.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE reads RENAME COLUMN hidden TO plate")
        upkeep.step()
        assert upkeep.faults == []
        assert (store.refused_records.count(), store.reads.counts().open_reads) == (0, 0)
