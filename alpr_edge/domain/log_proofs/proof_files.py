"""The proof of one record as a file that is checked without the log, and shows no other record (C2SP tlog-proof).

Its ``extra`` line carries the record itself. The format does not vouch for that line; here its hash is the leaf that is
proved, so a changed record does not prove.
"""

from dataclasses import dataclass

from alpr_edge.domain.access_log.records import DEPARTMENT, parse_record
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, log_id_of_key, open_checkpoint, parse_decimal
from alpr_edge.domain.log_proofs.merkle import HASH_BYTES, hash_leaf
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey, decode_base64, encode_base64
from alpr_edge.domain.log_proofs.proofs import PROOF_HASHES_MAX, is_included

FIRST_LINE = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
PROOF_CHARACTERS_MAX = 256 * 1024
_EXTRA, _INDEX = "extra ", "index "


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof, unchecked."""

    index: int
    """The record's sequence number, from 0."""
    hashes: tuple[bytes, ...]
    note: str
    """The signed checkpoint."""
    extra: bytes | None = None
    """The record; None: it is handed over apart."""

    @property
    def text(self) -> str:
        extra = [] if self.extra is None else [_EXTRA + encode_base64(self.extra)]
        lines = [FIRST_LINE, *extra, f"{_INDEX}{self.index}", *map(encode_base64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> "ProofFile":
        """Parse a file.

        Raises:
            AuditError: it is no proof.
        """
        head, gap, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        if len(text) > PROOF_CHARACTERS_MAX or first != FIRST_LINE or not gap or not lines:
            raise AuditError(f"not a proof: it begins with {FIRST_LINE} and has a checkpoint behind an empty line")
        extra = _decode(lines.pop(0).removeprefix(_EXTRA)) if lines[0].startswith(_EXTRA) else None
        if not lines or not lines[0].startswith(_INDEX):
            raise AuditError("not a proof: it names no record")
        index, hashes = parse_decimal(lines[0].removeprefix(_INDEX)), tuple(_decode(line) for line in lines[1:])
        if len(hashes) > PROOF_HASHES_MAX or any(len(value) != HASH_BYTES for value in hashes):
            raise AuditError("not a proof: a line is no hash, or there are too many")
        return cls(index, hashes, note, extra)


def check_proof(proof: ProofFile, key: NoteKey, record: bytes | None = None) -> Checkpoint:
    """Check that a record is in the log at its place; the checkpoint by which it is.

    The log of a key that cosigns is a department's own, and holds records of that department alone.

    Args:
        record: the record; None: the one that the proof carries.

    Raises:
        AuditError: it is not proved.
    """
    data = proof.extra if record is None else record
    if data is None:
        raise AuditError("the proof does not carry its record; give the record as well")
    checkpoint = open_checkpoint(proof.note, key)
    if not is_included(hash_leaf(data), proof.index, checkpoint.size, proof.hashes, checkpoint.root):
        raise AuditError("the proof does not lead from the record to the checkpoint: one of them was changed")
    if key.type == COSIGNATURE:
        _check_own_record(data, proof.index, log_id_of_key(key))
    return checkpoint


def _check_own_record(data: bytes, index: int, log_id: str) -> None:
    """Check that a record in a department's log is the department's own: its key signs for logs of units too."""
    record = parse_record(data)
    if (record.unit_id, record.log_id, record.sequence) != (DEPARTMENT, log_id, index):
        raise AuditError("the record is not one of the department's own log: another log was signed by its name")


def _decode(text: str) -> bytes:
    data = decode_base64(text)
    if not data:
        raise AuditError("not a proof: a line is not base 64")
    return data
