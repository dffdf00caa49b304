"""The department's access log: only ever appended, sealed, and every change of it is found."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.access_log.verification import _faults_of, check_access_log, open_department_checkpoint
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.records import (
    AccessEntry,
    AccessOutcome,
    encode_record,
    parse_record,
    record_moment,
)
from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf
from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof
from tests.department.engines import ROWS_STAY, EngineUnderTest, query
from tests.department.people.office import START

NOW = Instant("boot", 1, START, UtcSource.NTP)
PLATE = "7ABC123"
RECORDS = 11
FIRST_CHECKPOINT = "SELECT checkpoint FROM access_records WHERE sequence = 1"


def entry(number: int, plate: str = PLATE) -> AccessEntry:
    return AccessEntry(
        person_id=f"p-{number % 3}",
        person="Ana Ruiz",
        component="command_line",
        action="search_reads",
        query=plate,
        purpose="stolen_vehicle",
        outcome=AccessOutcome.ALLOWED,
        shown=number,
        happened=record_moment(NOW),
    )


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def log(directory: Path) -> Iterator[DepartmentAccessLog]:
    with closing(DepartmentDatabase(directory)) as database:
        log = DepartmentAccessLog(database, Witness(directory))
        for number in range(RECORDS):
            assert log.append(entry(number), NOW.shift(1000 * number)).sequence == number
        yield log


def findings(log: DepartmentAccessLog, checkpoint: str = "") -> tuple[str, ...]:
    other = open_department_checkpoint(checkpoint, log) if checkpoint else None
    return check_access_log(log, other, lambda done, total: None).findings


def test_what_was_appended_holds_and_is_read_back(log: DepartmentAccessLog, directory: Path) -> None:
    seen: list[tuple[int, int]] = []
    result = check_access_log(log, None, lambda done, total: seen.append((done, total)))
    assert (result.records, result.findings, seen) == (RECORDS, (), [(RECORDS, RECORDS)])
    assert result.checkpoint is not None
    assert findings(log, result.checkpoint) == ()
    assert [record.shown for record in log.read(3, 4)] == [3, 4, 5, 6]
    bodies = b"".join(bytes(body) for (body,) in query(directory, "SELECT body FROM access_records"))
    assert PLATE.encode() not in bodies


def test_the_database_refuses_to_change_or_delete_a_row(log: DepartmentAccessLog, directory: Path) -> None:
    for statement in (
        "UPDATE access_records SET shown = 0",
        "DELETE FROM access_records",
        "DELETE FROM access_nodes WHERE level = 1",
        "UPDATE access_nodes SET place = place",
    ):
        with pytest.raises(StoreError, match=ROWS_STAY):
            query(directory, statement)
    assert findings(log) == ()


def tamper(directory: Path, engine: EngineUnderTest, *statements: str) -> None:
    """Change rows as somebody does who owns the database, but has none of the department's keys."""
    with closing(DepartmentDatabase(directory, create=False)) as database, database.writing() as connection:
        for table in ("access_records", "access_nodes"):
            if engine.name == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            else:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE access_records SET shown = 0 WHERE sequence = 4", "record 4: what stands beside it"),
        ("UPDATE access_records SET person_id = 'p-9' WHERE sequence = 0", "record 0: what stands beside it"),
        ("UPDATE access_records SET received_at = '2026-01-01' WHERE sequence = 2", "record 2: what stands beside it"),
        ("DELETE FROM access_records WHERE sequence = 5", "record 5 is missing"),
        ("DELETE FROM access_nodes WHERE level = 3", "the stored tree is not that of the records"),
        (
            f"UPDATE access_records SET checkpoint = ({FIRST_CHECKPOINT}) WHERE sequence = 6",
            "record 6: the records up to it are not those that were signed",
        ),
    ],
)
def test_a_change_behind_the_triggers_is_found(
    log: DepartmentAccessLog, directory: Path, engine: EngineUnderTest, statement: str, found: str
) -> None:
    tamper(directory, engine, statement)
    assert [line for line in findings(log) if line.startswith(found)], findings(log)


def test_a_body_of_another_record_does_not_open(
    log: DepartmentAccessLog, directory: Path, engine: EngineUnderTest
) -> None:
    other = "(SELECT body FROM access_records WHERE sequence = 1)"
    tamper(directory, engine, f"UPDATE access_records SET body = {other} WHERE sequence = 2")
    with pytest.raises(StoreError, match="record 2 of the access log: does not open"):
        findings(log)


def test_a_cut_end_is_found_by_a_checkpoint_that_lay_elsewhere(
    log: DepartmentAccessLog, directory: Path, engine: EngineUnderTest
) -> None:
    checkpoint = log.read(RECORDS - 1, 1)[0].checkpoint
    kept = "DELETE FROM access_nodes WHERE (place + 1) * (1 << level) > 8"
    if engine.name == "postgresql":
        kept = "DELETE FROM access_nodes WHERE (place + 1) * (1 << level::int) > 8"
    tamper(directory, engine, "DELETE FROM access_records WHERE sequence >= 8", kept)
    assert findings(log) == ()
    assert findings(log, checkpoint) == ("the checkpoint given is of 11 records and 8 are here: the end is cut off",)
    for number in range(8, RECORDS + 1):
        log.append(entry(number, "OTHER1"), NOW)
    assert findings(log, checkpoint) == ("the checkpoint given and the log's own differ at 11 records",)


def test_a_checkpoint_of_another_key_is_none(log: DepartmentAccessLog, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    key = Witness(other)
    with closing(DepartmentDatabase(other)) as database:
        foreign = DepartmentAccessLog(database, key)
        foreign.append(entry(1), NOW)
        checkpoint = foreign.read(0, 1)[0].checkpoint
    with pytest.raises(AuditError, match="not cosigned by"):
        open_department_checkpoint(checkpoint, log)


def test_a_record_of_a_unit_under_the_name_of_this_log_is_none_of_it(log: DepartmentAccessLog, directory: Path) -> None:
    assert check_proof(log.prove(3), log.key).origin == log.origin
    first = log.read(0, 1)[0]
    body = encode_record(parse_record(first.body).model_copy(update={"unit_id": "car-7"}))
    tree = CompactRange()
    tree.append(hash_leaf(body))
    text_of_one = Checkpoint(log.origin, 1, tree.root).text
    note = f"{text_of_one}\n{Witness(directory).cosign(text_of_one, START)}"
    with pytest.raises(AuditError, match="not one of the department's own log"):
        check_proof(ProofFile(0, (), note, body), log.key)
    assert _faults_of(replace(first, body=body, checkpoint=note), tree, log) == [
        "record 0: what stands beside it is not what it says"
    ]


def test_those_that_append_at_once_make_one_log(log: DepartmentAccessLog) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: log.append(entry(number), NOW), range(20)))
    result = check_access_log(log, None, lambda done, total: None)
    assert (result.records, result.findings) == (RECORDS + 20, ())


def test_a_lost_key_is_not_made_anew_where_records_are_sealed_by_it(log: DepartmentAccessLog, directory: Path) -> None:
    (directory / "people.key").unlink()
    with pytest.raises(Exception, match="restore it from the backup"):
        DepartmentDatabase(directory, create=False)
    assert log.size() == RECORDS
