"""What retention deleted is on record by counts and a digest, and that a read was deleted can be shown by its id."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.services.audit.deletion_records import (
    DELETE_READS,
    DeletionFinding,
    deletion_records,
    find_deletion,
    record_deletions,
)
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.retention import deleted_list
from alpr_edge.store.retention.purge import Purge
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import Staff
from tests.store.holds import a_hold, place
from tests.store.records import bear_out, instant
from tests.store.retention.test_purge import LIMITS, MUCH, SOON, deliver, keep, left
from tests.units import write_bare_unit


@dataclass
class Car:
    """A unit that deletes."""

    file: Path
    staff: Staff
    store: UnitStore

    def purge(self, *read_ids: str) -> None:
        """Store reads that the department has, and delete all that may be deleted."""
        for read_id in read_ids:
            keep(self.store.reads, read_id)
        deliver(self.store.outbox)
        bear_out(self.store.database, SOON)
        purge = Purge(self.store.database, self.store.reads, LIMITS)
        while purge.step(SOON, MUCH):
            pass

    def record(self) -> int:
        return record_deletions(self.staff.unit, self.store.database, instant())

    def find(self, read_id: str) -> DeletionFinding:
        with open_access_log(self.staff.unit, migrate=False) as log:
            return find_deletion(log, self.store.database, read_id)

    def records(self) -> list[AccessRecord]:
        return [record for record in self.staff.records() if record.action == DELETE_READS]


@pytest.fixture
def car(tmp_path: Path) -> Iterator[Car]:
    file = write_bare_unit(tmp_path)
    staff = Staff(file)
    with open_store(staff.unit, migrate=True) as store:
        yield Car(file, staff, store)


def test_a_run_is_one_record_of_counts_rule_and_digest(car: Car) -> None:
    car.purge("read-1", "read-2")
    assert (car.record(), car.record()) == (2, 0)
    (record,) = car.records()
    assert record.note == "room 2; kept acknowledged 30 d, unacknowledged 366 d"
    assert (record.person, len(record.objects[0])) == ("unit", 64)
    assert "read-1" not in record.model_dump_json()
    with open_access_log(car.staff.unit, migrate=False) as log:
        assert [each.sha256 for each in deletion_records(log)] == [record.objects[0]]


def test_a_rule_of_part_of_a_day_is_told_as_it_is(car: Car) -> None:
    text_of = car.file.read_text(encoding="utf-8")
    car.file.write_text(f"{text_of}\n[retention]\nacknowledged_days_max = 0.5\n", encoding="utf-8")
    car.purge("read-1")
    with open_store(load(car.file), migrate=False) as store:
        assert record_deletions(load(car.file), store.database, instant()) == 1
    assert [record.note for record in car.records()] == ["room 1; kept acknowledged 0.5 d, unacknowledged 366 d"]


def test_that_a_read_was_deleted_is_shown_by_its_id_and_of_others_it_is_not(car: Car) -> None:
    keep(car.store.reads, "held")
    place(car.store.database, a_hold(), "held")
    car.purge("read-1")
    assert car.find("read-1").is_uncounted, "between the deletion and its record"
    car.record()
    car.purge("read-2")
    car.record()
    (found,) = car.find("read-1").records
    (later,) = car.find("read-2").records
    assert later.sequence > found.sequence
    assert left(car.store.database) == {"held"}
    assert car.find("held") == DeletionFinding("held")
    assert car.find("never-read") == DeletionFinding("never-read")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM deleted_reads WHERE seq = 2",
        "INSERT INTO deleted_reads (leaf, ground, record) SELECT x'00', 'age', record FROM deleted_reads WHERE seq = 1",
        "UPDATE deleted_reads SET record = 999 WHERE seq = 1",
    ],
)
def test_a_list_that_was_changed_shows_nothing(car: Car, change: str) -> None:
    car.purge("read-1", "read-2")
    car.record()
    with car.store.database.write() as connection:
        connection.execute(text(change))
    found = car.find("read-1")
    assert (found.records, len(found.contradicted)) == ((), 1)


def test_a_cut_between_the_record_and_the_note_of_it_loses_nothing(car: Car) -> None:
    car.purge("read-1")
    deleted = deleted_list.reads_to_record(car.store.database)
    assert deleted is not None
    car.record()
    with car.store.database.write() as connection:
        connection.execute(text("UPDATE deleted_reads SET record = NULL"))
    assert car.record() == 1
    assert [record.objects for record in car.records()] == [(deleted.sha256,)] * 2
    assert len(car.find("read-1").records) == 1


def test_the_command_shows_the_runs_and_that_a_read_was_deleted(car: Car) -> None:
    car.purge("read-1")
    car.record()

    def edge(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["audit", "deletions", *words, "--settings", str(car.file)])
        return done.exit_code, done.output

    code, output = edge()
    assert (code, "room 1; kept acknowledged 30 d" in output) == (0, True)
    code, output = edge("--id", "read-1", "--json")
    assert (code, len(json.loads(output.splitlines()[-1])["records"])) == (0, 1)
    assert edge("--id", "read-2")[0] == 1
    assert "not among the reads deleted here" in edge("--id", "read-2")[1]
