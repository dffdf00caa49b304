"""What stays on record of deletions cannot be changed or left out without that being seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alpr_edge.department.retention.deletion_log import check_log
from alpr_edge.department.retention.deletion_mark import FILE_NAME, check_deletions
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from tests.department.engines import ROWS_STAY, EngineUnderTest
from tests.department.retention.office import Office, pictures_of, read_item, record_of


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    for number in range(3):
        read_id = f"read-{number}"
        office.deliver(read_item(read_id), *pictures_of(read_id), days_ago=400)
        office.purge()
    yield office
    office.storage.close()


def check(office: Office) -> None:
    check_deletions(office.storage.deletions(), Witness(office.directory))


@pytest.mark.review2(13)
def test_an_end_that_was_cut_is_seen_and_no_run_goes_on_from_there(office: Office, engine: EngineUnderTest) -> None:
    check(office)
    with guards_off(office, engine):
        office.execute("DELETE FROM deletion_runs WHERE number = 2")
        with pytest.raises(AuditError, match="records are missing at the end; 3 were signed"):
            check(office)
        office.deliver(read_item("read-9"), days_ago=400)
        with pytest.raises(DepartmentError, match="nothing is deleted: deletion 2: records are missing"):
            office.purge()
        assert len(office.storage.deletions()) == 2


def test_a_department_of_before_has_no_mark_until_its_next_run(office: Office) -> None:
    mark = office.directory / FILE_NAME
    mark.unlink()
    check(office)
    office.purge()
    assert mark.stat().st_mode & 0o777 == 0o600
    check(office)


@contextmanager
def guards_off(office: Office, engine: EngineUnderTest) -> Iterator[None]:
    """Let rows of the record be changed, as by somebody past the database."""
    if engine.name == "postgresql":
        office.execute("ALTER TABLE deletion_runs DISABLE TRIGGER USER")
    else:
        for verb in ("update", "delete"):
            office.execute(f"DROP TRIGGER deletion_runs_no_{verb}")
    yield
    if engine.name == "postgresql":
        office.execute("ALTER TABLE deletion_runs ENABLE TRIGGER USER")


def test_a_record_says_who_under_which_rule_and_how_many_and_names_no_read(office: Office) -> None:
    check(office)
    run = office.purge()
    record = record_of(run)
    assert {"by", "state", "read_days", "hit_days", "law", "reads", "held", "ids_digest"} <= set(record)
    assert (record["number"], record["by"], record["state"], record["read_days"]) == (3, "login:ana", "CA", 366)
    assert not any(b"read-1" in each.record or b"7ABC123" in each.record for each in office.storage.deletions())


def test_the_database_refuses_to_change_or_delete_a_record(office: Office) -> None:
    for statement in ("UPDATE deletion_runs SET reads = 0", "DELETE FROM deletion_runs WHERE number = 2"):
        with pytest.raises(StoreError, match=ROWS_STAY):
            office.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE deletion_runs SET record = (SELECT record FROM deletion_runs WHERE number = 0) WHERE number = 1",
        "DELETE FROM deletion_runs WHERE number = 0",
        "UPDATE deletion_runs SET checkpoint = (SELECT checkpoint FROM deletion_runs WHERE number = 0)",
    ],
)
def test_what_is_changed_past_the_database_is_seen(office: Office, engine: EngineUnderTest, change: str) -> None:
    with guards_off(office, engine):
        office.execute(change)
        with pytest.raises(AuditError):
            check(office)


def test_another_key_does_not_hold(office: Office, tmp_path: Path) -> None:
    other = Office(tmp_path / "other")
    with pytest.raises(AuditError):
        check_log(office.storage.deletions(), other.storage.logs.witness_key)
    other.storage.close()
