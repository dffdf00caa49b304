"""What is in force against what is on record: at a first start, after edits, updates and imports, and by stealth."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alpr_edge.domain.access_log.changes import NONE, Subject, value_name
from alpr_edge.domain.access_log.records import DRIFT_FOUND, AccessRecord, parse_record
from alpr_edge.domain.hits import Generation
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import (
    EDITED_BY_HAND,
    FIRST_VALUES,
    OTHER_RELEASE,
    find_drift,
    record_drift,
    record_start,
)
from alpr_edge.services.changes.settings_values import settings_values
from alpr_edge.services.changes.values_in_force import read_values
from alpr_edge.settings import Settings, load, parse
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import record_and_activate
from alpr_edge.store.keys import load_key
from tests.units import write_bare_unit

RELEASE = value_name(Subject.RELEASE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_bare_unit(tmp_path)


@pytest.fixture
def log(file: Path) -> Iterator[AccessLog]:
    with open_access_log(load(file), migrate=True) as open_log:
        yield open_log


@pytest.fixture
def recorder(log: AccessLog) -> ChangeRecorder:
    return ChangeRecorder(log, "run", SystemClock())


@contextmanager
def database_of(unit: Settings) -> Iterator[Database]:
    key = load_key("outbox", unit.store.keys_directory)
    database = Database.open(unit.unit.data_directory, key, migrate=True)
    try:
        yield database
    finally:
        database.close()


def values_of(file: Path, log: AccessLog) -> dict[str, str]:
    unit = load(file)
    with database_of(unit) as database:
        return read_values(unit, database, log.digest)


def records_of(log: AccessLog) -> list[AccessRecord]:
    return [parse_record(record.body) for record in log.read(0, 1000)]


def test_a_first_start_records_everything_and_the_second_nothing(log: AccessLog, recorder: ChangeRecorder) -> None:
    file = log.database.path.parent.parent / "alpr-edge.toml"
    values = values_of(file, log)
    assert {name.partition(":")[0] for name in values} == {"settings", "model", "key", "release"}
    assert not record_start(recorder, values)
    first = records_of(log)
    assert {record.action for record in first} == {FIRST_VALUES}
    assert sum(len(record.changes) for record in first) == len(values)
    assert log.values().of(Subject) == values
    assert not record_start(recorder, values_of(file, log))
    assert len(records_of(log)) == len(first)


def test_a_file_edited_by_hand_is_recorded_as_such_with_both_values(
    file: Path, log: AccessLog, recorder: ChangeRecorder
) -> None:
    record_start(recorder, values_of(file, log))
    file.write_text(f"{file.read_text(encoding='utf-8')}[alerts]\nvolume = 0.1\n", encoding="utf-8")
    drift = find_drift(log, values_of(file, log))
    assert drift.text == "changed without a record: settings:alerts.volume; see: alpr-edge audit drift"
    assert not record_start(recorder, values_of(file, log)), "an edit is recorded, and no drift"
    last = records_of(log)[-1]
    (change,) = last.changes
    assert (last.action, last.person, change.name) == (EDITED_BY_HAND, "unit", "settings:alerts.volume")
    assert (change.before, change.after) == ("0.8", "0.1")
    assert not find_drift(log, values_of(file, log))


def test_other_models_named_by_an_edit_are_part_of_it(log: AccessLog, recorder: ChangeRecorder) -> None:
    before = {RELEASE: "1", "settings:vision.reader": '"default"', "model:reader": "default, sha256:aa"}
    recorder.record_values(FIRST_VALUES, before)
    after = before | {"settings:vision.reader": '"other"', "model:reader": "other, sha256:bb"}
    assert not record_start(recorder, after)
    assert {record.action for record in records_of(log)} == {FIRST_VALUES, EDITED_BY_HAND}


def test_a_model_that_was_exchanged_is_a_drift_until_it_is_on_record(log: AccessLog, recorder: ChangeRecorder) -> None:
    before = {RELEASE: "1", "model:reader": "default, sha256:aa"}
    recorder.record_values(FIRST_VALUES, before)
    after = before | {"model:reader": "default, sha256:bb"}
    drift = record_start(recorder, after)
    assert "model:reader" in drift.text
    assert records_of(log)[-1].action == DRIFT_FOUND
    assert not find_drift(log, after), "it is told once, and then on record"


def test_another_release_brings_models_and_keys_of_settings_and_no_other_value(
    log: AccessLog, recorder: ChangeRecorder
) -> None:
    before = {RELEASE: "1", "model:reader": "default, sha256:aa", "settings:old": "1", "settings:kept": "1"}
    recorder.record_values(FIRST_VALUES, before)
    after = {RELEASE: "2", "model:reader": "default, sha256:bb", "settings:new": "1", "settings:kept": "2"}
    assert not record_start(recorder, after)
    by_action = {record.action: [change.name for change in record.changes] for record in records_of(log)[1:]}
    assert by_action == {
        OTHER_RELEASE: ["model:reader", "release", "settings:new", "settings:old"],
        EDITED_BY_HAND: ["settings:kept"],
    }


def test_a_list_that_nobody_recorded_is_a_drift(file: Path, log: AccessLog, recorder: ChangeRecorder) -> None:
    record_start(recorder, values_of(file, log))
    with database_of(load(file)) as database:
        record_and_activate(database, Generation("bolo", 1, None, None, 7), "bolo.00000001.list", "ab" * 32)
    drift = find_drift(log, values_of(file, log))
    (change,) = drift.changes
    assert (change.name, change.before, change.after) == (
        "list:bolo",
        NONE,
        "generation 1, 7 entries, sha256:abababababababab",
    )
    record_drift(recorder, drift)
    assert not find_drift(log, values_of(file, log))
    with database_of(load(file)) as database, database.write() as connection:
        connection.exec_driver_sql("DELETE FROM generations")
    (change,) = find_drift(log, values_of(file, log)).changes
    assert change.after == NONE, "nor may one go without a record"


def test_a_key_that_this_program_may_not_open_is_no_drift(file: Path, log: AccessLog, recorder: ChangeRecorder) -> None:
    record_start(recorder, values_of(file, log))
    key = file.parent / "keys" / "lists.key"
    content = key.read_bytes()
    key.unlink()
    assert not find_drift(log, values_of(file, log))
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    assert find_drift(log, values_of(file, log)).changes[0].name == "key:lists"
    assert content.hex() not in str(records_of(log))


def test_a_value_rewritten_beside_the_log_is_found(file: Path, log: AccessLog, recorder: ChangeRecorder) -> None:
    record_start(recorder, values_of(file, log))
    with log.writing() as connection:
        connection.exec_driver_sql("UPDATE recorded_values SET value = '0.1' WHERE name = 'settings:alerts.volume'")
    file.write_text(f"{file.read_text(encoding='utf-8')}[alerts]\nvolume = 0.1\n", encoding="utf-8")
    drift = find_drift(log, values_of(file, log))
    assert (drift.changes, drift.unfounded) == ((), ("settings:alerts.volume",))
    assert record_drift(recorder, drift).text
    assert records_of(log)[-1].objects == ("settings:alerts.volume",)


def test_before_the_first_start_there_is_nothing_to_compare_with(file: Path, log: AccessLog) -> None:
    assert find_drift(log, values_of(file, log)).text == ""


def test_passwords_in_addresses_stand_as_digests(log: AccessLog, tmp_path: Path) -> None:
    camera = {"id": "front", "kind": "rtsp", "url": "rtsp://admin:hunter2@10.0.0.5/live?token=s3cret"}
    source = {"name": "doj", "format": "generic-csv", "url": "https://u:hunter2@lists.example/x?key=s3cret"}
    settings = parse({"camera": [camera], "hotlist": {"source": [source]}}, tmp_path)
    values = settings_values(settings, log.digest)
    shown = values["settings:camera[front].url"]
    assert "hunter2" not in str(values)
    assert "s3cret" not in str(values)
    assert "10.0.0.5/live" in shown
    other = parse({"camera": [camera | {"url": "rtsp://admin:other@10.0.0.5/live?token=s3cret"}]}, tmp_path)
    assert settings_values(other, log.digest)["settings:camera[front].url"] != shown
    assert values["settings:hotlist.source[doj].url"].count("hmac:") == 2


def test_every_value_fits_into_a_record(log: AccessLog, recorder: ChangeRecorder, tmp_path: Path) -> None:
    settings = parse({"unit": {"data_directory": "d" * 150 + "/é\u202e" + "d" * 150}}, tmp_path)
    values = settings_values(settings, log.digest)
    recorder.record_values(FIRST_VALUES, {RELEASE: "1"} | values)
    assert "characters, sha256:" in values["settings:unit.data_directory"]
