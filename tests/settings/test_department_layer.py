"""What a department sets from afar: which keys, how it lies over the unit's file, and that it never stops a unit."""

import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.department_settings.document import (
    UnitSettingsPayload,
    Values,
    keep_with_key,
    open_settings,
    sign_settings,
)
from alpr_edge.domain.errors import DepartmentSettingsError, SettingsError
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.services.changes.settings_origins import setting_lines
from alpr_edge.settings import keys, load
from alpr_edge.settings.layers.department_layer import kept_file, lay_over, load_layers
from alpr_edge.settings.layers.remote_keys import REMOTE_KEYS, check_remote_values
from alpr_edge.settings.loader import read_values

KEY, OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"1" * 32)
DEPARTMENT = "pd.example"
PUBLIC_KEY = RosterKey(DEPARTMENT, KEY.public_key())
VALUES: Values = {"decision": {"timeout_ms": 800.0}, "alerts": {"volume": 0.5}}


def document(serial: int = 3, values: Values = VALUES, unit_id: str = "car-7") -> UnitSettingsPayload:
    publication = serial if values else 0
    return UnitSettingsPayload(
        department_id=DEPARTMENT, unit_id=unit_id, serial=serial, publication=publication, values=values
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alpr-edge.toml"
    path.write_text(
        '[unit]\nid = "car-7"\ndata_directory = "data"\n[decision]\ntimeout_ms = 700\npass_gap_ms = 1400\n',
        encoding="utf-8",
    )
    (tmp_path / "data").mkdir()
    return path


def keep(file: Path, content: bytes, key: RosterKey = PUBLIC_KEY) -> None:
    kept_file(load(file)).write_bytes(keep_with_key(content, key))


def faults_of(values: Values) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        check_remote_values(values)
    return caught.value.faults


def test_each_key_that_may_be_set_from_afar_is_one() -> None:
    assert set(keys()) >= REMOTE_KEYS


@pytest.mark.parametrize(
    "key",
    [
        *("unit.id", "unit.data_directory", "uplink.url", "uplink.ca_file", "uplink.key_file", "store.keys_directory"),
        *("console.certificate_file", "console.address", "console.at_speed", "policy.profile", "retention.state"),
        *("retention.when_full", "retention.unacknowledged_days_max", "uplink.roster_check_s", "position.device"),
        "position.fix_age_ms_max",
        *("alerts.player", "alerts.device", "power.power_off_command", "evidence.time_stamp_url", "metrics.port"),
    ],
)
def test_what_is_the_cars_own_is_refused_by_its_key(key: str) -> None:
    assert key in keys()
    section, name = key.split(".")
    assert faults_of({section: {name: 1}})[0] == f"{key}: is set in the car alone; a department cannot set it from afar"


@pytest.mark.parametrize("raw", [{"camera": [{"kind": "v4l2"}]}, {"hotlist": {"source": []}}, {"unit": 7}])
def test_tables_of_the_car_are_refused(raw: dict[str, Any]) -> None:
    assert ": is set in the car alone; a department cannot set it from afar" in faults_of(raw)[0]


def test_every_fault_is_told_at_once() -> None:
    faults = faults_of({"unit": {"id": "car-8"}, "decision": {"timeout_mss": 1, "confidence_min": 2.0}})
    assert faults == [
        "unit.id: is set in the car alone; a department cannot set it from afar",
        *(each for each in faults if each.startswith("decision.")),
    ]
    assert any("did you mean 'timeout_ms'?" in each for each in faults)
    assert any(each.startswith("decision.confidence_min: expected") for each in faults)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hit_days_max", 30.0),
        ("non_hit_days_max", 30.0),
        ("unacknowledged_days_max", 400.0),
        ("when_full", "delete_oldest"),
        ("bytes_max", 2_000_000),
        ("disk_share_max", 0.87),
    ],
)
def test_what_deletes_reads_that_no_department_has_is_not_set_from_afar(key: str, value: float | str) -> None:
    (fault,) = faults_of({"retention": {key: value}})
    assert fault == f"retention.{key}: is set in the car alone; a department cannot set it from afar"


def test_a_file_that_sets_nothing_is_refused() -> None:
    assert faults_of({}) == faults_of({"decision": {}})


def test_the_departments_values_win_and_the_others_stay(file: Path) -> None:
    keep(file, sign_settings(document(), KEY))
    layers = load_layers(file)
    assert (layers.settings.decision.timeout_ms, layers.settings.decision.pass_gap_ms) == (800.0, 1400.0)
    assert (layers.settings.alerts.volume, layers.in_force, layers.held_serial, layers.fault) == (0.5, 3, 3, "")
    assert load(file) == layers.settings
    origins = {each.key: (each.value, each.origin) for each in setting_lines(layers)}
    assert origins["decision.timeout_ms"] == ("800.0", "department 3")
    assert origins["decision.pass_gap_ms"] == ("1400.0", "file")
    assert origins["decision.confidence_min"] == ("0.2", "default")
    assert origins["camera[front].fps"] == ("30.0", "default")


def test_after_a_withdrawal_the_file_counts(file: Path) -> None:
    keep(file, sign_settings(document(4, {}), KEY))
    layers = load_layers(file)
    assert (layers.settings.decision.timeout_ms, layers.in_force, layers.fault) == (700.0, 4, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (sign_settings(document(), KEY).replace(b"800.0", b"900.0"), "changed after they were signed"),
        (sign_settings(document(), KEY).replace(b"\n3\n", b"\n4\n"), "not signed by the department's key"),
        (sign_settings(document(), OTHER_KEY), "not signed by the department's key"),
        (sign_settings(document(unit_id="car-8"), KEY), "those of another unit, car-8"),
        (sign_settings(document(), KEY)[:-9], "changed after they were signed"),
        (b"", "no signed document"),
        (b"\xff" * 70_000, "no signed document"),
    ],
)
def test_a_document_that_is_damaged_never_keeps_a_unit_from_starting(file: Path, content: bytes, words: str) -> None:
    with pytest.raises(DepartmentSettingsError, match=words):
        open_settings(content, PUBLIC_KEY, "car-7")
    keep(file, content)
    layers = load_layers(file)
    assert (layers.settings.decision.timeout_ms, layers.in_force, layers.held_serial) == (700.0, 0, 0)
    assert words in layers.fault


def test_who_may_not_read_the_document_is_told_that_it_counts_for_daemons(file: Path) -> None:
    keep(file, sign_settings(document(), KEY))
    kept = kept_file(load(file))
    own, uid = read_values(file), os.geteuid()
    try:
        kept.chmod(0)
        if uid == 0:
            os.seteuid(65534)
        layers = lay_over(own, file.parent)
    finally:
        os.seteuid(uid)
    assert (layers.in_force, layers.settings.decision.timeout_ms) == (0, 700.0)
    assert layers.fault == (
        f"the department's settings are left out here: this login may not read {kept}; in the daemons they count"
    )


def test_a_document_without_its_key_never_keeps_a_unit_from_starting(file: Path) -> None:
    kept_file(load(file)).write_bytes(b"no key\n" + sign_settings(document(), KEY))
    layers = load_layers(file)
    assert (layers.settings.decision.timeout_ms, layers.held_serial) == (700.0, 0)
    assert "no signed document" in layers.fault


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"hotlist": {"amber_after_h": 30.0}}, "hotlist"),
        ({"unit": {"id": "car-8"}}, "unit.id"),
        ({"decision": {"key_of_a_later_release": 1}}, "decision.key_of_a_later_release"),
    ],
)
def test_what_the_file_does_not_go_with_does_not_count(file: Path, values: Values, key: str) -> None:
    keep(file, sign_settings(document(5, values), KEY))
    layers = load_layers(file)
    assert (layers.in_force, layers.held_serial) == (0, 5)
    assert layers.fault.startswith(f"the department's settings 5 do not count: {key}: ")


def test_a_fault_of_the_file_itself_is_told_as_before(file: Path) -> None:
    keep(file, sign_settings(document(), KEY))
    file.write_text("[decision]\ntimeout_ms = -1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"decision\.timeout_ms"):
        load(file)
