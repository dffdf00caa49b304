"""Appending: order, durability, several processes at a time, and what happens when a record cannot be kept."""

import itertools
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from alpr_edge.access.authorisation.record_texts import record_objects
from alpr_edge.domain.access_log.records import OBJECTS_MAX, parse_record
from alpr_edge.domain.errors import DamagedError, RefusedError, StoreError
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf
from alpr_edge.settings import Settings, load
from alpr_edge.store.access_log.checkpoints import log_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import metadata
from tests.domain.access_log.entries import entry
from tests.store.records import instant
from tests.units import write_bare_unit

ROOT = Path(__file__).parents[3]
WAIT_S = 120.0


def sequences(log: AccessLog) -> list[int]:
    return [record.sequence for record in log.read(0, 100_000)]


def viewer(unit: Path, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.store.access_log.viewer", str(unit / "alpr-edge.toml"), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_records_are_numbered_and_their_tree_is_theirs(log: AccessLog) -> None:
    kept = [log.append(entry(number), instant(number)) for number in range(70)]
    stored = log.read(0, 1000)
    assert [parse_record(record.body) for record in stored] == kept
    assert [record.leaf for record in stored] == [hash_leaf(record.body) for record in stored]
    assert {(record.unit_id, record.log_id) for record in kept} == {("unit-1", log.log_id)}
    tree = CompactRange()
    for record in stored:
        tree.append(hash_leaf(record.body))
    assert (log.head().size, log.head().root) == (70, tree.root)
    assert [record.sequence for record in log.read(30, 5)] == [30, 31, 32, 33, 34]
    assert log_key(log) is None, "nothing is signed yet"


def test_the_log_stays_the_same_when_it_is_opened_again(log: AccessLog, unit: Settings) -> None:
    log.append(entry(), instant())
    with open_access_log(unit, migrate=True) as again, open_access_log(unit, migrate=False) as other:
        assert again.log_id == other.log_id == log.log_id
        assert other.append(entry(), instant()).sequence == 1
    assert sequences(log) == [0, 1]


def test_the_migration_makes_the_tables_that_the_code_uses(log: AccessLog) -> None:
    with log.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        strict = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE strict = 1")
        assert set(strict.scalars()) == set(metadata.tables)


def test_an_append_reads_few_nodes_of_a_long_log(log: AccessLog) -> None:
    for number in range(255):
        log.append(entry(number), instant())
    statements: list[str] = []
    event.listen(log.database.engine, "before_cursor_execute", lambda *words: statements.append(words[2]))
    log.append(entry(255), instant())
    assert len(statements) < 20
    log.append(entry(256), instant())
    assert len(statements) < 30


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET body = x'00' WHERE sequence = 1",
        "DELETE FROM records WHERE sequence = 1",
        "UPDATE nodes SET value = x'00'",
        "DELETE FROM nodes",
    ],
)
def test_records_and_nodes_are_only_added(log: AccessLog, statement: str) -> None:
    for number in range(3):
        log.append(entry(number), instant())
    before = log.read(0, 10)
    with pytest.raises(RefusedError), log.writing() as connection:
        connection.exec_driver_sql(statement)
    assert [(record.body, record.leaf) for record in log.read(0, 10)] == [(r.body, r.leaf) for r in before]


def test_several_processes_append_without_a_gap(log: AccessLog, tmp_path: Path) -> None:
    viewers = [viewer(tmp_path, 30) for _ in range(3)]
    shown = [line for each in viewers for line in each.communicate(timeout=WAIT_S)[0].split()]
    assert [each.returncode for each in viewers] == [0, 0, 0]
    assert sorted(map(int, shown)) == list(range(90)) == sequences(log)


@pytest.mark.parametrize("attempt", range(6))
def test_nothing_is_shown_without_its_record_when_the_program_is_killed(
    log: AccessLog, tmp_path: Path, attempt: int
) -> None:
    with viewer(tmp_path, 100_000) as program:
        assert program.stdout is not None
        shown = [program.stdout.readline()]
        time.sleep(random.Random(attempt).uniform(0.0, 0.3))
        program.kill()
        shown += program.stdout.readlines()
    whole = [int(line) for line in shown if line.endswith("\n")]
    assert whole == list(range(len(whole)))
    stored = sequences(log)
    assert stored == list(range(len(stored)))
    assert len(stored) >= len(whole), "a record may lack its display, never a display its record"
    assert log.append(entry(), instant()).sequence == len(stored)


def test_a_record_that_is_too_large_is_refused_and_the_log_goes_on(log: AccessLog) -> None:
    with pytest.raises(RefusedError, match="at most 65536 bytes"):
        log.append(entry(0, objects=("x" * 128,) * OBJECTS_MAX), instant())
    assert log.append(entry(), instant()).sequence == 0


def test_a_full_database_raises_and_keeps_what_was_there(log: AccessLog) -> None:
    with log.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    kept: list[int] = []

    def fill() -> None:
        kept.extend(log.append(entry(number), instant()).sequence for number in itertools.count())

    with pytest.raises(StoreError, match="disk is full"):
        fill()
    assert sequences(log) == kept
    assert log.head().size == len(kept)


def test_without_its_key_nothing_opens(log: AccessLog, unit: Settings) -> None:
    (unit.store.keys_directory / "access.key").unlink()
    with pytest.raises(StoreError, match="no such key"), open_access_log(unit, migrate=False):
        pass


def test_another_key_opens_nothing_and_replaces_nothing(log: AccessLog, unit: Settings) -> None:
    log.append(entry(), instant())
    key = unit.store.keys_directory / "access.key"
    before = key.read_bytes()
    key.write_bytes(bytes(32))
    with pytest.raises(DamagedError, match="of another access key"), open_access_log(unit, migrate=True):
        pass
    key.write_bytes(before)
    with open_access_log(unit, migrate=True) as again:
        assert again.head().size == 1


def test_only_who_may_migrate_makes_the_log(tmp_path: Path) -> None:
    unit = load(write_bare_unit(tmp_path))
    with pytest.raises(StoreError, match="start alpr-edge run first"), open_access_log(unit, migrate=False):
        pass


def test_nothing_of_a_record_is_readable_on_the_disk(log: AccessLog, unit: Settings) -> None:
    log.append(entry(0, query="7ABC123", note="a word to look for"), instant())
    for path in unit.unit.data_directory.glob("access.db*"):
        content = path.read_bytes()
        assert b"7ABC123" not in content
        assert b"a word to look for" not in content


def test_a_record_names_as_many_objects_as_it_has_room_for(log: AccessLog) -> None:
    ids = [f"{'u' * 64}:{number:036}" for number in range(1000)]
    named = tuple(record_objects(ids))
    assert 300 < len(named) < 1000
    assert log.append(entry(objects=named), instant()).objects == tuple(ids[: len(named)])
    assert tuple(record_objects(ids[:300])) == tuple(ids[:300])
    assert len(tuple(record_objects(["r"] * 1001))) == 1000
