"""Checkpoints of the access log: signed by ``run`` with a key of its own, kept with the department's cosignatures.

The signing key is a file or credential of its own (``signing``): who can append cannot sign. Its public side is noted
in the log at the first checkpoint and never changes: another key is another log.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import AuditError, StoreError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.merkle import EMPTY_ROOT
from alpr_edge.domain.log_proofs.notes import NoteKey, NoteSignature, SignedNote, note_key, sign_note
from alpr_edge.domain.log_proofs.proofs import consistency_proof, is_consistent
from alpr_edge.store.access_log.log import LOG_KEY, AccessLog
from alpr_edge.store.access_log.log_rows import TreeHead, fact, head_of, node_reader, note_fact
from alpr_edge.store.access_log.schema import checkpoints, cosignatures
from alpr_edge.store.keys import load_key

CHECKPOINTS_KEPT = 1000
"""The newest checkpoints that are kept, and with them the newest that is cosigned, whatever its age."""
WITNESS_KEY = "witness_key"

_WITH_COSIGNATURES = select(checkpoints.c.size, checkpoints.c.note, cosignatures.c.line).outerjoin(
    cosignatures, cosignatures.c.size == checkpoints.c.size
)


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it is stored."""

    size: int
    note: SignedNote
    """With the department's cosignature, where it has one."""
    is_cosigned: bool


class CheckpointSigner:
    """Signs checkpoints of a log; for the one process that holds the signing key.

    Raises:
        StoreError: the log was signed with another key before.
    """

    def __init__(self, log: AccessLog, key: Ed25519PrivateKey) -> None:
        self._log = log
        self._key = key
        self.key = note_key(log.origin, key)
        """The public key."""
        with log.writing() as connection:
            note_fact(connection, LOG_KEY, self.key.text)
            is_same = fact(connection, LOG_KEY) == self.key.text
        if not is_same:
            raise StoreError(
                f"{log.database.path}: its checkpoints were signed with another key; restore signing.key, or move the "
                "file aside: alpr-edge run begins a new log then, and the department is told"
            )

    def sign(self) -> StoredCheckpoint | None:
        """Sign the log as it is now; None when nothing was added since the last checkpoint.

        Raises:
            AuditError: the log does not continue its last checkpoint: it was rewritten, and is not signed.
            StoreError: the log cannot be read or written.
        """
        with self._log.writing() as connection:
            head = head_of(connection)
            last = _checkpoint_before(connection, None)
            if last is not None:
                _check_continues(connection, Checkpoint.parse(last.note.text), head)
            if head.size == 0 or (last is not None and last.size == head.size):
                return None
            text = Checkpoint(self._log.origin, head.size, head.root).text
            note = sign_note(text, self._log.origin, self._key)
            connection.execute(insert(checkpoints).values(size=head.size, note=note.whole))
            _prune(connection)
        return StoredCheckpoint(head.size, note, is_cosigned=False)


def load_signing_key(directory: Path) -> Ed25519PrivateKey:
    """Load the key that signs checkpoints.

    Raises:
        StoreError: it is missing, or readable by others.
    """
    return Ed25519PrivateKey.from_private_bytes(load_key("signing", directory))


def log_key(log: AccessLog) -> NoteKey | None:
    """The public key of a log as the log itself has it; None before its first checkpoint."""
    return _noted_key(log, LOG_KEY)


def witness_key(log: AccessLog) -> NoteKey | None:
    """The key of the department that cosigns; None before its first cosignature."""
    return _noted_key(log, WITNESS_KEY)


def pin_witness_key(log: AccessLog, key: NoteKey) -> NoteKey:
    """Note the department's key before its first cosignature; returns the key that counts, which may be another one.

    Raises:
        StoreError: the log cannot be written.
    """
    with log.writing() as connection:
        note_fact(connection, WITNESS_KEY, key.text)
        return NoteKey.parse(fact(connection, WITNESS_KEY))


def latest_checkpoint(log: AccessLog) -> StoredCheckpoint | None:
    """The newest checkpoint."""
    with log.reading() as connection:
        return _checkpoint_before(connection, None)


def latest_cosigned(log: AccessLog) -> int:
    """How many records the largest checkpoint covers that the department cosigned; 0: there is none."""
    with log.reading() as connection:
        return connection.scalar(select(func.max(cosignatures.c.size))) or 0


def checkpoint_at(log: AccessLog, size: int) -> StoredCheckpoint | None:
    with log.reading() as connection:
        found = _checkpoint_before(connection, size)
    return found if found is not None and found.size == size else None


def all_checkpoints(log: AccessLog) -> list[StoredCheckpoint]:
    """The checkpoints that are kept, the oldest first."""
    with log.reading() as connection:
        rows = connection.execute(_WITH_COSIGNATURES.order_by(checkpoints.c.size)).all()
    return [_parse_row(*row) for row in rows]


def add_cosignature(log: AccessLog, size: int, line: str, key: NoteKey) -> None:
    """Store the department's cosignature of a checkpoint; the first key that cosigns is the only one from then on.

    Raises:
        AuditError: there is no such checkpoint, the cosignature does not hold, or is by another key than those before.
        StoreError: the log cannot be written.
    """
    stored = checkpoint_at(log, size)
    if stored is None:
        raise AuditError(f"the department cosigned {size} records; no checkpoint here has that size")
    signature = SignedNote.parse(f"{stored.note.text}\n{line}").signatures[0]
    check_cosignature(SignedNote(stored.note.text, (signature,)), key)
    with log.writing() as connection:
        note_fact(connection, WITNESS_KEY, key.text)
        if fact(connection, WITNESS_KEY) != key.text:
            raise AuditError("the department cosigns with another key than before")
        connection.execute(insert(cosignatures).values(size=size, line=signature.line).on_conflict_do_nothing())


def _noted_key(log: AccessLog, name: str) -> NoteKey | None:
    with log.reading() as connection:
        text = fact(connection, name)
    return NoteKey.parse(text) if text else None


def _checkpoint_before(connection: Connection, size: int | None) -> StoredCheckpoint | None:
    """The newest checkpoint of at most a size."""
    query = _WITH_COSIGNATURES
    if size is not None:
        query = query.where(checkpoints.c.size <= size)
    row = connection.execute(query.order_by(checkpoints.c.size.desc()).limit(1)).first()
    return None if row is None else _parse_row(*row)


def _parse_row(size: int, note: str, line: str | None) -> StoredCheckpoint:
    signed = SignedNote.parse(note)
    if line is None:
        return StoredCheckpoint(size, signed, is_cosigned=False)
    more: tuple[NoteSignature, ...] = SignedNote.parse(f"{signed.text}\n{line}").signatures
    return StoredCheckpoint(size, SignedNote(signed.text, (*signed.signatures, *more)), is_cosigned=True)


def _check_continues(connection: Connection, last: Checkpoint, head: TreeHead) -> None:
    """Refuse to sign a tree that does not begin with what was signed before (C2SP tlog-checkpoint)."""
    if last.size > head.size:
        raise AuditError(f"the access log has {head.size} records and had {last.size}: its end was cut off")
    proof = consistency_proof(node_reader(connection), last.size, head.size) if last.size else []
    if not is_consistent(last.size, last.root if last.size else EMPTY_ROOT, head.size, head.root, proof):
        raise AuditError(f"the access log was rewritten: it does not continue its checkpoint at {last.size}")


def _prune(connection: Connection) -> None:
    """Drop the oldest checkpoints; the newest cosigned one stays: it alone shows what the department has seen."""
    newest = select(checkpoints.c.size).order_by(checkpoints.c.size.desc()).offset(CHECKPOINTS_KEPT - 1).limit(1)
    oldest = connection.scalar(newest)
    if oldest is not None:
        cosigned = connection.scalar(select(func.max(cosignatures.c.size))) or 0
        for table in (checkpoints, cosignatures):
            connection.execute(delete(table).where(table.c.size < oldest, table.c.size != cosigned))
