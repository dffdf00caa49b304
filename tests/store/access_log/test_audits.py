"""Checkpoints, audits and proofs over a stored log, and the ways in which somebody with its key may change it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey, note_key, sign_note
from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof
from alpr_edge.settings import Settings
from alpr_edge.store.access_log import checkpoints
from alpr_edge.store.access_log.audits import AuditResult, prove, verify
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, add_cosignature, load_signing_key
from alpr_edge.store.access_log.log import AccessLog
from tests.domain.access_log.entries import entry
from tests.store.records import instant

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS_NAME = "alpr-edge/department"
WITNESS_KEY = note_key(WITNESS_NAME, WITNESS, COSIGNATURE)
UNGUARD = (
    "DROP TRIGGER records_are_not_changed",
    "DROP TRIGGER records_are_not_removed",
    "DROP TRIGGER nodes_are_not_changed",
    "DROP TRIGGER nodes_are_not_removed",
)


def fill(log: AccessLog, count: int) -> None:
    for number in range(count):
        log.append(entry(number), instant(number))


def audit(log: AccessLog, key: NoteKey, other: Checkpoint | None = None) -> AuditResult:
    return verify(log, key, other, lambda _, __: None)


def rewrite(log: AccessLog, *statements: str) -> None:
    """Change the database as somebody would who has its key."""
    with log.writing() as connection:
        for statement in (*UNGUARD, *statements):
            connection.exec_driver_sql(statement)


def test_a_log_verifies_and_each_of_its_records_is_proved_alone(log: AccessLog, signer: CheckpointSigner) -> None:
    ticks: list[tuple[int, int]] = []
    for number in range(23):
        log.append(entry(number), instant(number))
        if number % 5 == 0:
            signer.sign()
    last = signer.sign()
    assert last is not None
    assert signer.sign() is None, "nothing new"
    result = verify(log, signer.key, None, lambda done, total: ticks.append((done, total)))
    assert (result.records, result.checkpoints, result.cosigned, result.findings) == (23, 6, 0, ())
    assert ticks == [(23, 23)]
    for sequence in range(23):
        text = prove(log, sequence).text
        proof = ProofFile.parse(text)
        assert check_proof(proof, signer.key).size == 23
        assert proof.extra is not None
        assert parse_record(proof.extra).sequence == sequence
        others = [record.body for record in log.read(0, 100) if record.sequence != sequence]
        assert not any(body in proof.extra for body in others)


@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (
            ["UPDATE records SET body = (SELECT body FROM records WHERE sequence = 8) WHERE sequence = 7"],
            "7 was changed",
        ),
        (["DELETE FROM records WHERE sequence = 7"], "record 7 is missing"),
        (["DELETE FROM records WHERE sequence > 14"], "its end was cut off"),
        (
            [
                "UPDATE records SET sequence = -1 WHERE sequence = 3",
                "UPDATE records SET sequence = 3 WHERE sequence = 4",
                "UPDATE records SET sequence = 4 WHERE sequence = -1",
            ],
            "record 3 says that it is another one",
        ),
        (["INSERT INTO records SELECT 20, body FROM records WHERE sequence = 2"], "record 20 says"),
        (["UPDATE nodes SET value = zeroblob(32) WHERE level = 4"], "the stored tree is not that of the records"),
        (["UPDATE checkpoints SET size = 19"], "checkpoint at 19"),
        (["UPDATE checkpoints SET note = replace(note, '\n20\n', '\n21\n')"], "does not hold"),
    ],
)
def test_what_was_rewritten_is_found(
    log: AccessLog, signer: CheckpointSigner, statements: list[str], finding: str
) -> None:
    fill(log, 20)
    signer.sign()
    rewrite(log, *statements)
    assert any(finding in line for line in audit(log, signer.key).findings)


def test_a_log_that_was_rewritten_is_not_signed(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 20)
    signer.sign()
    rewrite(log, "DELETE FROM records WHERE sequence > 14", "DELETE FROM nodes WHERE level > 3")
    with pytest.raises(AuditError, match="its end was cut off"):
        signer.sign()
    for number in range(15, 25):
        rewritten(log, number)
    with pytest.raises(AuditError, match="does not continue its checkpoint at 20"):
        signer.sign()


def rewritten(log: AccessLog, number: int) -> None:
    """Append as a program would whose database was cut."""
    with log.writing() as connection:
        connection.exec_driver_sql("DELETE FROM nodes WHERE (place + 1) << level > ?", (number,))
    log.append(entry(number, case="another"), instant())


def test_a_cut_with_its_checkpoints_is_found_by_a_checkpoint_that_somebody_kept(
    log: AccessLog, signer: CheckpointSigner
) -> None:
    fill(log, 12)
    signer.sign()
    fill(log, 8)
    kept = signer.sign()
    assert kept is not None
    rewrite(log, "DELETE FROM records WHERE sequence > 11", "DELETE FROM checkpoints WHERE size > 12")
    assert audit(log, signer.key).findings == (), "nothing in the log itself tells"
    other = open_checkpoint(kept.note.whole, signer.key)
    assert audit(log, signer.key, other).findings == ("the log has 12 records and had 20: its end was cut off",)


def test_a_kept_checkpoint_of_another_history_is_found(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 5)
    signer.sign()
    other = Checkpoint(log.origin, 5, bytes(32))
    assert audit(log, signer.key, other).findings[0] == "the checkpoint given and the log's own differ at 5 records"
    earlier = Checkpoint(log.origin, 3, bytes(32))
    assert audit(log, signer.key, earlier).findings[0].startswith("the checkpoint at 3 does not fit")


def test_a_cosignature_is_checked_and_its_key_never_changes(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 5)
    stored = signer.sign()
    assert stored is not None
    line = cosign(stored.note.text, WITNESS_NAME, WITNESS, 1_800_000_000).line
    add_cosignature(log, 5, line, WITNESS_KEY)
    add_cosignature(log, 5, line, WITNESS_KEY)
    assert audit(log, signer.key).cosigned == 5
    assert checkpoints.witness_key(log) == WITNESS_KEY
    fill(log, 2)
    newer = signer.sign()
    assert newer is not None
    assert ProofFile.parse(prove(log, 3).text).note.count("— ") == 2, "the cosigned one, though a newer one is there"
    stranger = Ed25519PrivateKey.generate()
    theirs = note_key(WITNESS_NAME, stranger, COSIGNATURE)
    with pytest.raises(AuditError, match="another key than before"):
        add_cosignature(log, 7, cosign(newer.note.text, WITNESS_NAME, stranger, 1).line, theirs)
    with pytest.raises(AuditError, match="does not hold"):
        add_cosignature(log, 7, line, WITNESS_KEY)
    with pytest.raises(AuditError, match="no checkpoint here has that size"):
        add_cosignature(log, 6, line, WITNESS_KEY)


def test_a_false_cosignature_in_the_database_is_found(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 5)
    stored = signer.sign()
    assert stored is not None
    line = cosign("another text\n", WITNESS_NAME, WITNESS, 1).line
    put: Callable[[Connection], object] = lambda connection: connection.exec_driver_sql(  # noqa: E731 - used once
        "INSERT INTO cosignatures VALUES (5, ?)", (line,)
    )
    with log.writing() as connection:
        put(connection)
    assert "cosigned by an unknown key" in audit(log, signer.key).findings[0]


def test_another_signing_key_signs_nothing(log: AccessLog, signer: CheckpointSigner) -> None:
    with pytest.raises(StoreError, match="signed with another key"):
        CheckpointSigner(log, Ed25519PrivateKey.generate())
    fill(log, 1)
    signer.sign()
    stranger = note_key(log.origin, Ed25519PrivateKey.generate())
    assert "not signed by" in audit(log, stranger).findings[0]


def test_the_signing_key_is_a_file_of_its_own(unit: Settings) -> None:
    path: Path = unit.store.keys_directory / "signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(StoreError, match="others may read"):
        load_signing_key(unit.store.keys_directory)
    path.unlink()
    with pytest.raises(StoreError, match="no such key"):
        load_signing_key(unit.store.keys_directory)


def test_there_is_no_proof_of_what_is_not_there_or_not_signed(log: AccessLog, signer: CheckpointSigner) -> None:
    fill(log, 2)
    with pytest.raises(AuditError, match="no checkpoint covers record 1 yet"):
        prove(log, 1)
    signer.sign()
    with pytest.raises(AuditError, match="has no record 2"):
        prove(log, 2)


def put_checkpoints(log: AccessLog, first: int, count: int) -> None:
    """Store checkpoints of some sizes, of no records, and prune as each signature does."""
    with log.writing() as connection:
        for size in range(first, first + count):
            note = sign_note(Checkpoint(log.origin, size, bytes(32)).text, log.origin, WITNESS).whole
            connection.exec_driver_sql("INSERT INTO checkpoints VALUES (?, ?)", (size, note))
        checkpoints._prune(connection)


def test_the_oldest_checkpoints_go(log: AccessLog, signer: CheckpointSigner) -> None:
    put_checkpoints(log, 1, checkpoints.CHECKPOINTS_KEPT + 49)
    assert len(checkpoints.all_checkpoints(log)) == checkpoints.CHECKPOINTS_KEPT


def test_the_newest_cosigned_checkpoint_stays_while_the_unit_has_no_link(
    log: AccessLog, signer: CheckpointSigner
) -> None:
    for size in (3, 5):
        fill(log, size - log.size())
        stored = signer.sign()
        assert stored is not None
        line = cosign(stored.note.text, WITNESS_NAME, WITNESS, 1_800_000_000).line
        add_cosignature(log, size, line, WITNESS_KEY)
    put_checkpoints(log, 6, checkpoints.CHECKPOINTS_KEPT)
    kept = checkpoints.all_checkpoints(log)
    assert (len(kept), kept[0].size, kept[0].is_cosigned) == (checkpoints.CHECKPOINTS_KEPT + 1, 5, True)
    assert checkpoints.latest_cosigned(log) == 5


def test_an_empty_log_has_no_checkpoint(log: AccessLog, signer: CheckpointSigner) -> None:
    assert signer.sign() is None
    assert audit(log, signer.key) == AuditResult(0, 0, 0, ())
