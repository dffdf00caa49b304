"""Reads the rows of the access log's database within a transaction: its size, its tree, and what it says of itself."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from alpr_edge.domain.errors import LostError
from alpr_edge.domain.log_proofs.merkle import NodeReader, range_root
from alpr_edge.store.access_log.schema import meta, nodes, records

FIRST_RECORD = "first_record"
"""Number of the first record that is left; none: 0."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """Size and root of a log."""

    size: int
    root: bytes


def size_of(connection: Connection) -> int:
    """Number of records, from 0 on."""
    last = connection.scalar(select(func.max(records.c.sequence)))
    return 0 if last is None else int(last) + 1


def first_of(connection: Connection) -> int:
    """Number of the first record that is left."""
    return int(fact(connection, FIRST_RECORD) or 0)


def bytes_of(connection: Connection) -> int:
    """Bytes of the file that are in use."""
    pages, free, page_bytes = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page_bytes


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
