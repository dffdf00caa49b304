"""Removing old records, a damaged log, a full one, and the values on record."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.access_log.records import RecordedChange, parse_record
from alpr_edge.domain.errors import AuditError, RefusedError, StoreError
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.log_proofs.checkpoints import open_checkpoint
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, note_key
from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.services.audit.log_upkeep import drop_old_records
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.settings import Settings
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.store.access_log.append_failures import take_failure
from alpr_edge.store.access_log.audits import prove, verify
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, add_cosignature
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.access_log.upkeep import drop_records, first_to_keep
from alpr_edge.store.recovery import access_log_replacement as replacement
from tests.domain.access_log.entries import entry
from tests.store.records import instant

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS_NAME = "alpr-edge/department"
WITNESS_KEY = note_key(WITNESS_NAME, WITNESS, COSIGNATURE)


def fill(log: AccessLog, count: int) -> None:
    first = log.size()
    for number in range(first, first + count):
        log.append(entry(number), instant(number * 1000))


def cosign_log(log: AccessLog, signer: CheckpointSigner) -> None:
    """Sign the log as it is, as the department does with it."""
    stored = signer.sign()
    assert stored is not None
    add_cosignature(log, stored.size, cosign(stored.note.text, WITNESS_NAME, WITNESS, 1_800_000_000).line, WITNESS_KEY)


def received_at(log: AccessLog, sequence: int) -> datetime:
    text = parse_record(log.read(sequence, 1)[0].body).received.utc
    assert text is not None
    return datetime.fromisoformat(text)


def findings(log: AccessLog, signer: CheckpointSigner) -> tuple[str, ...]:
    return verify(log, signer.key, None, lambda _, __: None).findings


def rows(log: AccessLog, table: str) -> int:
    with log.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one())


@pytest.mark.parametrize("keep", [1, 2, 7, 8, 13, 21])
def test_what_is_left_is_proved_and_signed_on(log: AccessLog, signer: CheckpointSigner, keep: int) -> None:
    fill(log, 22)
    cosign_log(log, signer)
    before = log.head()
    assert drop_records(log, keep) == keep
    assert (log.first(), log.size(), log.head()) == (keep, 22, before)
    assert rows(log, "records") == 22 - keep
    assert findings(log, signer) == ()
    fill(log, 3)
    stored = signer.sign()
    assert stored is not None, "the log continues its checkpoint"
    for sequence in range(keep, 25):
        proof = ProofFile.parse(prove(log, sequence).text)
        check_proof(proof, signer.key)
    with pytest.raises(AuditError, match=f"record {keep - 1} went for its age; the first that is left is {keep}"):
        prove(log, keep - 1)
    assert (drop_records(log, keep), findings(log, signer)) == (0, ())


def test_few_hashes_stay_of_what_went(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 40)
    cosign_log(log, signer)
    drop_records(log, 39)
    assert rows(log, "nodes") <= 8, "those of 32, 4, 2, 1 records, and what the last is part of"


def test_only_what_is_old_and_cosigned_goes(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 10)
    late = received_at(log, 9) + timedelta(days=1)
    assert first_to_keep(log, late) == 0, "the department has none"
    signer.sign()
    assert first_to_keep(log, late) == 0, "nor has it cosigned any"
    fill(log, 1)
    cosign_log(log, signer)
    fill(log, 5)
    assert first_to_keep(log, late) == 11
    assert first_to_keep(log, received_at(log, 4)) == 4
    assert first_to_keep(log, received_at(log, 0)) == 0


def test_the_last_record_never_goes(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 4)
    late = received_at(log, 3) + timedelta(days=1)
    cosign_log(log, signer)
    assert first_to_keep(log, late) == 3


def test_a_record_without_a_time_goes_with_its_neighbours(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 3)
    log.append(entry(3), replace(instant(), utc=None, utc_source=UtcSource.UNKNOWN, uncertainty_ms=None))
    fill(log, 2)
    late = received_at(log, 4) + timedelta(milliseconds=10)
    cosign_log(log, signer)
    assert first_to_keep(log, received_at(log, 4)) == 3, "nothing says that it is old"
    assert first_to_keep(log, late) == 5


@pytest.mark.parametrize(
    "statement", ["DELETE FROM records WHERE sequence = 5", "DELETE FROM nodes WHERE level = 2 AND place = 1"]
)
def test_what_is_left_cannot_go_otherwise(log: AccessLog, signer: CheckpointSigner, statement: str) -> None:
    fill(log, 9)
    cosign_log(log, signer)
    drop_records(log, 5)
    with pytest.raises(RefusedError), log.writing() as connection:
        connection.exec_driver_sql(statement)


def test_false_hashes_in_place_of_what_went_are_found(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 9)
    cosign_log(log, signer)
    drop_records(log, 5)
    with log.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER nodes_are_not_changed")
        connection.exec_driver_sql("UPDATE nodes SET value = zeroblob(32) WHERE level = 2 AND place = 0")
    assert any("the checkpoint at 9 does not fit" in line for line in findings(log, signer))


def test_a_log_that_says_records_went_and_has_no_checkpoint_over_them_does_not_verify(
    log: AccessLog, signer: CheckpointSigner
) -> None:
    fill(log, 9)
    cosign_log(log, signer)
    drop_records(log, 5)
    with log.writing() as connection:
        connection.exec_driver_sql("DELETE FROM checkpoints")
    assert any("no checkpoint vouches for the 5 records" in line for line in findings(log, signer))


def test_a_checkpoint_of_what_went_cannot_be_compared(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 3)
    stored = signer.sign()
    assert stored is not None
    kept = open_checkpoint(stored.note.whole, signer.key)
    fill(log, 6)
    cosign_log(log, signer)
    drop_records(log, 5)
    with pytest.raises(AuditError, match="the department has them"):
        verify(log, signer.key, kept, lambda _, __: None)


def test_a_full_log_takes_nothing_and_run_learns_of_it(unit: Settings, log: AccessLog) -> None:
    runtime = unit.unit.data_directory.parent / "runtime"
    runtime.mkdir()
    full = AccessLog(log.database, "unit-1", runtime, bytes_max=log.used_bytes())
    with pytest.raises(StoreError, match="so nothing is shown"):
        full.append(entry(), instant())
    assert log.size() == 0
    assert take_failure(runtime).startswith("a record of 2026-")
    assert take_failure(runtime) == "", "it is told once"
    too_long = entry(objects=tuple("x" * 128 for _ in range(1000)))
    with pytest.raises(RefusedError):
        AccessLog(log.database, "unit-1", runtime).append(too_long, instant())
    assert take_failure(runtime) == "", "the record was wrong, not the log"


def test_a_full_log_takes_what_is_needed_for_old_records_to_go(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 12)
    cosign_log(log, signer)
    log.bytes_max = log.used_bytes()
    with pytest.raises(StoreError, match="so nothing is shown"):
        fill(log, 1)
    now = replace(instant(), utc=received_at(log, 11) + timedelta(days=3 * 365))
    recorder = ChangeRecorder(log, "run", ReplayedClock(now))
    assert drop_old_records(log, recorder, PolicySettings()) == 11, "the newest stays"
    assert parse_record(log.read(12, 1)[0].body).action == "drop_old_records"
    fill(log, 1)


def test_run_learns_of_no_record_that_whoever_makes_it_makes_later(unit: Settings) -> None:
    unit.unit.runtime_directory.mkdir(exist_ok=True)
    for is_told in (False, True):
        with open_access_log(unit, migrate=True, is_told=is_told) as log:
            log.bytes_max = 0
            with pytest.raises(StoreError, match="so nothing is shown"):
                log.append(entry(), instant())
        assert bool(take_failure(unit.unit.runtime_directory)) is is_told


def test_a_damaged_log_is_kept_and_another_begins(unit: Settings, log: AccessLog) -> None:
    fill(log, 30)
    log_id = log.log_id
    log.close()
    replacement.open_or_begin(unit).close()
    assert replacement.damaged_logs(unit.unit.data_directory) == [], "it is sound, and its mark is written now"
    path = unit.unit.data_directory / FILE_NAME
    content = bytearray(path.read_bytes())
    content[100:200] = bytes(100)
    path.write_bytes(content)
    begun = replacement.open_or_begin(unit)
    (aside,) = replacement.damaged_logs(unit.unit.data_directory)
    assert (begun.size(), begun.log_id == log_id) == (0, False)
    assert (unit.unit.data_directory / aside / FILE_NAME).read_bytes() == bytes(content)
    begun.close()


def test_a_log_of_another_key_is_not_moved(unit: Settings, log: AccessLog) -> None:
    fill(log, 1)
    log.close()
    key = unit.store.keys_directory / "access.key"
    key.write_bytes(bytes(32))
    with pytest.raises(StoreError, match="restore that key"):
        replacement.open_or_begin(unit)
    assert replacement.damaged_logs(unit.unit.data_directory) == []


def test_a_program_that_still_has_the_old_file_does_not_write_to_it(unit: Settings, log: AccessLog) -> None:
    fill(log, 1)
    replacement.set_aside(unit, "damaged")
    with pytest.raises(StoreError, match="was set aside as damaged"):
        log.append(entry(), instant())


def test_the_newest_value_of_each_name_is_what_is_on_record(log: AccessLog) -> None:
    def record(*changes: tuple[str, str, str]) -> None:
        made = tuple(RecordedChange(name=name, before=before, after=after) for name, before, after in changes)
        log.append(entry(changes=made), instant())

    record(("settings:a", "", "1"), ("list:x", "", "generation 1"))
    record(("settings:a", "1", "2"))
    record(("list:x", "generation 1", ""))
    on_record = log.values()
    assert on_record.of({"settings", "list"}) == {"settings:a": "2"}
    assert (on_record.knows("list"), on_record.knows("roster"), on_record.unfounded) == (True, False, ())
    with log.writing() as connection:
        connection.exec_driver_sql("UPDATE recorded_values SET value = '3' WHERE name = 'settings:a'")
    assert log.values().unfounded == ("settings:a",)


def append_many(log: AccessLog, count: int) -> None:
    for _ in range(count):
        log.append(entry(note="x" * 400), instant())


def test_a_full_disk_keeps_nothing_of_a_record_and_the_log_goes_on_after(
    unit: Settings, log: AccessLog, signer: CheckpointSigner
) -> None:
    fill(log, 5)
    unit.unit.runtime_directory.mkdir(exist_ok=True)
    with log.writing() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        append_many(log, 100)
    kept = log.size()
    assert kept < 105
    assert "the disk is full" in take_failure(unit.unit.runtime_directory)
    assert (log.size(), findings(log, signer)) == (kept, ())
    with log.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 100}")
    fill(log, 2)
    signer.sign()
    assert (log.size(), findings(log, signer)) == (kept + 2, ())
