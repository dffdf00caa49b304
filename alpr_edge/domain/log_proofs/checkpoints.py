"""Checkpoints: what a log says of itself at one size, as a signed note (C2SP tlog-checkpoint)."""

import hashlib
from dataclasses import dataclass

from alpr_edge.domain.access_log.records import origin_of
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.merkle import HASH_BYTES, SIZE_MAX
from alpr_edge.domain.log_proofs.notes import (
    COSIGNATURE,
    NoteKey,
    SignedNote,
    check_note,
    decode_base64,
    encode_base64,
)

_DIGITS_MAX = len(str(SIZE_MAX))
_LOG_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root of a log."""

    origin: str
    """Which log it is."""
    size: int
    """Number of records."""
    root: bytes
    """Root of the Merkle tree over them."""
    extensions: tuple[str, ...] = ()
    """Further lines, of other logs; ours has none."""

    @property
    def text(self) -> str:
        """What is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode_base64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Parse the text of a note.

        Raises:
            AuditError: it is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise AuditError("not a checkpoint: it has to have three lines, none of them empty")
        origin, digits, encoded, *extensions = lines
        root = decode_base64(encoded)
        if len(root) != HASH_BYTES:
            raise AuditError("not a checkpoint: its third line is no root")
        return cls(origin, parse_decimal(digits), root, tuple(extensions))


def parse_decimal(digits: str) -> int:
    """A number of records, without leading zeros."""
    is_decimal = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX
    if not is_decimal or str(int(digits)) != digits or int(digits) > SIZE_MAX:
        raise AuditError("not a number of records: digits alone, without leading zeros")
    return int(digits)


def open_checkpoint(whole: str, key: NoteKey) -> Checkpoint:
    """The checkpoint of a note that a log's key signed.

    A cosigner that has a log of its own, as a department, signs it by its cosignatures; that log is named by its key.

    Raises:
        AuditError: it is none, is not signed by that key, or is that of another log.
    """
    note = SignedNote.parse(whole)
    if key.type == COSIGNATURE:
        check_cosignature(note, key)
    else:
        check_note(note, key)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != (origin_of(log_id_of_key(key)) if key.type == COSIGNATURE else key.name):
        raise AuditError("the checkpoint is that of another log than the key's")
    return checkpoint


def log_id_of_key(key: NoteKey) -> str:
    """The id of the log that a cosigner has of its own: the beginning of a digest of its public key."""
    return hashlib.sha256(key.text.encode()).hexdigest()[:_LOG_ID_CHARACTERS]
