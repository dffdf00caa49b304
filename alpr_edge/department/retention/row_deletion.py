"""Deletes all that is stored of a read: its rows, the items they came in, and pictures and plates that no other has."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select

from alpr_edge.department.db.day_keys.image_keys import note_loss
from alpr_edge.department.db.image_key_schema import image_keys
from alpr_edge.department.db.retention_schema import picture_removals, read_pictures
from alpr_edge.department.db.schema import alerts, dispositions, hits, items, read_times, reads, withdrawals
from alpr_edge.department.retention.due_reads import DueRead
from alpr_edge.department.search.upkeep import drop_plates
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_id, withdrawal_item_id
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.protocol.time_corrections import time_item_id

ROWS_OF_READ = (reads, read_times, hits, alerts, withdrawals, dispositions)
"""Tables whose rows say something of a read. Which reads a hold was for stays: rows of holds are only added."""
PICTURE = ItemKind.IMAGE.value


@dataclass(slots=True)
class DeletedRows:
    """How much was deleted."""

    reads: int = 0
    hits: int = 0
    pictures: int = 0
    items: int = 0
    """Bodies and pictures that units had delivered."""


def delete_read(connection: Connection, due: DueRead, counts: DeletedRows) -> None:
    """Delete a read with its corrections, inside a transaction; what is deleted is added to ``counts``.

    Files of pictures that no row names any more are noted, to be removed after the commit.
    """
    hit_ids = _ids(connection, hits.c.hit_id, due)
    answer_ids = _ids(connection, dispositions.c.disposition_id, due)
    item_ids = [*due.read_ids, *hit_ids, *map(alert_item_id, hit_ids), *map(withdrawal_item_id, hit_ids)]
    item_ids += [*map(disposition_item_id, answer_ids)]
    item_ids += [time_item_id(read_id, sure=sure) for read_id in due.read_ids for sure in (True, False)]
    digests, texts = _ids(connection, read_pictures.c.sha256, due), _ids(connection, reads.c.plate, due)
    counts.reads += len(_ids(connection, reads.c.read_id, due))
    counts.hits += len(hit_ids)
    for table in (*ROWS_OF_READ, read_pictures):
        connection.execute(delete(table).where(_of(table, due)))
    drop_plates(connection, texts)
    counts.items += _delete_items(connection, due.unit_id, item_ids)
    used = set(connection.scalars(select(read_pictures.c.sha256).where(_is_pictured(due.unit_id, digests))))
    delete_pictures(connection, due.unit_id, [each for each in digests if each not in used], counts)


def delete_pictures(connection: Connection, unit_id: str, digests: list[str], counts: DeletedRows) -> None:
    """Delete the items of pictures that no read of their unit has."""
    if not digests:
        return
    deleted = _delete_items(connection, unit_id, digests)
    counts.items += deleted
    counts.pictures += deleted
    named = select(items.c.item_id).where(items.c.item_id.in_(digests), items.c.kind == PICTURE)
    left_over = set(digests) - set(connection.scalars(named))
    noted = set(connection.scalars(select(picture_removals.c.sha256).where(picture_removals.c.sha256.in_(left_over))))
    if new := sorted(left_over - noted):
        connection.execute(insert(picture_removals), [{"sha256": each} for each in new])


def _ids(connection: Connection, column: Column[str], due: DueRead) -> list[str]:
    return list(connection.scalars(select(column).where(_of(column.table, due)).distinct().order_by(column)))


def _of(table: Any, due: DueRead) -> Any:  # noqa: ANN401 - any of the tables
    return (table.c.unit_id == due.unit_id) & table.c.read_id.in_(due.read_ids)


def _is_pictured(unit_id: str, digests: list[str]) -> Any:  # noqa: ANN401 - a condition
    return (read_pictures.c.unit_id == unit_id) & read_pictures.c.sha256.in_(digests)


def _delete_items(connection: Connection, unit_id: str, item_ids: list[str]) -> int:
    table: Table = items
    is_one = (table.c.unit_id == unit_id) & table.c.item_id.in_(item_ids)
    note_loss(connection, image_keys.c.key_id.in_(select(table.c.key_id).where(is_one)))
    return connection.execute(delete(table).where(is_one)).rowcount
