"""A unit's settings from its department over HTTPS on loopback: kept for the next start, or refused and told."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.roster_key import FILE_NAME as KEY_FILE
from alpr_edge.department.publishing.settings_holders import HeldSettings
from alpr_edge.department.publishing.settings_register import SettingsAuthor, SettingsToPublish, UnitSettingsStep
from alpr_edge.domain.department_settings.document import UnitSettingsPayload, Values, keep_with_key, sign_settings
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.settings import load
from alpr_edge.settings.layers.department_layer import IN_FORCE_FIGURE, kept_file, load_layers
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.uplink.department_keys import fetch_keys, keys_file, pin_keys
from alpr_edge.uplink.documents.settings_downloader import SettingsDownloader, sync_name
from alpr_edge.uplink.key_pair import write_whole
from tests.uplink.conftest import Faulty

UNIT = "unit-1"
SLOW: Values = {"decision": {"timeout_ms": 900.0}}
QUIET: Values = {"alerts": {"volume": 0.3}}


@pytest.fixture
def file(faulty: Faulty, unit_files: Path, tmp_path: Path) -> Iterator[Path]:
    tls = Path(shutil.copytree(unit_files, tmp_path / "tls"))
    with faulty(iter(())) as server:
        path = tmp_path / "alpr-edge.toml"
        path.write_text(
            f'[unit]\nid = "{UNIT}"\ndata_directory = "vehicle"\nruntime_directory = "runtime"\n'
            f'[uplink]\nurl = "{server.url}"\nca_file = "{tls}/department-ca.pem"\n'
            f'certificate_file = "{tls}/unit.pem"\nkey_file = "{tls}/unit.key"\nretry_first_s = 0.1\n',
            encoding="utf-8",
        )
        yield path


@pytest.fixture
def downloader(file: Path, database: Database) -> SettingsDownloader:
    return SettingsDownloader(load(file), file, database, draw=lambda: 1.0)


def ask(downloader: SettingsDownloader) -> None:
    """Have it ask until it has nothing more to say at once."""
    downloader._schedule.want()
    for _ in range(5):
        if downloader.step() > 0:
            return
    raise AssertionError("it asks without an end")


def publish(storage: Storage, values: Values, *units: str, after: int = 0) -> UnitSettingsStep:
    author = SettingsAuthor("login:chief", datetime.now(UTC))
    return storage.settings.publish(SettingsToPublish(values, units, after), author)


def withdraw(storage: Storage, serial: int) -> UnitSettingsStep:
    return storage.settings.withdraw(serial, SettingsAuthor("login:chief", datetime.now(UTC)))


def statement_at(storage: Storage) -> HeldSettings:
    return storage.held_settings.all()[UNIT]


def test_settings_are_kept_for_the_next_start_and_the_department_knows(
    storage: Storage, downloader: SettingsDownloader, file: Path
) -> None:
    ask(downloader)
    assert (statement_at(storage).held, statement_at(storage).in_force, load_layers(file).held_serial) == (0, None, 0)
    publish(storage, SLOW)
    ask(downloader)
    assert (load(file).decision.timeout_ms, load_layers(file).in_force, downloader.trouble) == (900.0, 1, "")
    assert (statement_at(storage).held, statement_at(storage).in_force, statement_at(storage).refused) == (1, None, 0)
    health = Health("run", ready=True, troubles=(), figures={IN_FORCE_FIGURE: 0})
    write_health(load(file).unit.runtime_directory, health)
    ask(downloader)
    assert (statement_at(storage).held, statement_at(storage).in_force) == (1, 0)
    assert kept_file(load(file)).stat().st_mode & 0o077 == 0


def test_what_is_for_other_units_does_not_come(storage: Storage, downloader: SettingsDownloader, file: Path) -> None:
    storage.units.invite("unit-2", timedelta(hours=1))
    publish(storage, SLOW, "unit-2")
    ask(downloader)
    assert load_layers(file).held_serial == 0
    publish(storage, QUIET, UNIT)
    ask(downloader)
    assert (load_layers(file).held_serial, load(file).alerts.volume, load(file).decision.timeout_ms) == (2, 0.3, 700.0)


def test_a_withdrawal_is_newer_and_brings_back_what_was_before(
    storage: Storage, downloader: SettingsDownloader, file: Path
) -> None:
    for values in (SLOW, QUIET):
        publish(storage, values)
    ask(downloader)
    assert (load(file).decision.timeout_ms, load(file).alerts.volume) == (700.0, 0.3)
    withdraw(storage, 2)
    ask(downloader)
    assert (load(file).decision.timeout_ms, load(file).alerts.volume, load_layers(file).held_serial) == (900.0, 0.8, 3)
    withdraw(storage, 1)
    ask(downloader)
    assert (load(file).decision.timeout_ms, load(file).alerts.volume, load_layers(file).in_force) == (700.0, 0.8, 4)


def test_what_the_units_own_file_does_not_go_with_is_kept_out_and_told(
    storage: Storage, downloader: SettingsDownloader, file: Path
) -> None:
    publish(storage, SLOW)
    ask(downloader)
    with file.open("a", encoding="utf-8") as more:
        more.write("[hotlist]\namber_after_h = 20\nred_after_h = 21\n")
    publish(storage, {"hotlist": {"amber_after_h": 22.0}})
    ask(downloader)
    assert (load_layers(file).held_serial, load(file).decision.timeout_ms) == (1, 900.0)
    assert (statement_at(storage).held, statement_at(storage).refused) == (1, 2)
    assert "amber_after_h = 22" in statement_at(storage).refusal
    assert "are refused: hotlist: " in downloader.trouble
    file.write_text(file.read_text(encoding="utf-8").replace("red_after_h = 21", "red_after_h = 30"), encoding="utf-8")
    ask(downloader)
    assert (load_layers(file).held_serial, load(file).hotlist.amber_after_h, downloader.trouble) == (2, 22.0, "")
    assert (statement_at(storage).held, statement_at(storage).refused, statement_at(storage).refusal) == (2, 0, "")


def test_a_file_that_was_changed_later_is_told_too(
    storage: Storage, downloader: SettingsDownloader, file: Path
) -> None:
    publish(storage, {"hotlist": {"amber_after_h": 22.0}})
    ask(downloader)
    with file.open("a", encoding="utf-8") as more:
        more.write("[hotlist]\nred_after_h = 20\namber_after_h = 10\n")
    ask(downloader)
    assert (statement_at(storage).held, statement_at(storage).refused, load_layers(file).in_force) == (1, 1, 0)
    assert "do not count: hotlist: " in statement_at(storage).refusal
    assert downloader.trouble == statement_at(storage).refusal


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_a_document_that_was_lost_comes_again(
    storage: Storage, downloader: SettingsDownloader, file: Path, damage: str
) -> None:
    publish(storage, SLOW)
    ask(downloader)
    kept = kept_file(load(file))
    if damage == "missing":
        kept.unlink()
    else:
        kept.write_bytes(kept.read_bytes().replace(b"900.0", b"901.0"))
    assert load(file).decision.timeout_ms == 700.0
    ask(downloader)
    assert (load(file).decision.timeout_ms, load_layers(file).held_serial, downloader.trouble) == (900.0, 1, "")


def test_serials_never_go_back(
    storage: Storage, downloader: SettingsDownloader, file: Path, database: Database
) -> None:
    publish(storage, SLOW)
    ask(downloader)
    sync_state.note(database, sync_name("127.0.0.1", UNIT), serial=5, etag="")
    publish(storage, QUIET)
    ask(downloader)
    assert (load_layers(file).held_serial, statement_at(storage).refused) == (1, 2)
    assert "--after 5" in statement_at(storage).refusal
    publish(storage, QUIET, after=5)
    ask(downloader)
    assert (load_layers(file).held_serial, statement_at(storage).refused, load(file).alerts.volume) == (6, 0, 0.3)


def keep_from_elsewhere(file: Path, department_id: str, unit_id: str) -> None:
    key = Ed25519PrivateKey.generate()
    payload = UnitSettingsPayload(
        department_id=department_id, unit_id=unit_id, serial=9, publication=9, values={"alerts": {"volume": 0.4}}
    )
    kept = keep_with_key(sign_settings(payload, key), RosterKey(department_id, key.public_key()))
    write_whole(kept_file(load(file)), kept)


@pytest.mark.parametrize(("department_id", "unit_id"), [("pd.elsewhere", UNIT), ("127.0.0.1", "car-1")])
def test_what_a_unit_had_elsewhere_or_under_another_id_keeps_no_lower_serial_out(
    storage: Storage, downloader: SettingsDownloader, file: Path, database: Database, department_id: str, unit_id: str
) -> None:
    keep_from_elsewhere(file, department_id, unit_id)
    sync_state.note(database, sync_name(department_id, unit_id), serial=9, etag="nine")
    before = load(file).alerts.volume
    ask(downloader)
    assert (statement_at(storage).held, load(file).alerts.volume) == (0, before), "the uplink removes nothing"
    assert kept_file(load(file)).exists()
    publish(storage, SLOW)
    ask(downloader)
    assert (load_layers(file).held_serial, load(file).decision.timeout_ms, load(file).alerts.volume) == (1, 900.0, 0.8)
    assert (statement_at(storage).held, statement_at(storage).refused, downloader.trouble) == (1, 0, "")


def test_what_another_key_signed_is_refused(storage: Storage, downloader: SettingsDownloader, file: Path) -> None:
    ask(downloader)
    assert keys_file(load(file).uplink).exists()
    (storage.directory / KEY_FILE).unlink()
    publish(storage, SLOW)
    ask(downloader)
    assert (load_layers(file).held_serial, statement_at(storage).refused) == (0, 1)
    assert "not signed by the department's key" in statement_at(storage).refusal
    uplink = load(file).uplink
    pin_keys(uplink, fetch_keys(uplink, UNIT), replace=True)
    ask(downloader)
    assert (load_layers(file).held_serial, statement_at(storage).refused, downloader.trouble) == (1, 0, "")


def test_a_settings_file_with_a_fault_is_no_reason_to_refuse(
    storage: Storage, downloader: SettingsDownloader, file: Path
) -> None:
    whole = file.read_text(encoding="utf-8")
    file.write_text(f"{whole}[decision]\ntimeout_ms = -1\n", encoding="utf-8")
    publish(storage, SLOW)
    downloader._schedule.want()
    assert downloader.step() > 0
    assert storage.held_settings.all() == {}
    file.write_text(whole, encoding="utf-8")
    ask(downloader)
    assert load_layers(file).held_serial == 1
