"""The proof that a log only grew since a checkpoint that somebody kept, as a file that is checked without the log.

A text: its first line, the line ``old SIZE`` with the size of the checkpoint that was kept, a line for each hash of the
consistency proof (RFC 9162, 2.1.4) in base 64, an empty line, and the newer signed checkpoint. No published format has
such a file; this one follows that of single records (C2SP tlog-proof).
"""

from dataclasses import dataclass

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint, parse_decimal
from alpr_edge.domain.log_proofs.merkle import HASH_BYTES
from alpr_edge.domain.log_proofs.notes import NoteKey, decode_base64, encode_base64
from alpr_edge.domain.log_proofs.proofs import PROOF_HASHES_MAX, is_consistent

CONSISTENCY_LINE = "alpr-edge/log-consistency@v1"
CHARACTERS_MAX = 64 * 1024
_OLD = "old "


@dataclass(frozen=True, slots=True)
class ConsistencyFile:
    """A proof that a log grew, unchecked."""

    old_size: int
    """Records of the checkpoint that was kept."""
    hashes: tuple[bytes, ...]
    note: str
    """The newer signed checkpoint."""

    @property
    def text(self) -> str:
        lines = [CONSISTENCY_LINE, f"{_OLD}{self.old_size}", *map(encode_base64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> "ConsistencyFile":
        """Parse a file.

        Raises:
            AuditError: it is no such proof.
        """
        head, gap, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        if len(text) > CHARACTERS_MAX or first != CONSISTENCY_LINE or not gap or not lines:
            raise AuditError(f"no proof that a log grew: it begins with {CONSISTENCY_LINE}")
        if not lines[0].startswith(_OLD):
            raise AuditError("no proof that a log grew: it names no older size")
        hashes = tuple(map(decode_base64, lines[1:]))
        if len(hashes) > PROOF_HASHES_MAX or any(len(value) != HASH_BYTES for value in hashes):
            raise AuditError("no proof that a log grew: a line is no hash, or there are too many")
        return cls(parse_decimal(lines[0].removeprefix(_OLD)), hashes, note)


def check_growth(proof: ConsistencyFile, kept: str, key: NoteKey) -> tuple[Checkpoint, Checkpoint]:
    """Check that a log grew from a checkpoint that was kept to that of a proof; both checkpoints.

    Raises:
        AuditError: one of them is not signed by the key, or the log did not only grow: it was rewritten.
    """
    old, new = open_checkpoint(kept, key), open_checkpoint(proof.note, key)
    if old.size != proof.old_size:
        raise AuditError(
            f"the proof begins at {proof.old_size} records and the checkpoint that was kept has {old.size}"
        )
    if old.origin != new.origin or not is_consistent(old.size, old.root, new.size, new.root, proof.hashes):
        raise AuditError("the log does not continue the checkpoint that was kept: a record before it was changed")
    return old, new
