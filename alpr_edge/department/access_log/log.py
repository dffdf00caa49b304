"""The department's access log in its database: a record is on the disk, signed and in the tree, before it is answered.

The page and commands append to it, one at a time. With each record the department signs the whole log so far by the key
that cosigns units' logs, in the same transaction: whoever has the database alone can make no record, and can change
none. A cut end alone is found by a checkpoint that somebody keeps elsewhere
(:mod:`~alpr_edge.department.access_log.verification`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.access_log_schema import access_nodes, access_records
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import (
    DEPARTMENT,
    AccessEntry,
    AccessOutcome,
    AccessRecord,
    encode_record,
    origin_of,
    parse_record,
    record_moment,
)
from alpr_edge.domain.errors import AuditError, LostError, RefusedError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, log_id_of_key
from alpr_edge.domain.log_proofs.consistency_files import ConsistencyFile
from alpr_edge.domain.log_proofs.merkle import NodeReader, TreeNode, hash_leaf, nodes_of_append, range_root
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.log_proofs.proofs import consistency_proof, inclusion_proof

_WRITER = "department/access-log"
"""Whose rows are locked while one appends; no unit has a name with such a sign in it."""


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """A record as it is stored."""

    sequence: int
    body: bytes
    checkpoint: str
    """The signed note over the log up to this record."""
    received_at: datetime
    person_id: str
    action: str
    is_allowed: bool
    shown: int


class DepartmentAccessLog:
    """The open log; threads may share it."""

    def __init__(self, database: DepartmentDatabase, witness: Witness) -> None:
        self._database = database
        self._witness = witness
        self.log_id = log_id_of_key(witness.key)
        """Which log it is: that of this key."""
        self.origin = origin_of(self.log_id)
        """Its name in checkpoints."""

    @property
    def key(self) -> NoteKey:
        """The public key that its checkpoints are checked by."""
        return self._witness.key

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord:
        """Append a record; when this returns it is on the disk, and only then may anything be shown."""
        with self._database.writing(_WRITER) as connection:
            return append_record(connection, self._witness, entry, now)

    def values(self) -> RecordedValues:
        """None: what is in force at the department, its own settings and lists say."""
        return RecordedValues({}, ())

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
        with self._database.reading() as connection:
            return cipher_of(connection).digest(text)

    def size(self) -> int:
        """Number of records at present."""
        with self._database.reading() as connection:
            return size_of(connection)

    def root(self) -> bytes:
        """Root of the stored tree at present."""
        with self._database.reading() as connection:
            return range_root(node_reader(connection), 0, size_of(connection))

    def checkpoint(self, size: int | None = None) -> str:
        """The signed note over the log when it had so many records; None: over the whole log."""
        with self._database.reading() as connection:
            return _checkpoint_at(connection, size_of(connection) if size is None else size)

    def prove(self, sequence: int, size: int | None = None) -> ProofFile:
        """Prove one record to somebody who has nothing of the log.

        Args:
            size: by the log when it had so many records; None: by the whole log.
        """
        with self._database.reading() as connection:
            size = size_of(connection) if size is None else size
            note = _checkpoint_at(connection, size)
            if not 0 <= sequence < size:
                raise AuditError(f"there is no record {sequence}; the log has {size}")
            sealed = connection.scalar(select(access_records.c.body).where(access_records.c.sequence == sequence))
            body = cipher_of(connection).open(sealed or b"", _place_of(sequence))
            hashes = inclusion_proof(node_reader(connection), sequence, size)
        return ProofFile(sequence, tuple(hashes), note, body)

    def prove_growth(self, old: Checkpoint) -> ConsistencyFile:
        """Prove that the log only grew since a checkpoint of it, which was checked to be signed."""
        with self._database.reading() as connection:
            size, read_node = size_of(connection), node_reader(connection)
            note = _checkpoint_at(connection, size)
            if not 0 < old.size <= size:
                raise AuditError(f"the checkpoint is of {old.size} records and {size} are here; see: audit verify")
            if range_root(read_node, 0, old.size) != old.root:
                raise AuditError("the checkpoint is not one of the records here; see: audit verify --checkpoint")
            return ConsistencyFile(old.size, tuple(consistency_proof(read_node, old.size, size)), note)

    def read(self, first: int, limit: int) -> list[LoggedRecord]:
        """Records in their order, opened.

        Args:
            first: the least sequence number.
            limit: the most records.
        """
        query = select(access_records).where(access_records.c.sequence >= first)
        return self._open(query.order_by(access_records.c.sequence).limit(limit))

    def newest(self, limit: int, person_id: str = "") -> list[LoggedRecord]:
        """The newest records in their order, opened.

        Args:
            limit: the most records.
            person_id: of whom alone; empty: of everybody.
        """
        query = select(access_records).order_by(access_records.c.sequence.desc()).limit(limit)
        return self._open(query.where(access_records.c.person_id == person_id) if person_id else query)[::-1]

    def _open(self, query: Select[Any]) -> list[LoggedRecord]:
        with self._database.reading() as connection:
            cipher, rows = cipher_of(connection), connection.execute(query).mappings()
            return [
                LoggedRecord(**{**row, "body": cipher.open(row["body"], _place_of(row["sequence"]))}) for row in rows
            ]


def append_record(connection: Connection, witness: Witness, entry: AccessEntry, now: Instant) -> AccessRecord:
    """Append a record in a transaction: it is on record with what the transaction changes, or neither is."""
    size, log_id = size_of(connection), log_id_of_key(witness.key)
    moment = record_moment(now)
    record = AccessRecord(**dict(entry), unit_id=DEPARTMENT, log_id=log_id, sequence=size, received=moment)
    body = _body_of(record)
    nodes = list(nodes_of_append(node_reader(connection), size, hash_leaf(body)))
    added = {(node.level, node.place): node.value for node in nodes}
    stored = node_reader(connection)
    root = range_root(lambda level, place: added.get((level, place)) or stored(level, place), 0, size + 1)
    received_at = now.utc or datetime.now(UTC)
    text = Checkpoint(origin_of(log_id), size + 1, root).text
    note = f"{text}\n{witness.cosign(text, received_at)}"
    _insert(connection, record, body, note, received_at)
    connection.execute(insert(access_nodes), [_node_row(node) for node in nodes])
    return record


def allowed_records(connection: Connection, action: str, *, is_newest_first: bool) -> Iterator[AccessRecord]:
    """The records of what was allowed of an action, opened one after the other."""
    row, at_once = access_records.c, 20
    order, last = (row.sequence.desc(), size_of(connection)) if is_newest_first else (row.sequence, -1)
    query = select(row.sequence, row.body).where(row.action == action, row.is_allowed).order_by(order).limit(at_once)
    while True:
        found = connection.execute(query.where(row.sequence < last if is_newest_first else row.sequence > last)).all()
        for sequence, sealed in found:
            last = sequence
            yield parse_record(cipher_of(connection).open(sealed, _place_of(sequence)))
        if len(found) < at_once:
            return


def _insert(connection: Connection, record: AccessRecord, body: bytes, note: str, received_at: datetime) -> None:
    row = {
        "sequence": record.sequence,
        "received_at": received_at,
        "person_id": record.person_id,
        "action": record.action,
        "is_allowed": record.outcome is AccessOutcome.ALLOWED,
        "shown": record.shown,
        "body": cipher_of(connection).seal(body, _place_of(record.sequence)),
        "checkpoint": note,
    }
    connection.execute(insert(access_records).values(**row))


def size_of(connection: Connection) -> int:
    """Number of records, from 0 on."""
    last = connection.scalar(select(func.max(access_records.c.sequence)))
    return 0 if last is None else int(last) + 1


def _checkpoint_at(connection: Connection, size: int) -> str:
    """The signed note that was made with the last of so many records."""
    note = connection.scalar(select(access_records.c.checkpoint).where(access_records.c.sequence == size - 1))
    if note is None:
        raise AuditError("the access log has no record yet" if size == 0 else f"the log never had {size} records")
    return str(note)


def node_reader(connection: Connection) -> NodeReader:
    """Reads nodes of the stored tree; a node that is missing raises LostError."""

    def read_node(level: int, place: int) -> bytes:
        is_one = (access_nodes.c.level == level) & (access_nodes.c.place == place)
        value = connection.scalar(select(access_nodes.c.value).where(is_one))
        if value is None:
            raise LostError("the tree of the access log lacks a node: run: alpr-edge department audit verify")
        return bytes(value)

    return read_node


def _place_of(sequence: int) -> str:
    """What a record is sealed for."""
    return f"record {sequence} of the access log"


def _body_of(record: AccessRecord) -> bytes:
    try:
        return encode_record(record)
    except AuditError as error:
        raise RefusedError(str(error)) from None


def _node_row(node: TreeNode) -> dict[str, object]:
    return {"level": node.level, "place": node.place, "value": node.value}
