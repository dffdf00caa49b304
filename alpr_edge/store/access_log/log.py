"""The access log in ``access.db``: a record is on the disk, and in the tree, before what it speaks of is shown.

``run``, ``console`` and commands append to it, each with the key ``access``; SQLite lets one do so at a time. Records
and nodes of the tree are only added. Whoever has the key can rewrite the file all the same: that is found by the
checkpoints (:mod:`alpr_edge.store.access_log.checkpoints`), which ``run`` alone signs, and by the department.

It has a bound: at :data:`BYTES_MAX` no access is appended any more, so nothing is shown. ``run`` warns long before.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.access_log.changes import RecordedValues, secret_digest
from alpr_edge.domain.access_log.records import (
    UPKEEP_ACTIONS,
    AccessEntry,
    AccessRecord,
    encode_record,
    log_moment,
    origin_of,
    parse_record,
)
from alpr_edge.domain.errors import AuditError, DamagedError, RefusedError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.log_proofs.merkle import hash_leaf, nodes_of_append
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.append_failures import note_failure
from alpr_edge.store.access_log.log_rows import (
    TreeHead,
    bytes_of,
    fact,
    first_of,
    head_of,
    node_reader,
    note_fact,
    size_of,
)
from alpr_edge.store.access_log.schema import FILE_NAME, RELEASE, nodes, records
from alpr_edge.store.access_log.schema import recorded_values as table
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key

# What the access log says is in force: the newest recorded value of each name, with the record that says so.
#
# It is kept beside the records, by the same transaction that appends one, so that nobody has to read the whole log to
# compare; :func:`recorded_values` compares each value with its record again.


def keep_values(connection: Connection, record: AccessRecord) -> None:
    """Keep the values that a new record states."""
    for change in record.changes:
        values = {"value": change.after, "sequence": record.sequence}
        row = insert(table).values(name=change.name, **values)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def recorded_values(connection: Connection) -> RecordedValues:
    """Every recorded value, each compared with the record that it is from, where the log still has that."""
    query = select(table.c.name, table.c.value, table.c.sequence, records.c.body).join(
        records, records.c.sequence == table.c.sequence, isouter=True
    )
    values: dict[str, str] = {}
    unfounded: list[str] = []
    stated: dict[int, dict[str, str]] = {}
    for name, value, sequence, body in connection.execute(query.order_by(table.c.name)):
        values[name] = value
        if body is None:
            continue
        if sequence not in stated:
            stated[sequence] = _stated_in(body)
        if stated[sequence].get(name) != value:
            unfounded.append(name)
    return RecordedValues(values, tuple(unfounded))


def _stated_in(body: bytes) -> dict[str, str]:
    try:
        return {change.name: change.after for change in parse_record(body).changes}
    except AuditError:
        return {}


LOG_ID = "log_id"
LOG_KEY = "log_key"
BYTES_MAX = 4 << 30
"""Some four million records, or a thousand a day for ten years."""
UPKEEP_BYTES = 1 << 20
"""Beyond that, for records of the unit itself without which nothing old could go; two for each of some thousand starts.
"""
_BODIES = """
SELECT group_concat(sequence), group_concat(length(body)), CAST(group_concat(body, '') AS BLOB)
FROM (SELECT sequence, body FROM records WHERE sequence >= ? ORDER BY sequence LIMIT ?)
"""
_DAMAGED = (
    "damaged, or of another access key; restore the key, or move the file aside: alpr-edge run begins a new log then, "
    "and the department is told"
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredRecord:
    """A record as it is stored."""

    sequence: int
    body: bytes
    leaf: bytes | None
    """Its hash as it is stored beside it; None: there is none."""


class AccessLog:
    """An open access log; threads may share it.

    Args:
        runtime_directory: where ``run`` learns that a record could not be kept; None: nowhere.

    Raises:
        StoreError: the database cannot be read.
    """

    def __init__(
        self,
        database: Database,
        unit_id: str,
        runtime_directory: Path | None = None,
        *,
        digest_key: bytes = b"",
        bytes_max: int = BYTES_MAX,
    ) -> None:
        self.database = database
        self.bytes_max = bytes_max
        self._unit_id = unit_id
        self._digest_key = digest_key
        self._runtime_directory = runtime_directory
        with self.reading() as connection:
            self.log_id = fact(connection, LOG_ID)
            """Which log it is."""
        self.origin = origin_of(self.log_id)
        """Its name in checkpoints."""

    @classmethod
    def open(cls, settings: Settings, *, migrate: bool, is_told: bool = True) -> Self:
        """Open the access log of a unit.

        Args:
            is_told: whether ``run`` is told of a record that cannot be kept; not where the caller makes it later.

        Raises:
            StoreError: no key, a wrong one, or a database that this release cannot use.
        """
        key = load_key("access", settings.store.keys_directory)
        directory = settings.unit.data_directory
        with _own_words(directory / FILE_NAME):
            database = Database.open(directory, key, migrate=migrate, release=RELEASE)
            try:
                if migrate:
                    _begin_log(database)
                runtime = settings.unit.runtime_directory if is_told else None
                digest_key = derive_key(key, "recorded changes")
                return cls(database, settings.unit.id, runtime, digest_key=digest_key)
            except StoreError:
                database.close()
                raise

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord:
        """Append a record; when this returns it is on the disk, and only then may anything be shown.

        Raises:
            StoreError: it is not on record: nothing may be shown.
        """
        try:
            with self.writing() as connection:
                return self._append(connection, entry, now)
        except RefusedError:
            raise
        except StoreError as error:
            if self._runtime_directory is not None:
                note_failure(self._runtime_directory, str(error), now.utc)
            raise

    def _append(self, connection: Connection, entry: AccessEntry, now: Instant) -> AccessRecord:
        """Append a record within a transaction."""
        self._require_place(connection, entry.action)
        size = size_of(connection)
        record = AccessRecord(
            **dict(entry),
            unit_id=self._unit_id,
            log_id=self.log_id,
            sequence=size,
            received=log_moment(now),
        )
        body = _body_of(record)
        connection.execute(insert(records).values(sequence=size, body=body))
        new_nodes = nodes_of_append(node_reader(connection), size, hash_leaf(body))
        rows = [{"level": node.level, "place": node.place, "value": node.value} for node in new_nodes]
        connection.execute(insert(nodes), rows)
        keep_values(connection, record)
        return record

    def _require_place(self, connection: Connection, action: str) -> None:
        """Refuse to append to a file that another process set aside, and to one that is full."""
        if self.database.is_replaced():
            raise StoreError(f"{self.database.path}: was set aside as damaged; run the command again")
        if bytes_of(connection) >= self.bytes_max + UPKEEP_BYTES * (action in UPKEEP_ACTIONS):
            raise StoreError(
                f"{self.database.path}: the access log has its {self.bytes_max} bytes, so nothing is shown; "
                "old records go once the department has cosigned them: connect the unit"
            )

    def used_bytes(self) -> int:
        """Bytes that records and tree take."""
        with self.reading() as connection:
            return bytes_of(connection)

    def digest(self, text: str) -> str:
        """What stands in a record in place of a secret or a plate."""
        return secret_digest(self._digest_key, text)

    def values(self) -> RecordedValues:
        """What it says is in force."""
        with self.reading() as connection:
            return recorded_values(connection)

    def first(self) -> int:
        """Number of the first record that is left."""
        with self.reading() as connection:
            return first_of(connection)

    def size(self) -> int:
        """Number of records at present, those that went for their age among them."""
        with self.reading() as connection:
            return size_of(connection)

    def head(self) -> TreeHead:
        """Size and root at present."""
        with self.reading() as connection:
            return head_of(connection)

    def read(self, first: int, limit: int) -> list[StoredRecord]:
        """Records in their order.

        Args:
            first: the least sequence number.
            limit: the most records.
        """
        leaf = (nodes.c.level == 0) & (nodes.c.place == records.c.sequence)
        query = (
            select(records.c.sequence, records.c.body, nodes.c.value)
            .select_from(records.outerjoin(nodes, leaf))
            .where(records.c.sequence >= first)
            .order_by(records.c.sequence)
            .limit(limit)
        )
        with self.reading() as connection:
            return [StoredRecord(*row) for row in connection.execute(query)]

    def read_bodies(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """As :meth:`read`, of a log of any length: numbers and bytes alone.

        They come as one row, which SQLite makes without a step of Python: whoever verifies meanwhile in another thread
        is not interrupted at each record.
        """
        with self.reading() as connection:
            numbers, lengths, joined = connection.exec_driver_sql(_BODIES, (first, limit)).one()
        if numbers is None:
            return []
        ends = list(accumulate(map(int, lengths.split(","))))
        places = zip(map(int, numbers.split(",")), [0, *ends[:-1]], ends, strict=True)
        return [(sequence, joined[begin:end]) for sequence, begin, end in places]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the log, for a moment."""
        with _own_words(self.database.path), self.database.read() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One writing transaction, on disk when the block ends."""
        with _own_words(self.database.path), self.database.write() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


@contextmanager
def open_access_log(settings: Settings, *, migrate: bool, is_told: bool = True) -> Iterator[AccessLog]:
    """Open the access log of a unit (:meth:`AccessLog.open`); closes it at the end."""
    log = AccessLog.open(settings, migrate=migrate, is_told=is_told)
    try:
        yield log
    finally:
        log.close()


def _begin_log(database: Database) -> None:
    with database.write() as connection:
        note_fact(connection, LOG_ID, secrets.token_hex(16))


def _body_of(record: AccessRecord) -> bytes:
    try:
        return encode_record(record)
    except AuditError as error:
        raise RefusedError(str(error)) from None


@contextmanager
def _own_words(path: object) -> Iterator[None]:
    """Say of a damaged log what is to be done with it, and not what is done with the unit's other database."""
    try:
        yield
    except DamagedError as error:
        raise type(error)(f"{path}: {_DAMAGED}") from None
