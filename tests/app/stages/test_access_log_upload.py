"""The stage that signs and queues the access log, against a real department, and what it reports of a log set back."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.app.stages.log_statements import LogStatements
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.unit_logs.findings import Acknowledgement, FindingKind
from alpr_edge.domain.access_log.records import START_SERVICE, STOP_SERVICE, parse_record
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import DamagedError, StoreError
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, load
from alpr_edge.store.access_log.append_failures import note_failure
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.delivery_responses import answer_of
from tests.app.stages.clocks import LaterClock
from tests.domain.access_log.entries import entry
from tests.store.damage import ReadFailedError
from tests.store.records import instant
from tests.units import write_bare_unit

UNIT = "unit-1"
STOPPED = threading.Event()
STOPPED.set()
"""A stage that finds it set does one round and ends."""


@pytest.fixture
def unit(tmp_path: Path) -> Settings:
    return load(write_bare_unit(tmp_path))


@pytest.fixture
def store(unit: Settings) -> Iterator[UnitStore]:
    with open_store(unit, migrate=True) as open_unit_store:
        yield open_unit_store


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Storage]:
    storage = Storage(tmp_path / "department")
    yield storage
    storage.close()


def new_stage(unit: Settings, store: UnitStore) -> AccessLogUpload:
    return AccessLogUpload(unit, store.database, SystemClock())


def one_round(stage: AccessLogUpload) -> AccessLogUpload:
    stage.run(lambda: None, STOPPED)
    return stage


def until_verified(stage: AccessLogUpload) -> None:
    """Rounds until the log was verified as a whole."""
    verified, stop = threading.Event(), threading.Event()

    def beat() -> None:
        if stage._verified is not None:
            verified.set()
            stop.set()

    thread = threading.Thread(target=stage.run, args=(beat, stop))
    thread.start()
    assert verified.wait(60)
    thread.join(60)


def deliver(store: UnitStore, department: Storage) -> None:
    """Send everything, as the uplink does."""
    while items := store.outbox.due(50, 10**6):
        parts = [Part(item.item_id, item.kind.value, item.body, item.sha256) for item in items]
        store.outbox.settle([answer_of(answer) for answer in department.store(UNIT, parts)], 3)
    statements = {statement.log_id: statement for statement in department.logs.statements(UNIT)}
    LogStatements(store.database).hear(statements)


def look(unit: Settings, count: int, **changes: str) -> None:
    """Look at reads in another program."""
    with open_access_log(unit, migrate=True) as log:
        for number in range(count):
            log.append(entry(number, **changes), instant(number))


def actions(unit: Settings) -> list[str]:
    with open_access_log(unit, migrate=False) as log:
        return [parse_record(record.body).action for record in log.read(0, 1000)]


def set_back(unit: Settings, image: Path) -> None:
    """Put an old copy of the log's file in its place."""
    for path in unit.unit.data_directory.glob(f"{FILE_NAME}*"):
        path.unlink()
    shutil.copy2(image, unit.unit.data_directory / FILE_NAME)


def image_of(unit: Settings, folder: Path) -> Path:
    return Path(shutil.copy2(unit.unit.data_directory / FILE_NAME, folder / "image.db"))


def test_the_log_is_delivered_cosigned_and_taken_from_the_outbox(
    unit: Settings, store: UnitStore, department: Storage
) -> None:
    stage = new_stage(unit, store)
    look(unit, 3)
    one_round(stage)
    assert store.outbox.counts().ready == 5, "three looks, the start, a checkpoint"
    deliver(store, department)
    one_round(stage)
    assert stage.figures() == {"access_records": 4, "access_records_cosigned": 4}
    assert stage.faults() == []
    stage.finish()
    assert actions(unit) == ["see_read"] * 3 + [START_SERVICE, STOP_SERVICE]
    deliver(store, department)
    (state,) = department.logs.states()
    assert (state.records, state.cosigned, state.findings) == (5, 5, [])
    assert drop_delivered(store.database, PREFIXES_KEPT_ELSEWHERE) > 0
    assert store.outbox.counts().delivered == 0


def test_what_waits_is_one_checkpoint_however_long_there_is_no_link(unit: Settings, store: UnitStore) -> None:
    stage = new_stage(unit, store)
    for _ in range(4):
        look(unit, 2)
        one_round(stage)
    items = store.outbox.due(100, 10**6)
    assert [item.kind.value for item in items].count("checkpoint") == 1
    assert [item.kind.value for item in items].count("access_record") == 9
    stage.finish()


def test_a_disk_set_back_to_an_old_image_is_reported_on_both_sides(
    unit: Settings, store: UnitStore, department: Storage, tmp_path: Path
) -> None:
    first = one_round(new_stage(unit, store))
    first.finish()
    image = image_of(unit, tmp_path)
    second = new_stage(unit, store)
    look(unit, 3)
    one_round(second).finish()
    deliver(store, department)
    assert department.logs.states()[0].findings == []
    set_back(unit, image)
    with store.database.write() as connection:
        for table in ("log_cursors", "log_statements", "outbox"):  # the image holds the unit's database as well
            connection.exec_driver_sql(f"DELETE FROM {table}")
    third = one_round(new_stage(unit, store))
    assert third.faults() == [], "nothing on this disk tells"
    deliver(store, department)
    one_round(third)
    found = [finding.kind for finding in department.logs.states()[0].findings]
    assert FindingKind.RECORD in found
    assert FindingKind.CHECKPOINT in found
    faults = third.faults()
    assert {fault.kind for fault in faults} == {FaultKind.ACCESS_LOG_CHANGED}
    assert any("the department says: another record 2 came" in fault.text for fault in faults)
    assert any("was set back" in fault.text for fault in faults)
    third.finish()


def test_break_glass_is_a_fault_that_sounds_and_travels_before_reads(unit: Settings, store: UnitStore) -> None:
    stage = one_round(new_stage(unit, store))
    assert stage.faults() == []
    with open_access_log(unit, migrate=False) as log:
        log.append(entry(0), instant())
        record = log.append(entry(1, break_glass=True), instant())
    (fault,) = one_round(stage).faults()
    assert (fault.kind, fault.subject) == (FaultKind.BREAK_GLASS, f"record {record.sequence}")
    assert fault.rule.tone is Tone.STALE
    assert fault.rule.is_ready
    first, *others = store.outbox.due(100, 10**8)
    assert b'"break_glass":true' in first.body
    assert not any(b'"break_glass":true' in item.body for item in others)
    stage.finish()


def test_a_log_set_back_beside_its_outbox_is_found_without_any_link(
    unit: Settings, store: UnitStore, tmp_path: Path
) -> None:
    one_round(new_stage(unit, store)).finish()
    image = image_of(unit, tmp_path)
    look(unit, 5)
    one_round(new_stage(unit, store)).finish()
    set_back(unit, image)
    stage = one_round(new_stage(unit, store))
    assert any("were queued: it was set back" in fault.text for fault in stage.faults())
    stage.finish()


def test_an_acknowledged_finding_ends_the_fault(
    unit: Settings, store: UnitStore, department: Storage, tmp_path: Path
) -> None:
    one_round(new_stage(unit, store)).finish()
    deliver(store, department)
    (unit.unit.data_directory / FILE_NAME).rename(tmp_path / "aside.db")
    stage = one_round(new_stage(unit, store))
    deliver(store, department)
    one_round(stage)
    assert any("began a new log" in fault.text for fault in stage.faults())
    department.logs.acknowledge(UNIT, Acknowledgement("lt.park", "a new disk"))
    deliver(store, department)
    one_round(stage)
    assert stage.faults() == []
    stage.finish()


def test_a_rewritten_record_is_found_by_the_audit_at_the_start(unit: Settings, store: UnitStore) -> None:
    look(unit, 5)
    one_round(new_stage(unit, store)).finish()
    with open_access_log(unit, migrate=False) as log:
        rewrite(log)
    stage = new_stage(unit, store)
    until_verified(stage)
    assert any("record 2 says that it is another one" in fault.text for fault in stage.faults())
    stage.finish()


def rewrite(log: AccessLog) -> None:
    with log.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_are_not_changed")
        connection.exec_driver_sql(
            "UPDATE records SET body = (SELECT body FROM records WHERE sequence = 1) WHERE sequence = 2"
        )


@pytest.mark.parametrize("name", ["access", "signing"])
def test_without_a_key_the_fault_says_so_and_ends_when_it_is_back(unit: Settings, store: UnitStore, name: str) -> None:
    key = unit.store.keys_directory / f"{name}.key"
    content = key.read_bytes()
    key.unlink()
    stage = one_round(new_stage(unit, store))
    (fault,) = stage.faults()
    assert (fault.kind, "no such key" in fault.text) == (FaultKind.ACCESS_LOG, True)
    key.write_bytes(content)
    key.chmod(0o600)
    assert one_round(stage).faults() == []
    assert one_round(stage).figures()["access_records"] == 1, "the start is one record, however often it was tried"
    stage.finish()


def test_a_record_that_a_command_could_not_keep_is_told_and_recorded(unit: Settings, store: UnitStore) -> None:
    stage = one_round(new_stage(unit, store))
    unit.unit.runtime_directory.mkdir(exist_ok=True)
    with open_access_log(unit, migrate=False) as log:
        full = AccessLog(log.database, UNIT, unit.unit.runtime_directory, bytes_max=1)
        with pytest.raises(StoreError, match="nothing is shown"):
            full.append(entry(), instant())
    one_round(stage)
    (fault,) = stage.faults()
    assert (fault.kind, "was not kept" in fault.text) == (FaultKind.ACCESS_LOG, True)
    with open_access_log(unit, migrate=False) as log:
        assert parse_record(log.read(1, 1)[0].body).action == "record_not_kept"
    assert one_round(stage).faults() == [fault], "until the unit stops"
    stage.finish()


def test_a_damaged_log_is_set_aside_and_the_new_one_says_so(unit: Settings, store: UnitStore) -> None:
    look(unit, 30)
    one_round(new_stage(unit, store)).finish()
    path = unit.unit.data_directory / FILE_NAME
    content = bytearray(path.read_bytes())
    content[200:300] = bytes(100)
    path.write_bytes(content)
    stage = one_round(new_stage(unit, store))
    (fault,) = stage.faults()
    assert (fault.kind, "set aside as access-log-damaged-" in fault.text) == (FaultKind.ACCESS_LOG_CHANGED, True)
    with open_access_log(unit, migrate=False) as log:
        first, second = (parse_record(record.body) for record in log.read(0, 2))
    assert (first.action, second.action) == ("begin_log", "start_service")
    assert (unit.unit.data_directory / first.objects[0] / FILE_NAME).read_bytes() == bytes(content)
    stage.finish()


def test_damage_met_while_the_unit_runs_is_mended_at_once(unit: Settings, store: UnitStore) -> None:
    look(unit, 30)
    stage = one_round(new_stage(unit, store))
    stage._close()
    path = unit.unit.data_directory / FILE_NAME
    content = bytearray(path.read_bytes())
    content[-4096:] = bytes(4096)
    path.write_bytes(content)
    stage._damage = DamagedError("a page does not open")
    stop = threading.Event()
    running = threading.Thread(target=stage.run, args=(lambda: None, stop))
    running.start()
    until_s = time.monotonic() + 60
    while not stage.faults() and time.monotonic() < until_s:
        time.sleep(0.02)
    stop.set()
    running.join()
    assert "set aside" in stage.faults()[0].text
    stage.finish()


@pytest.mark.review2(1)
def test_a_log_that_the_disk_did_not_read_once_stays_in_use(unit: Settings, store: UnitStore) -> None:
    look(unit, 30)
    stage = one_round(new_stage(unit, store))
    assert stage._open is not None
    log_id = stage._open.access_log.log_id
    stage._attempt(lambda: fail_one_read(stage))
    assert one_round(stage).faults() == []
    assert stage._open is not None
    assert stage._open.access_log.log_id == log_id
    assert list(unit.unit.data_directory.glob("access-log-damaged-*")) == []
    stage.finish()


def fail_one_read(stage: AccessLogUpload) -> None:
    """Meet an error of the disk as the driver tells it."""
    assert stage._open is not None
    with stage._open.access_log.reading():
        raise OperationalError("", {}, ReadFailedError())


def test_a_log_that_has_to_be_opened_again_is_not_verified_again(unit: Settings, store: UnitStore) -> None:
    stage = new_stage(unit, store)
    until_verified(stage)
    opened, verified = stage._open, stage._verified
    stage._close()
    assert one_round(stage)._open not in {None, opened}
    assert stage._verified == verified
    stage.finish()


def test_a_full_log_is_queued_and_signed_although_it_refuses_a_record(
    unit: Settings, store: UnitStore, department: Storage
) -> None:
    look(unit, 4)
    stage = one_round(new_stage(unit, store))
    unit.unit.runtime_directory.mkdir(exist_ok=True)
    note_failure(unit.unit.runtime_directory, "full", None)
    assert stage._open is not None
    look(unit, 1)
    stage._open.access_log.bytes_max = 1
    one_round(stage)
    assert "nothing is shown" in stage.faults()[0].text
    deliver(store, department)
    assert one_round(stage).figures()["access_records_cosigned"] == 6
    stage.finish()


def test_what_is_old_and_cosigned_goes_and_that_is_on_record(
    unit: Settings, store: UnitStore, department: Storage
) -> None:
    look(unit, 4)
    first = one_round(new_stage(unit, store))
    deliver(store, department)
    one_round(first).finish()
    assert first.figures()["access_records_cosigned"] == 5
    stage = AccessLogUpload(unit, store.database, LaterClock(days=3 * 365))
    until_verified(stage)
    with open_access_log(unit, migrate=False) as log:
        assert log.first() == 5, "the stop that followed is old, and not cosigned"
        assert [parse_record(record.body).action for record in log.read(0, 100)][-1] == "drop_old_records"
    assert stage.faults() == []
    stage.finish()
