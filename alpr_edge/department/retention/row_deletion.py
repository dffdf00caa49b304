"""Deletes all that is stored of a read: its rows, the items they came in, and pictures and plates that no other has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, insert, select

from alpr_edge.department.db.day_keys.day_keys import note_loss
from alpr_edge.department.db.image_key_schema import image_keys
from alpr_edge.department.db.retention_schema import picture_removals, read_pictures
from alpr_edge.department.db.schema import alerts, dispositions, hits, items, read_times, reads, withdrawals
from alpr_edge.department.retention.due_reads import DueRead
from alpr_edge.department.retention.read_versions import Key, delete_rows, rows_of
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


def delete_reads(connection: Connection, due_reads: Sequence[DueRead], counts: DeletedRows) -> None:
    """Delete reads with their corrections, inside a transaction; what is deleted is added to ``counts``.

    All together: a statement a read would cost a fleet's purge the night. Files of pictures that no row names any more
    are noted, to be removed after the commit.
    """
    keys = [(due.unit_id, read_id) for due in due_reads for read_id in due.read_ids]
    if not keys:
        return
    hit_keys = _keys(connection, hits.c.hit_id, keys)
    pictures, texts = _keys(connection, read_pictures.c.sha256, keys), _keys(connection, reads.c.plate, keys)
    item_keys = [*_items_of(keys, hit_keys, _keys(connection, dispositions.c.disposition_id, keys))]
    counts.hits += len(hit_keys)
    for table in (*ROWS_OF_READ, read_pictures):
        rows = delete_rows(connection, table.c.unit_id, table.c.read_id, keys)
        counts.reads += rows if table is reads else 0
    drop_plates(connection, [text for _, text in texts])
    counts.items += _delete_items(connection, item_keys)
    named = select(read_pictures.c.unit_id, read_pictures.c.sha256)
    rest = rows_of(connection, named, read_pictures.c.unit_id, read_pictures.c.sha256, pictures)
    used = {(unit_id, digest) for unit_id, digest in rest}
    delete_pictures(connection, [each for each in pictures if each not in used], counts)


def delete_pictures(connection: Connection, keys: Sequence[Key], counts: DeletedRows) -> None:
    """Delete the items of pictures, units and digests, that no read of their unit has."""
    if not keys:
        return
    deleted = _delete_items(connection, keys)
    counts.items += deleted
    counts.pictures += deleted
    digests = {digest for _, digest in keys}
    named = select(items.c.item_id).where(items.c.item_id.in_(digests), items.c.kind == PICTURE)
    left_over = digests - set(connection.scalars(named))
    noted = set(connection.scalars(select(picture_removals.c.sha256).where(picture_removals.c.sha256.in_(left_over))))
    if new := sorted(left_over - noted):
        connection.execute(insert(picture_removals), [{"sha256": each} for each in new])


def _items_of(keys: Sequence[Key], hit_keys: Sequence[Key], answers: Sequence[Key]) -> Iterator[Key]:
    """The items that reads, their times, hits, alerts and answers came in."""
    yield from keys
    yield from ((unit_id, time_item_id(read_id, sure=sure)) for unit_id, read_id in keys for sure in (True, False))
    for unit_id, hit_id in hit_keys:
        yield from ((unit_id, each) for each in (hit_id, alert_item_id(hit_id), withdrawal_item_id(hit_id)))
    yield from ((unit_id, disposition_item_id(answer)) for unit_id, answer in answers)


def _keys(connection: Connection, column: Column[str], keys: Sequence[Key]) -> list[Key]:
    """Unit and value of a column in the rows of some reads, each pair once."""
    table = column.table
    rows = rows_of(connection, select(table.c.unit_id, column).distinct(), table.c.unit_id, table.c.read_id, keys)
    return sorted({(unit_id, value) for unit_id, value in rows})


def _delete_items(connection: Connection, keys: Sequence[Key]) -> int:
    """Delete items; the keys of their days have lost something from then on."""
    query = select(items.c.key_id).where(items.c.key_id.is_not(None)).distinct()
    lost = {row.key_id for row in rows_of(connection, query, items.c.unit_id, items.c.item_id, keys)}
    note_loss(connection, image_keys.c.key_id.in_(lost))
    return delete_rows(connection, items.c.unit_id, items.c.item_id, keys)
