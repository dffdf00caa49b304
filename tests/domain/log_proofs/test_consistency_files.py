"""A proof that a log only grew is checked by two files and a key, and a changed one does not hold."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.access_log.records import origin_of
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, log_id_of_key, open_checkpoint
from alpr_edge.domain.log_proofs.consistency_files import CONSISTENCY_LINE, ConsistencyFile, check_growth
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.merkle import hash_leaf, nodes_of_append, range_root
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, note_key, sign_note
from alpr_edge.domain.log_proofs.proofs import consistency_proof

NAME, SIZE = "department", 9
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
COSIGNER = note_key(NAME, KEY, COSIGNATURE)
ORIGIN = origin_of(log_id_of_key(COSIGNER))
AT_S = int(datetime(2026, 5, 4, tzinfo=UTC).timestamp())
NODES: dict[tuple[int, int], bytes] = {}


def read_node(level: int, place: int) -> bytes:
    return NODES[level, place]


for number in range(SIZE):
    for node in nodes_of_append(read_node, number, hash_leaf(bytes([number]))):
        NODES[node.level, node.place] = node.value


def note(size: int, origin: str = ORIGIN) -> str:
    text = Checkpoint(origin, size, range_root(read_node, 0, size)).text
    return f"{text}\n{cosign(text, NAME, KEY, AT_S).line}"


def proof(old: int, size: int) -> ConsistencyFile:
    return ConsistencyFile(old, tuple(consistency_proof(read_node, old, size)), note(size))


def test_every_older_checkpoint_leads_to_every_newer_one() -> None:
    for size in range(1, SIZE + 1):
        for old in range(1, size + 1):
            file = ConsistencyFile.parse(proof(old, size).text)
            assert file == proof(old, size)
            assert [each.size for each in check_growth(file, note(old), COSIGNER)] == [old, size]


def test_a_proof_that_was_changed_and_a_checkpoint_of_another_log_do_not_hold() -> None:
    whole = proof(5, 9)
    for hashes in (whole.hashes[1:], (*whole.hashes, bytes(32)), whole.hashes[::-1], (bytes(32), *whole.hashes[1:])):
        with pytest.raises(AuditError, match="does not continue"):
            check_growth(ConsistencyFile(5, hashes, whole.note), note(5), COSIGNER)
    with pytest.raises(AuditError, match="begins at 5 records"):
        check_growth(whole, note(4), COSIGNER)
    for kept in (note(5, "alpr-edge/log/" + "0" * 32), note(5, NAME)):
        with pytest.raises(AuditError, match="another log"):
            check_growth(whole, kept, COSIGNER)
    other = note_key(NAME, Ed25519PrivateKey.generate(), COSIGNATURE)
    with pytest.raises(AuditError, match="not cosigned by"):
        check_growth(whole, note(5), other)
    with pytest.raises(AuditError, match="not signed by"):
        open_checkpoint(note(5), note_key(NAME, KEY))
    plain = sign_note(Checkpoint(ORIGIN, 5, range_root(read_node, 0, 5)).text, NAME, KEY).whole
    with pytest.raises(AuditError, match="not cosigned by"):
        open_checkpoint(plain, COSIGNER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        CONSISTENCY_LINE,
        f"{CONSISTENCY_LINE}\n\nnote",
        f"{CONSISTENCY_LINE}\nold 05\n\nnote",
        f"{CONSISTENCY_LINE}\nold x\n\nnote",
        f"{CONSISTENCY_LINE}\nold 5\nAAAA\n\nnote",
        f"old 5\n{CONSISTENCY_LINE}\n\nnote",
        f"{CONSISTENCY_LINE}\nold 5\n" + ("A" * 43 + "=\n") * 65 + "\nnote",
        f"{CONSISTENCY_LINE}\nold 5\n\n" + "x" * 65536,
    ],
)
def test_what_is_no_such_file(text: str) -> None:
    with pytest.raises(AuditError, match=r"no proof that a log grew|not a number"):
        ConsistencyFile.parse(text)
