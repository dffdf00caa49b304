"""Measures how much room a read takes in PostgreSQL: rows, indexes and the encrypted body, table by table.

Reads have two small pictures each, whose rows are counted; the files of pictures are measured by ``scripts/bench
disk``. They are stored by the department's own code in the order of a fleet, so indexes are as loose as they become.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import OutboxItem
from scripts.benchmarks.department.departments import new_department
from scripts.benchmarks.department.traffic import FleetTraffic, pictured_deliveries
from scripts.benchmarks.figures import figure

READS = 100_000
BATCH = 20
MADE_AT_ONCE = 1_000
LEAST_BYTES = 1.0
"""Tables that take less a read are left out of the list, not of the sum."""
_SIZES = text(
    "SELECT relname AS name, pg_relation_size(oid) AS rows, pg_indexes_size(oid) AS indexes, "
    "pg_table_size(oid) - pg_relation_size(oid) AS apart "
    "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)
_BODIES = text("SELECT avg(length(body)) FROM items WHERE kind = 'read'")


def run(count: int = READS) -> None:
    """Print the figure.

    Args:
        count: how many reads are stored.

    Raises:
        DepartmentError: PostgreSQL is not installed.
        StoreError: something was not stored.
    """
    with new_department("postgresql") as directory, closing(Storage(directory)) as storage:
        measure(storage, count)


def measure(storage: Storage, count: int) -> None:
    """Print the figure of an empty department on PostgreSQL."""
    for unit_id, batch in _batches(count):
        answers = storage.store(unit_id, [Part(it.item_id, it.kind, it.body, it.sha256) for it in batch])
        if any(answer.status != 200 for answer in answers):
            raise StoreError("a batch was not stored")
        _remove_pictures(storage.directory)
    with storage.database.reading() as connection:
        rows = [dict(row) for row in connection.execute(_SIZES).mappings()]
        body_bytes = float(connection.scalar(_BODIES) or 0)
    parts = {row.pop("name"): {name: round(size / count, 1) for name, size in row.items()} for row in rows}
    total = sum(size for part in parts.values() for size in part.values())
    tables = {name: part for name, part in parts.items() if sum(part.values()) >= LEAST_BYTES}
    about: dict[str, Any] = {"body": round(body_bytes), "pictures": 2, "of": count, "tables": tables}
    figure("department.postgresql.bytes_a_read", total, "bytes", **about)


def _batches(count: int) -> Iterator[tuple[str, list[OutboxItem]]]:
    traffic = FleetTraffic()
    for first in range(0, count, MADE_AT_ONCE):
        yield from pictured_deliveries(traffic, first, min(MADE_AT_ONCE, count - first), BATCH)


def _remove_pictures(directory: Path) -> None:
    """Remove the files of pictures, which nobody looks at any more: they would fill a small disk."""
    for path in (directory / "images").rglob("*.jpg"):
        path.unlink()
