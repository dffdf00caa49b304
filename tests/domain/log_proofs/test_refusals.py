"""What is refused of checkpoints, cosignatures and proofs, and the sentence that says why."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint, parse_decimal
from alpr_edge.domain.log_proofs.cosignatures import SECONDS_MAX, check_cosignature, cosign, cosigned_at, time_of
from alpr_edge.domain.log_proofs.merkle import (
    SIZE_MAX,
    CompactRange,
    TreeNode,
    hash_children,
    hash_leaf,
    nodes_of_append,
)
from alpr_edge.domain.log_proofs.notes import (
    COSIGNATURE,
    ED25519,
    NAME_CHARACTERS_MAX,
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    NoteKey,
    NoteSignature,
    SignedNote,
    check_note,
    note_key,
    sign_note,
)
from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof
from alpr_edge.domain.log_proofs.proofs import (
    PROOF_HASHES_MAX,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
)

KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
ROOT = bytes(range(32))
TEXT = "example.com/log\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_a_checkpoint_is_three_lines_or_more() -> None:
    assert Checkpoint("example.com/log", 17, ROOT).text == TEXT
    assert Checkpoint.parse(TEXT) == Checkpoint("example.com/log", 17, ROOT)
    assert Checkpoint.parse(TEXT + "a\nb\n").extensions == ("a", "b")
    assert Checkpoint.parse(TEXT + "a\nb\n").text == TEXT + "a\nb\n"


@pytest.mark.parametrize("text", ["", TEXT[:-1], "log\n17\n", TEXT + "\n", "\n" + TEXT, TEXT + "a", "a\n\nb\nc\n"])
def test_what_has_not_three_lines_is_no_checkpoint(text: str) -> None:
    with pytest.raises(AuditError, match=r"^not a checkpoint: it has to have three lines, none of them empty$"):
        Checkpoint.parse(text)


@pytest.mark.parametrize("length", [31, 33])
def test_a_root_has_thirty_two_bytes(length: int) -> None:
    with pytest.raises(AuditError, match=r"^not a checkpoint: its third line is no root$"):
        Checkpoint.parse(f"log\n17\n{base64.b64encode(bytes(length)).decode()}\n")


def test_a_size_is_digits_alone_up_to_what_a_database_counts() -> None:
    assert (parse_decimal("0"), parse_decimal(str(SIZE_MAX))) == (0, SIZE_MAX)
    for digits in ("", "00", "01", "-1", "+1", " 1", "1.0", "\u0663", str(SIZE_MAX + 1), "1" * 20):
        with pytest.raises(AuditError, match=r"^not a number of records: digits alone, without leading zeros$"):
            parse_decimal(digits)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    key = note_key("example.com/log", KEY)
    assert open_checkpoint(sign_note(TEXT, "example.com/log", KEY).whole, key).size == 17
    other = sign_note(TEXT, "example.com/other", KEY).whole
    with pytest.raises(AuditError, match=r"^the checkpoint is that of another log than the key's$"):
        open_checkpoint(other, note_key("example.com/other", KEY))


def test_a_note_that_its_key_did_not_sign_is_refused() -> None:
    note, key = sign_note("text\n", "log", KEY), note_key("log", OTHER_KEY)
    with pytest.raises(AuditError, match=f"^not signed by log with the key {key.key_id.hex()}$"):
        check_note(note, key)
    changed = SignedNote("Text\n", note.signatures)
    says = "^the signature of log does not hold: the text was changed, or somebody else signed it$"
    with pytest.raises(AuditError, match=says):
        check_note(changed, note_key("log", KEY))


@pytest.mark.parametrize(
    ("whole", "says"),
    [
        ("text\n", "it has no signatures behind an empty line$"),
        ("text\n\n", "it has no signatures behind an empty line$"),
        ("text\n\n— log AAAAAAAA", "it has no signatures behind an empty line$"),
        ("text\n\nlog AAAAAAAA\n", "a line behind the empty one is no signature$"),
        ("text\n\n— log AAAAAA==\n", "a line behind the empty one is no signature$"),
        ("text\n\n— log\n", "a line behind the empty one is no signature$"),
        ("te\rxt\n\n— log AAAAAAAA\n", "longer than 16384 bytes, or with control characters$"),
        ("x" * NOTE_BYTES_MAX + "\n\n— log AAAAAAAA\n", "longer than 16384 bytes, or with control characters$"),
        ("text\n\n" + "— log AAAAAAAA\n" * (SIGNATURES_MAX + 1), "more than 16 signatures$"),
    ],
)
def test_what_is_no_signed_note_is_refused(whole: str, says: str) -> None:
    with pytest.raises(AuditError, match=f"^not a signed note: {says}"):
        SignedNote.parse(whole)


def test_a_note_may_have_its_full_length_and_number_of_signatures() -> None:
    signatures = "— log AAAAAAAA\n" * SIGNATURES_MAX
    text = "x" * (NOTE_BYTES_MAX - len(signatures.encode()) - 2)
    note = SignedNote.parse(f"{text}\n\n{signatures}")
    assert (note.text, len(note.signatures)) == (f"{text}\n", SIGNATURES_MAX)
    assert note.signatures[0] == NoteSignature("log", bytes(4), bytes(2))
    assert note.whole == f"{text}\n\n{signatures}"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u2028b", "a" * (NAME_CHARACTERS_MAX + 1)])
def test_a_name_that_would_break_a_line_is_none(name: str) -> None:
    with pytest.raises(AuditError, match=r"^the name of a key is empty, too long, or holds a space or a plus$"):
        NoteKey(name, ED25519, bytes(32))
    assert NoteKey("a" * NAME_CHARACTERS_MAX, ED25519, bytes(32)).type == 1


def test_a_verifier_key_reads_back_and_every_change_of_it_is_refused() -> None:
    key = note_key("log", KEY)
    assert NoteKey.parse(f" {key.text}\n") == key
    name, key_id, encoded = key.text.split("+", 2)
    with pytest.raises(AuditError, match=r"^not a verifier key: its id does not belong to it; was a character changed"):
        NoteKey.parse(f"{name}+{'0' * len(key_id)}+{encoded}")
    for material in (b"", b"\x02" + bytes(32), b"\x01" + bytes(31), b"\x01" + bytes(33)):
        with pytest.raises(AuditError, match=r"^not a verifier key: it looks like NAME\+KEY_ID\+BASE64, for Ed25519$"):
            NoteKey.parse(f"{name}+{key_id}+{base64.b64encode(material).decode()}")


def test_a_cosignature_says_when_and_holds_for_its_text_alone() -> None:
    signature, key = cosign(TEXT, "witness", KEY, 1_700_000_000), note_key("witness", KEY, COSIGNATURE)
    assert cosigned_at(TEXT, signature, key) == time_of(signature) == 1_700_000_000
    assert signature.signature[:8] == (1_700_000_000).to_bytes(8)
    KEY.public_key().verify(signature.signature[8:], f"cosignature/v1\ntime 1700000000\n{TEXT}".encode())
    fault = "^the cosignature of witness does not hold: text or date was changed, or somebody else made it$"
    with pytest.raises(AuditError, match=fault):
        cosigned_at(TEXT + "a\n", signature, key)
    later = NoteSignature("witness", signature.key_id, (1).to_bytes(8) + signature.signature[8:])
    with pytest.raises(AuditError, match=fault):
        cosigned_at(TEXT, later, key)


def test_a_cosignature_is_by_its_own_key_of_its_own_kind() -> None:
    signature = cosign(TEXT, "witness", KEY, 5)
    for key in (
        note_key("witness", OTHER_KEY, COSIGNATURE),
        note_key("other", KEY, COSIGNATURE),
        note_key("witness", KEY, ED25519),
    ):
        says = f"^not cosigned by {key.name} with the key {key.key_id.hex()}$"
        with pytest.raises(AuditError, match=says):
            cosigned_at(TEXT, signature, key)
        with pytest.raises(AuditError, match=says):
            check_cosignature(SignedNote(TEXT, (signature,)), key)
    by_log = NoteSignature("witness", note_key("witness", KEY, ED25519).key_id, signature.signature)
    with pytest.raises(AuditError, match=r"^not cosigned by"):  # a log's key is no cosigner's, though it is named
        cosigned_at(TEXT, by_log, note_key("witness", KEY, ED25519))


def test_a_cosignature_without_a_date_in_range_is_none() -> None:
    with pytest.raises(AuditError, match=r"^not a cosignature: it is too short for a date$"):
        time_of(NoteSignature("witness", bytes(4), bytes(7)))
    assert time_of(NoteSignature("witness", bytes(4), bytes(8))) == 0
    assert time_of(NoteSignature("witness", bytes(4), SECONDS_MAX.to_bytes(8))) == SECONDS_MAX
    with pytest.raises(AuditError, match=r"^not a cosignature: its date is out of range$"):
        time_of(NoteSignature("witness", bytes(4), (SECONDS_MAX + 1).to_bytes(8)))


def test_the_last_of_several_cosignatures_counts() -> None:
    key = note_key("witness", KEY, COSIGNATURE)
    signatures = tuple(cosign(TEXT, "witness", KEY, at_s) for at_s in (5, 9, 7))
    assert check_cosignature(SignedNote(TEXT, signatures), key) == 9


def test_a_leaf_completes_the_subtrees_above_it() -> None:
    leaves = [hash_leaf(bytes([number])) for number in range(4)]
    left, right = hash_children(leaves[0], leaves[1]), hash_children(leaves[2], leaves[3])
    nodes = {(0, 2): leaves[2], (1, 0): left}
    assert list(nodes_of_append(lambda level, place: nodes[level, place], 3, leaves[3])) == [
        TreeNode(0, 3, leaves[3]),
        TreeNode(1, 1, right),
        TreeNode(2, 0, hash_children(left, right)),
    ]
    assert list(nodes_of_append(lambda level, place: nodes[level, place], 2, leaves[2])) == [TreeNode(0, 2, leaves[2])]
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    assert (tree.size, tree.edge, tree.root) == (4, [hash_children(left, right)], hash_children(left, right))


def test_proofs_of_what_is_not_there_are_refused() -> None:
    def read(_level: int, _place: int) -> bytes:
        return ROOT

    for index, size in ((-1, 4), (4, 4), (0, 0)):
        with pytest.raises(ValueError, match=f"^leaf {index} is not in a tree of {size}$"):
            inclusion_proof(read, index, size)
    for old, size in ((0, 4), (5, 4)):
        with pytest.raises(ValueError, match=f"^a tree of {size} does not continue one of {old}$"):
            consistency_proof(read, old, size)
    assert consistency_proof(read, 4, 4) == []


def test_a_proof_is_of_whole_hashes_and_bounded() -> None:
    assert not is_included(hash_leaf(b""), 0, 1, [ROOT] * (PROOF_HASHES_MAX + 1), ROOT)
    assert is_included(ROOT, 0, 1, [], ROOT)
    assert not is_included(ROOT[:-1], 0, 1, [], ROOT[:-1])
    assert not is_consistent(1, ROOT[:-1], 1, ROOT[:-1], [])
    assert is_consistent(1, ROOT, 1, ROOT, [])
    assert not is_consistent(1, ROOT, 1, ROOT, [ROOT])
    assert is_consistent(0, b"\0" * 32, 3, ROOT, [])
    assert not is_consistent(0, b"\0" * 32, 3, ROOT, [ROOT])
    assert not is_consistent(2, ROOT, 3, ROOT, [])


def test_a_proof_file_that_is_none_says_why() -> None:
    note = sign_note(TEXT, "example.com/log", KEY).whole
    begins = r"^not a proof: it begins with c2sp\.org/tlog-proof@v1 and has a checkpoint behind an empty line$"
    first = "c2sp.org/tlog-proof@v1\n"
    for text in ("", "other\nindex 0\n\n" + note, first + "index 0\n", f"{first}\n{note}"):
        with pytest.raises(AuditError, match=begins):
            ProofFile.parse(text)
    for lines in ("extra AAAA", "extra AAAA\nAAAA", "AAAA"):
        with pytest.raises(AuditError, match=r"^not a proof: it names no record$"):
            ProofFile.parse(f"c2sp.org/tlog-proof@v1\n{lines}\n\n{note}")
    with pytest.raises(AuditError, match=r"^not a proof: a line is not base 64$"):
        ProofFile.parse(f"c2sp.org/tlog-proof@v1\nindex 0\n!\n\n{note}")
    bare = ProofFile(0, (), note)
    assert ProofFile.parse(bare.text) == bare
    with pytest.raises(AuditError, match=r"^the proof does not carry its record; give the record as well$"):
        check_proof(bare, note_key("example.com/log", KEY))
    with pytest.raises(AuditError, match=r"^the proof does not lead from the record to the checkpoint: one of"):
        check_proof(bare, note_key("example.com/log", KEY), b"record")
