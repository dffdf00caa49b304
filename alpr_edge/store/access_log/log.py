"""The access log in ``access.db``: a record is on the disk, and in the tree, before what it speaks of is shown.

``run``, ``console`` and commands append to it, each with the key ``access``; SQLite lets one do so at a time. Records
and nodes of the tree are only added. Whoever has the key can rewrite the file all the same: that is found by the
checkpoints (:mod:`alpr_edge.store.access_log.checkpoints`), which ``run`` alone signs, and by the department.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.access_log.records import AccessEntry, AccessRecord, encode_record, origin_of, record_moment
from alpr_edge.domain.errors import AuditError, DamagedError, LostError, RefusedError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.transparency.merkle import NodeReader, hash_leaf, nodes_of_append, range_root
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.schema import FILE_NAME, RELEASE, meta, nodes, records
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key

LOG_ID = "log_id"
LOG_KEY = "log_key"
_BODIES = "SELECT sequence, body FROM records WHERE sequence >= ? ORDER BY sequence LIMIT ?"
_DAMAGED = (
    "damaged, or of another access key; restore the key, or move the file aside: alpr-edge run begins a new log then, "
    "and the department is told"
)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Size and root of a log."""

    size: int
    root: bytes


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
        database: its database.
        unit_id: the unit, as new records name it.

    Raises:
        StoreError: the database cannot be read.
    """

    def __init__(self, database: Database, unit_id: str) -> None:
        self.database = database
        self._unit_id = unit_id
        with self.reading() as connection:
            self.log_id = fact(connection, LOG_ID)
            """Which log it is."""
        self.origin = origin_of(self.log_id)
        """Its name in checkpoints."""

    @classmethod
    def open(cls, settings: Settings, *, migrate: bool) -> Self:
        """Open the access log of a unit.

        Args:
            settings: the settings of the unit.
            migrate: make the database, or bring its schema up to date.

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
                return cls(database, settings.unit.id)
            except StoreError:
                database.close()
                raise

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord:
        """Append a record; when this returns it is on the disk, and only then may anything be shown.

        Args:
            entry: who asks for what, why, and what comes of it.
            now: the present instant.

        Raises:
            StoreError: it is not on record: nothing may be shown.
        """
        with self.writing() as connection:
            size = size_of(connection)
            record = AccessRecord(
                **dict(entry),
                unit_id=self._unit_id,
                log_id=self.log_id,
                sequence=size,
                received=record_moment(now),
            )
            body = _body_of(record)
            connection.execute(insert(records).values(sequence=size, body=body))
            new_nodes = nodes_of_append(node_reader(connection), size, hash_leaf(body))
            rows = [{"level": node.level, "place": node.place, "value": node.value} for node in new_nodes]
            connection.execute(insert(nodes), rows)
        return record

    def size(self) -> int:
        """Number of records at present."""
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
        """As :meth:`read`, of a log of any length: numbers and bytes alone, as the driver gives them."""
        with self.reading() as connection:
            rows = connection.exec_driver_sql(_BODIES, (first, limit)).all()
        return [(sequence, body) for sequence, body in rows]

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
def open_access_log(settings: Settings, *, migrate: bool) -> Iterator[AccessLog]:
    """Open the access log of a unit (:meth:`AccessLog.open`); closes it at the end."""
    log = AccessLog.open(settings, migrate=migrate)
    try:
        yield log
    finally:
        log.close()


def size_of(connection: Connection) -> int:
    """Number of records."""
    last = connection.scalar(select(func.max(records.c.sequence)))
    return 0 if last is None else int(last) + 1


def head_of(connection: Connection) -> TreeHead:
    """Size and root."""
    size = size_of(connection)
    return TreeHead(size, range_root(node_reader(connection), 0, size))


def node_reader(connection: Connection) -> NodeReader:
    """Reads nodes of the stored tree; a node that is missing raises LostError."""

    def read_node(level: int, place: int) -> bytes:
        query = select(nodes.c.value).where(nodes.c.level == level, nodes.c.place == place)
        value = connection.scalar(query)
        if value is None:
            raise LostError("the tree of the access log lacks a node: run: alpr-edge audit verify")
        return bytes(value)

    return read_node


def fact(connection: Connection, name: str) -> str:
    """What the database says of itself under a name; empty: nothing."""
    return connection.scalar(select(meta.c.value).where(meta.c.name == name)) or ""


def note_fact(connection: Connection, name: str, value: str) -> None:
    """Store what the database says of itself, unless it says something already."""
    connection.execute(insert(meta).values(name=name, value=value).on_conflict_do_nothing())


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
    except DamagedError:
        raise DamagedError(f"{path}: {_DAMAGED}") from None
