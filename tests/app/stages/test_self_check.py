"""The stage that compares what is in force with the log: at the start, and once a day."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.app.stages.self_check import SelfCheckStage
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.department_settings.document import UnitSettingsPayload, Values, keep_with_key, sign_settings
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, load
from alpr_edge.settings.layers.department_layer import kept_file
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.hotlists.generations import record_and_activate
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.domain.access_log.entries import entry
from tests.domain.people.builders import SIGNING_KEY
from tests.store.records import instant
from tests.units import write_bare_unit

WAIT_S = 60.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_bare_unit(tmp_path)


@pytest.fixture
def unit(file: Path) -> Settings:
    return load(file)


@pytest.fixture
def store(unit: Settings) -> Iterator[UnitStore]:
    with open_store(unit, migrate=True) as open_unit:
        yield open_unit


def new_stage(unit: Settings, store: UnitStore, file: Path | None = None) -> SelfCheckStage:
    return SelfCheckStage(unit, file, store.database, SystemClock())


def check(stage: SelfCheckStage) -> None:
    """One check, as the stage makes it when one is due, without the seconds between two looks."""
    stop = threading.Event()
    stop.set()
    stage._attempt(lambda: None, stop)


def records(unit: Settings) -> list[AccessRecord]:
    with open_access_log(unit, migrate=False) as log:
        return [parse_record(record.body) for record in log.read(0, 1000)]


def test_the_stage_records_the_start_and_stops(unit: Settings, store: UnitStore) -> None:
    with open_access_log(unit, migrate=True) as log:
        log.append(entry(), instant())
    stage, stop = new_stage(unit, store), threading.Event()
    is_done = threading.Event()

    def beat() -> None:
        if stage._is_started:
            is_done.set()

    thread = threading.Thread(target=stage.run, args=(beat, stop))
    thread.start()
    assert is_done.wait(WAIT_S)
    stop.set()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert (stage.faults(), {record.action for record in records(unit)[1:]}) == ([], {"record_in_force"})


def test_an_edit_while_the_unit_runs_is_a_fault_until_it_stops(file: Path, unit: Settings, store: UnitStore) -> None:
    stage = new_stage(unit, store, file)
    check(stage)
    assert stage.faults() == []
    file.write_text(f"{file.read_text(encoding='utf-8')}[alerts]\nvolume = 0.1\n", encoding="utf-8")
    check(stage)
    (fault,) = stage.faults()
    assert (fault.kind, "settings:alerts.volume" in fault.text) == (FaultKind.DRIFT, True)
    last = records(unit)[-1]
    assert (last.action, last.changes[0].before, last.changes[0].after) == ("drift_found", "0.8", "0.1")
    check(stage)
    assert stage.faults() == [fault], "on record now, and still told"
    assert new_stage(load(file), store, file).faults() == []


def test_an_import_is_recorded_by_the_unit_and_is_no_drift(unit: Settings, store: UnitStore) -> None:
    stage = new_stage(unit, store)
    check(stage)
    stage.begin_import("bolo")
    record_and_activate(store.database, Generation("bolo", 1, None, None, 7), "bolo.00000001.list", "ab" * 32)
    stage.end_import("bolo")
    last = records(unit)[-1]
    names = [change.name for change in last.changes]
    assert (last.action, last.person, names) == ("import_list", "unit", ["list:bolo", "list_change:bolo"])
    check(stage)
    assert stage.faults() == []


@pytest.mark.parametrize("is_restarted", [True, False])
def test_an_import_cut_off_from_its_record_is_no_drift(unit: Settings, store: UnitStore, *, is_restarted: bool) -> None:
    stage = new_stage(unit, store)
    check(stage)
    stage.begin_import("bolo")
    record_and_activate(store.database, Generation("bolo", 1, None, None, 7), "bolo.00000001.list", "ab" * 32)
    next_stage = new_stage(unit, store) if is_restarted else stage
    check(next_stage)
    assert next_stage.faults() == []
    last = records(unit)[-1]
    assert (last.action, last.person, last.changes[0].name) == ("import_list", "unit", "list:bolo")
    assert last.note.startswith("done, and found later")
    record_and_activate(store.database, Generation("bolo", 2, None, None, 9), "bolo.00000002.list", "cd" * 32)
    check(next_stage)
    (fault,) = next_stage.faults()
    assert (fault.kind, "list:bolo" in fault.text) == (FaultKind.DRIFT, True), "the next is one"


def test_an_import_that_was_cut_off_before_the_list_changed_covers_no_later_change(
    unit: Settings, store: UnitStore
) -> None:
    stage = new_stage(unit, store)
    check(stage)
    stage.begin_import("bolo")
    restarted = new_stage(unit, store)
    check(restarted)
    record_and_activate(store.database, Generation("bolo", 1, None, None, 7), "bolo.00000001.list", "ab" * 32)
    check(restarted)
    assert [fault.kind for fault in restarted.faults()] == [FaultKind.DRIFT]


def test_a_change_between_two_looks_is_no_drift(unit: Settings, store: UnitStore, file: Path) -> None:
    stage = new_stage(unit, store, file)
    check(stage)
    record_and_activate(store.database, Generation("bolo", 1, None, None, 7), "bolo.00000001.list", "ab" * 32)
    beats: list[int] = []

    def beat() -> None:
        """The import's own record comes while the stage waits."""
        if not beats:
            stage.end_import("bolo")
        beats.append(1)

    stage._attempt(beat, threading.Event())
    assert (stage.faults(), bool(beats)) == ([], True)


@pytest.mark.parametrize(
    "spoil",
    [lambda file: file.write_text("[unit", encoding="utf-8"), lambda file: (file.parent / "keys/access.key").unlink()],
)
def test_a_check_that_cannot_be_made_says_so_and_is_made_again(
    file: Path, unit: Settings, store: UnitStore, spoil: Callable[[Path], object]
) -> None:
    stage = new_stage(unit, store, file)
    check(stage)
    content, key = file.read_bytes(), (file.parent / "keys/access.key").read_bytes()
    spoil(file)
    check(stage)
    (fault,) = stage.faults()
    assert fault.kind is FaultKind.SIDE_STAGE
    file.write_bytes(content)
    (file.parent / "keys/access.key").write_bytes(key)
    (file.parent / "keys/access.key").chmod(0o600)
    check(stage)
    assert stage.faults() == []


def keep_document(unit: Settings, serial: int, values: Values) -> None:
    """Have the unit keep settings of its department; without values they were withdrawn."""
    publication = serial if values else 0
    payload = UnitSettingsPayload(
        department_id="pd.example", unit_id=unit.unit.id, serial=serial, publication=publication, values=values
    )
    key = RosterKey("pd.example", SIGNING_KEY.public_key())
    kept_file(unit).write_bytes(keep_with_key(sign_settings(payload, SIGNING_KEY), key))


def test_what_the_department_set_is_recorded_as_such_and_is_no_drift(
    unit: Settings, store: UnitStore, file: Path
) -> None:
    stage = new_stage(unit, store, file)
    check(stage)
    first = len(records(unit))
    keep_document(unit, 3, {"decision": {"timeout_ms": 800.0}})
    assert kept_file(unit).exists()
    check(stage)
    keep_document(unit, 4, {})
    check(stage)
    told = [(each.action, change) for each in records(unit)[first:] for change in each.changes]
    assert [(action, it.name, it.before, it.after) for action, it in told] == [
        ("settings_of_department", "department_settings", "", "pd.example 3"),
        ("settings_of_department", "settings:decision.timeout_ms", "700.0", "800.0"),
        ("settings_of_department", "department_settings", "pd.example 3", "pd.example 4, all withdrawn"),
        ("settings_of_department", "settings:decision.timeout_ms", "800.0", "700.0"),
    ]
    assert stage.faults() == []


def test_a_document_of_the_department_that_is_gone_is_a_drift(unit: Settings, store: UnitStore, file: Path) -> None:
    keep_document(unit, 3, {"decision": {"timeout_ms": 800.0}})
    stage = new_stage(unit, store, file)
    check(stage)
    kept_file(unit).unlink()
    check(stage)
    last = records(unit)[-1]
    assert (last.action, [change.name for change in last.changes]) == (
        "drift_found",
        ["department_settings", "settings:decision.timeout_ms"],
    )
    (fault,) = stage.faults()
    assert fault.kind is FaultKind.DRIFT
