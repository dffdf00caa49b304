"""A unit that is enrolled at another department, or under another id, has nothing of what was set in it before.

Nor does it go on with another unit's access log, which the department would refuse.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.domain.access_log.records import START_SERVICE, AccessRecord, parse_record
from alpr_edge.domain.department_settings.document import UnitSettingsPayload, keep_with_key, sign_settings
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.accounts.department_keys import REMOVE_SETTINGS
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import find_drift, record_start
from alpr_edge.services.changes.values_in_force import read_values
from alpr_edge.settings import load
from alpr_edge.settings.layers.department_layer import kept_file, load_layers
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key
from alpr_edge.uplink.department_keys import pinned_keys
from tests.cli.unit.test_enrol import code_for, edge
from tests.department.people.office import make_department
from tests.units import write_unit


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(make_department(tmp_path / "department", "127.0.0.1"), enrol_port=0) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, server: DepartmentServer) -> Path:
    path = write_unit(tmp_path, "car-7", f"https://127.0.0.1:{server.port}")
    (tmp_path / "data").mkdir(mode=0o700)
    return path


def enrol(server: DepartmentServer, file: Path) -> str:
    words = shlex.split(code_for(server, file.parent / "department")["command"])[1:]
    done = edge(*words, "--settings", str(file), "--again")
    assert done.exit_code == 0, done.stderr
    return done.stderr


def keep(file: Path, department_id: str, unit_id: str) -> None:
    key = Ed25519PrivateKey.generate()
    payload = UnitSettingsPayload(
        department_id=department_id, unit_id=unit_id, serial=9, publication=9, values={"alerts": {"volume": 0.4}}
    )
    content = keep_with_key(sign_settings(payload, key), RosterKey(department_id, key.public_key()))
    kept_file(load(file)).write_bytes(content)


def check_at_start(file: Path) -> bool:
    """Record a first start, or say whether anything differs from the record."""
    unit = load(file)
    database = Database.open(unit.unit.data_directory, load_key("outbox", unit.store.keys_directory), migrate=True)
    try:
        with open_access_log(unit, migrate=True) as log:
            values = read_values(unit, database, log.digest)
            recorder = ChangeRecorder(log, "run", SystemClock())
            return bool(find_drift(log, values) or record_start(recorder, values))
    finally:
        database.close()


def removals(file: Path) -> list[AccessRecord]:
    with open_access_log(load(file), migrate=False) as log:
        records = [parse_record(record.body) for record in log.read(0, 1000)]
    return [each for each in records if each.action == REMOVE_SETTINGS]


def test_what_another_department_set_is_removed_on_record_and_is_no_drift(server: DepartmentServer, file: Path) -> None:
    keep(file, "pd.elsewhere", "car-7")
    assert not check_at_start(file)
    assert load(file).alerts.volume == 0.4
    assert "what the department set in this unit before is removed" in enrol(server, file)
    assert (load_layers(file).held_serial, load(file).alerts.volume) == (0, 0.8)
    (record,) = removals(file)
    assert (record.person, [(each.name, each.before, each.after) for each in record.changes]) == (
        record.person,
        [("department_settings", "pd.elsewhere 9", ""), ("settings:alerts.volume", "0.4", "0.8")],
    )
    assert record.person
    assert not check_at_start(file)
    assert "removed" not in enrol(server, file)


def test_what_was_set_for_another_id_is_removed(server: DepartmentServer, file: Path) -> None:
    enrol(server, file)
    key = pinned_keys(load(file).uplink).roster_key
    assert key is not None
    keep(file, key.department_id, "car-6")
    assert "is removed" in enrol(server, file)
    assert not kept_file(load(file)).exists()


def test_what_this_department_set_in_this_unit_stays(server: DepartmentServer, file: Path) -> None:
    enrol(server, file)
    key = pinned_keys(load(file).uplink).roster_key
    assert key is not None
    keep(file, key.department_id, "car-7")
    assert "removed" not in enrol(server, file)
    assert kept_file(load(file)).exists()


def test_a_data_folder_with_the_log_of_another_unit_is_refused_before_the_code_is_used(
    server: DepartmentServer, file: Path
) -> None:
    other = load(file)
    other = other.model_copy(update={"unit": other.unit.model_copy(update={"id": "car-6"})})
    with open_access_log(other, migrate=True) as log:
        ChangeRecorder(log, "run", SystemClock()).note(START_SERVICE)
        CheckpointSigner(log, load_signing_key(other.store.keys_directory)).sign()
    words = shlex.split(code_for(server, file.parent / "department")["command"])[1:]
    refused = edge(*words, "--settings", str(file))
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert "holds what unit car-6 read, and its access log: 1 of 1 records are not known to be at the depart" in line
    assert "alpr-edge unit handover" in line
    assert "scripts/decommission car-6" in line
    assert not load(file).uplink.certificate_file.exists()
    assert edge(*words, "--settings", str(file), "--other-unit-data").exit_code == 0
