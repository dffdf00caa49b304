"""The department's storage: each item once, and the digest of what is stored read back before it is answered.

SQLite in WAL mode with synchronous=FULL beside a folder of images. A batch is one transaction that begins IMMEDIATE, so
a batch sent twice at the same time is stored once. Images are on disk before the row that speaks of them; a crash
between the two leaves a file that the next attempt takes up.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from alpr_edge.department.images import ImageFolder
from alpr_edge.department.lists import ListShelf
from alpr_edge.department.records import Part, PartError, Record, record_of
from alpr_edge.department.schema import VERSION, hits, items, metadata, reads
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.wire import ItemAnswerPayload, ItemKind, Outcome, digest
from alpr_edge.store.files import PRIVATE_FILE, private_directory, sync_directory

DATABASE_NAME = "department.db"
IMAGES_NAME = "images"
LISTS_NAME = "lists"
BUSY_S = 15.0
"""How long a batch waits for the ones before it."""
CONNECTIONS_MAX = 8


@dataclass(frozen=True, slots=True)
class StorageCounts:
    """What is stored; no plates."""

    items: dict[str, int]
    """Items by kind."""
    units: dict[str, int]
    """Items by the unit that sent them."""
    reads: int
    hits: int
    last_received: datetime | None


class Storage:
    """An open storage; threads may share it.

    Args:
        directory: made with mode 0700 when missing.
        create: make the database when there is none.

    Raises:
        DepartmentError: no storage there, or one of a newer release.
        StoreError: it cannot be opened.
    """

    def __init__(self, directory: Path, *, create: bool = True) -> None:
        self._path = directory / DATABASE_NAME
        if create:
            private_directory(directory)
            _create_file(self._path)
        elif not self._path.exists():
            raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
        self._images = ImageFolder(directory / IMAGES_NAME)
        self.lists = ListShelf(directory / LISTS_NAME)
        """Hotlists for the units."""
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(self._path),
            poolclass=QueuePool,
            pool_size=CONNECTIONS_MAX,
            max_overflow=0,
            pool_timeout=BUSY_S,
            hide_parameters=True,
        )
        event.listen(self._engine, "begin", _begin)
        try:
            self._bring_up()
        except (DepartmentError, StoreError):
            self._engine.dispose()
            raise

    def store(self, unit_id: str, parts: Sequence[Part]) -> list[ItemAnswerPayload]:
        """Store a batch and answer each part in order; what is answered as a receipt is on disk.

        Args:
            unit_id: who sent it, proven by its certificate.
            parts: as they arrived.

        Raises:
            StoreError: nothing of the batch can be relied on (disk full, database locked); it may be sent again.
        """
        checked = [_checked(part, unit_id) for part in parts]
        with self._one_line():
            for record in checked:
                if isinstance(record, Record) and record.kind is ItemKind.IMAGE:
                    self._images.put(record.sha256, record.body)
        with self._transaction() as connection:
            return [
                self._settle(connection, unit_id, record) if isinstance(record, Record) else record
                for record in checked
            ]

    def counts(self) -> StorageCounts:
        """What is stored."""
        with self._transaction() as connection:
            return StorageCounts(
                items=_grouped(connection, items.c.kind),
                units=_grouped(connection, items.c.unit_id),
                reads=connection.scalar(select(func.count()).select_from(reads)) or 0,
                hits=connection.scalar(select(func.count()).select_from(hits)) or 0,
                last_received=connection.scalar(select(func.max(items.c.received_at))),
            )

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _settle(self, connection: Connection, unit_id: str, record: Record) -> ItemAnswerPayload:
        known = connection.scalar(select(items.c.sha256).where(items.c.item_id == record.item_id))
        if known is None:
            _insert(connection, unit_id, record)
        elif known != record.sha256:
            return PartError(409, "id: stored before with other content").answer(record.item_id)
        stored = self._stored_digest(connection, record.item_id, record.kind, record.sha256)
        if stored != record.sha256 and record.kind is not ItemKind.IMAGE:
            # The stored copy went bad and its original is here: take it. (An image was renewed as a file already.)
            connection.execute(update(items).where(items.c.item_id == record.item_id).values(body=record.body))
            stored = self._stored_digest(connection, record.item_id, record.kind, record.sha256)
        return ItemAnswerPayload(item_id=record.item_id, outcome=Outcome.RECEIPT, status=200, sha256=stored)

    def _stored_digest(self, connection: Connection, item_id: str, kind: ItemKind, sha256: str) -> str | None:
        if kind is ItemKind.IMAGE:
            return self._images.digest(sha256)
        body = connection.scalar(select(items.c.body).where(items.c.item_id == item_id))
        return None if body is None else digest(body)

    def _bring_up(self) -> None:
        with self._transaction() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > VERSION:
                raise DepartmentError(f"{self._path}: made by a newer release; update alpr-edge on this server")
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._one_line(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turn what the driver or the disk says into one line; the driver's own text may quote statements."""
        try:
            yield
        except SQLAlchemyError as error:
            name = getattr(getattr(error, "orig", None), "sqlite_errorname", type(error).__name__)
            raise StoreError(
                f"{self._path}: the database refused ({name}); look at the disk's space and health"
            ) from None
        except OSError as error:
            raise StoreError(f"{self._path.parent}: the disk refused: {error.strerror}") from None


def _checked(part: Part, unit_id: str) -> Record | ItemAnswerPayload:
    try:
        return record_of(part, unit_id)
    except PartError as error:
        return error.answer(part.item_id)


def _insert(connection: Connection, unit_id: str, record: Record) -> None:
    row: dict[str, Any] = {
        "item_id": record.item_id,
        "unit_id": unit_id,
        "kind": record.kind.value,
        "sha256": record.sha256,
        "length": len(record.body),
        "body": None if record.kind is ItemKind.IMAGE else record.body,
        "received_at": datetime.now(UTC).replace(tzinfo=None),
    }
    connection.execute(insert(items).values(row))
    if record.table is not None and record.row is not None:
        connection.execute(insert(record.table).values(record.row))


def _grouped(connection: Connection, column: Any) -> dict[str, int]:  # noqa: ANN401 - a column of any table
    return {str(value): count for value, count in connection.execute(select(column, func.count()).group_by(column))}


def _create_file(path: Path) -> None:
    """Make the database's file with its mode: SQLite gives the same to its journals."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))
        sync_directory(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made: {error.strerror}") from None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S
    )
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
