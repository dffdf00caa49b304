"""Notes, checkpoints, cosignatures and proof files: the examples of Go's sumdb and of C2SP, and what breaks them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature, cosign, time_of
from alpr_edge.domain.log_proofs.merkle import hash_leaf
from alpr_edge.domain.log_proofs.notes import (
    COSIGNATURE,
    NoteKey,
    SignedNote,
    check_note,
    decode_base64,
    note_key,
    sign_note,
)
from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof
from alpr_edge.domain.log_proofs.proofs import inclusion_proof
from tests.domain.log_proofs.test_merkle import LEAVES, PUBLISHED, ROOTS

# golang.org/x/mod/sumdb/note, note_test.go
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_NOTE = f"{GO_TEXT}\n{GO_LINE}"
# c2sp.org/signed-note, c2sp.org/tlog-cosignature, c2sp.org/tlog-proof
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3Z"
    "ekRwNtIc=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeM"
    "cTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+m"
    "bIUBkBIfZ+qnA==\n"
)
SOFA_TIME = 1679315147
PROOF = (
    "c2sp.org/tlog-proof@v1\nindex 73894\n"
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\n"
)

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LOG = note_key("alpr-edge/unit-1/log", LOG_KEY)
WITNESS = note_key("alpr-edge/department", WITNESS_KEY, COSIGNATURE)
CHECKPOINT = Checkpoint(LOG.name, 8, ROOTS[8])
NOTE = sign_note(CHECKPOINT.text, LOG.name, LOG_KEY)


def test_the_note_of_go_opens_and_is_signed_to_the_byte() -> None:
    key = NoteKey.parse(GO_KEY)
    assert key.text == GO_KEY
    note = SignedNote.parse(GO_NOTE)
    check_note(note, key)
    assert (note.text, note.whole) == (GO_TEXT, GO_NOTE)
    secret = Ed25519PrivateKey.from_private_bytes(decode_base64(GO_SECRET)[1:])
    assert sign_note(GO_TEXT, "PeterNeumann", secret).whole == GO_NOTE


@pytest.mark.parametrize("place", range(len(GO_KEY)))
def test_a_changed_key_is_none(place: int) -> None:
    changed = GO_KEY[:place] + chr(ord(GO_KEY[place]) + 1) + GO_KEY[place + 1 :]
    with pytest.raises(AuditError):
        NoteKey.parse(changed)


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+b+c", GO_KEY[:-4], GO_KEY.replace("Peter", "Peter ")])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(AuditError):
        NoteKey.parse(text)


def test_the_examples_of_c2sp_parse() -> None:
    poem = SignedNote.parse(POEM)
    assert poem.text.endswith("\n\ned è subito sera.\n")
    assert poem.whole == POEM
    sofa = SignedNote.parse(SOFA)
    assert sofa.whole == SOFA
    checkpoint = Checkpoint.parse(sofa.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == sofa.text
    assert time_of(sofa.signatures[1]) == SOFA_TIME
    proof = ProofFile.parse(PROOF + SOFA)
    assert (proof.index, len(proof.hashes), proof.note, proof.extra) == (73894, 5, SOFA, None)
    assert proof.text == PROOF + SOFA


def test_every_changed_byte_of_a_checkpoint_is_found() -> None:
    whole = NOTE.whole.encode()
    assert open_checkpoint(NOTE.whole, LOG) == CHECKPOINT
    for place in range(len(whole)):
        for other in (whole[place] ^ 1, whole[place] ^ 0x20, 0x0A):
            if other == whole[place]:
                continue
            changed = whole[:place] + bytes([other]) + whole[place + 1 :]
            with pytest.raises(AuditError):
                open_checkpoint(changed.decode(errors="replace"), LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n01\n" + SOFA.split("\n")[2] + "\n",
        "origin\n-1\n" + SOFA.split("\n")[2] + "\n",
        "origin\n9223372036854775808\n" + SOFA.split("\n")[2] + "\n",
        "origin\n1\nAAAA\n",
        "\n1\n" + SOFA.split("\n")[2] + "\n",
        "origin\n1\n" + SOFA.split("\n")[2],
        "origin\n1\n" + SOFA.split("\n")[2] + "\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(AuditError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "whole",
    [
        "text\n",
        "text\n\n",
        "text\n\n— name AAAAAAAA",
        "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "te\txt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 17,
        "x" * 20_000 + "\n\n— name AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(whole: str) -> None:
    with pytest.raises(AuditError):
        SignedNote.parse(whole)


def test_a_checkpoint_of_another_log_or_key_is_refused() -> None:
    other = Checkpoint("alpr-edge/unit-2/log", 8, ROOTS[8])
    with pytest.raises(AuditError, match="another log"):
        open_checkpoint(sign_note(other.text, LOG.name, LOG_KEY).whole, LOG)
    with pytest.raises(AuditError, match="not signed by"):
        open_checkpoint(sign_note(CHECKPOINT.text, LOG.name, WITNESS_KEY).whole, LOG)


def test_a_signature_of_an_unknown_key_is_ignored_and_a_false_one_of_the_known_key_is_not() -> None:
    unknown = sign_note(CHECKPOINT.text, "somebody", WITNESS_KEY).signatures
    assert open_checkpoint(SignedNote(NOTE.text, (*unknown, *NOTE.signatures)).whole, LOG) == CHECKPOINT
    false = sign_note("other\n", LOG.name, LOG_KEY).signatures
    with pytest.raises(AuditError, match="does not hold"):
        open_checkpoint(SignedNote(NOTE.text, (*NOTE.signatures, *false)).whole, LOG)


def test_a_cosignature_holds_for_its_text_its_time_and_its_key() -> None:
    line = cosign(NOTE.text, WITNESS.name, WITNESS_KEY, SOFA_TIME)
    later = cosign(NOTE.text, WITNESS.name, WITNESS_KEY, SOFA_TIME + 5)
    note = SignedNote(NOTE.text, (*NOTE.signatures, line))
    assert SignedNote.parse(note.whole) == note
    assert check_cosignature(note, WITNESS) == SOFA_TIME
    assert check_cosignature(SignedNote(NOTE.text, (line, later)), WITNESS) == SOFA_TIME + 5
    assert open_checkpoint(note.whole, LOG) == CHECKPOINT
    with pytest.raises(AuditError, match="not cosigned"):
        check_cosignature(NOTE, WITNESS)
    with pytest.raises(AuditError, match="does not hold"):
        check_cosignature(SignedNote(NOTE.text + "more\n", (line,)), WITNESS)
    moved = line.signature[:7] + bytes([line.signature[7] ^ 1]) + line.signature[8:]
    with pytest.raises(AuditError, match="does not hold"):
        check_cosignature(SignedNote(NOTE.text, (type(line)(line.name, line.key_id, moved),)), WITNESS)


def test_a_proof_file_carries_one_record_and_verifies_alone() -> None:
    proof = ProofFile(5, tuple(inclusion_proof(PUBLISHED, 5, 8)), NOTE.whole, LEAVES[5])
    assert ProofFile.parse(proof.text) == proof
    assert check_proof(ProofFile.parse(proof.text), LOG) == CHECKPOINT
    for other in (leaf for place, leaf in enumerate(LEAVES) if place != 5):
        assert hash_leaf(other) != hash_leaf(LEAVES[5])
        with pytest.raises(AuditError, match="does not lead"):
            check_proof(proof, LOG, other)
    with pytest.raises(AuditError, match="does not carry"):
        check_proof(ProofFile(5, proof.hashes, proof.note), LOG)


def test_every_changed_byte_of_a_proof_is_found() -> None:
    whole = ProofFile(5, tuple(inclusion_proof(PUBLISHED, 5, 8)), NOTE.whole, LEAVES[5]).text
    for place, character in enumerate(whole):
        for other in (chr(ord(character) ^ 1), "\n"):
            if other == character:
                continue
            with pytest.raises(AuditError):
                check_proof(ProofFile.parse(whole[:place] + other + whole[place + 1 :]), LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        PROOF,
        "c2sp.org/tlog-proof@v1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1x\n\nx",
        PROOF.replace("gSKy", "gSK!") + SOFA,
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(AuditError):
        check_proof(ProofFile.parse(text), LOG)
