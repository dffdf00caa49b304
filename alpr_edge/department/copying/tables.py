"""Reads the rows of a table in the order of its key, the same on every engine, and takes digests of them."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Row, Table, insert, literal, select, tuple_
from sqlalchemy.types import TypeDecorator, TypeEngine

from alpr_edge.department.db import (
    canvass_schema,
    evidence_schema,
    exchange_schema,
    heartbeat_schema,
    hold_schema,
    image_key_schema,
    people_schema,
    retention_schema,
)
from alpr_edge.department.db.day_keys.item_bodies import open_bodies
from alpr_edge.department.db.permanent_tables import access_log_schema, audit_schema, release_schema, settings_schema
from alpr_edge.department.db.schema import items, metadata
from alpr_edge.domain.protocol.items import digest

ROWS_AT_ONCE = 500
NO_TEXT = "\N{REPLACEMENT CHARACTER}"
"""Stands for NUL in what SQLite took before units were refused that: PostgreSQL's texts cannot hold it."""

_SCHEMAS = (
    *(access_log_schema, audit_schema, canvass_schema, evidence_schema, exchange_schema, heartbeat_schema, hold_schema),
    *(image_key_schema, people_schema, release_schema, retention_schema, settings_schema),
)
assert {each.metadata for each in _SCHEMAS} == {metadata}  # their tables are among those that are copied


@dataclass(frozen=True, slots=True)
class TableDigest:
    """What a table holds."""

    name: str
    rows: int
    sha256: str
    """Of its rows in the order of their keys, each in canonical form."""


def plain_tables() -> list[Table]:
    """The department's tables by name, with the types that the engines know: values pass unchanged."""
    return [_plain(metadata.tables[name]) for name in sorted(metadata.tables)]


def rows_after(connection: Connection, table: Table, last: Sequence[Any] | None) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a table in the order of its key, some at a time.

    Args:
        last: the key after which to begin; None: with the first.
    """
    key = list(table.primary_key)
    query = select(table).order_by(*key).limit(ROWS_AT_ONCE)
    while True:
        bound = [] if last is None else [literal(value, column.type) for value, column in zip(last, key, strict=True)]
        rows = connection.execute(query.where(tuple_(*key) > tuple_(*bound)) if bound else query).all()
        if not rows:
            return
        yield rows
        last = [rows[-1]._mapping[column] for column in key]  # noqa: SLF001 - public, says SQLAlchemy


def last_key(connection: Connection, table: Table) -> list[Any] | None:
    """The key of a table's last row; None: it has none."""
    key = list(table.primary_key)
    row = connection.execute(select(*key).order_by(*(column.desc() for column in key)).limit(1)).first()
    return None if row is None else list(row)


def add_rows(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Insert rows of one database into the other."""
    names = table.columns.keys()
    connection.execute(insert(table), [dict(zip(names, map(_storable, row), strict=True)) for row in rows])


def digest_of(row: Row[Any]) -> bytes:
    """The digest of a row in canonical form, which is the same on every engine."""
    return hashlib.sha256(b"".join(map(_canonical, row))).digest()


def digest_table(connection: Connection, table: Table, see: Callable[[Sequence[Row[Any]]], None]) -> TableDigest:
    """The digest of a whole table."""
    whole, count = hashlib.sha256(), 0
    for rows in rows_after(connection, table, None):
        for row in rows:
            whole.update(digest_of(row))
        count += len(rows)
        see(rows)
    return TableDigest(table.name, count, whole.hexdigest())


def damaged_bodies(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> int:
    """How many rows are items whose bodies, decrypted, do not fit their digests."""
    if table.name != items.name:
        return 0
    bodies = open_bodies(connection, rows)
    return sum(body is not None and digest(body) != row.sha256 for row, body in zip(rows, bodies, strict=True))


def _plain(table: Table) -> Table:
    columns = [Column(each.name, _plain_type(each.type), primary_key=each.primary_key) for each in table.columns]
    return Table(table.name, MetaData(), *columns)


def _plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _storable(value: object) -> object:
    return value.replace("\0", NO_TEXT) if isinstance(value, str) else value


def _canonical(value: object) -> bytes:
    """A value with its type and length, so that no two rows look alike."""
    if isinstance(value, bytes | memoryview):
        kind, content = b"b", bytes(value)
    elif isinstance(value, str):
        kind, content = b"s", str(_storable(value)).encode()
    elif isinstance(value, bool) or value is None:
        kind, content = b"n", str(value).encode()
    elif isinstance(value, float):
        kind, content = b"f", value.hex().encode()
    elif isinstance(value, datetime):
        kind, content = b"t", value.isoformat().encode()
    else:
        kind, content = b"j", json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return b"%s%d:%s" % (kind, len(content), content)
