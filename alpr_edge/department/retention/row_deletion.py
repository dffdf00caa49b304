"""Deletes all that is stored of a read: its rows, the items they came in, and pictures and plates that no other has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, select

from alpr_edge.department.db.day_keys.day_keys import note_loss
from alpr_edge.department.db.image_key_schema import image_keys
from alpr_edge.department.db.retention_schema import picture_removals, read_pictures
from alpr_edge.department.db.schema import alerts, dispositions, hits, items, late_tones, read_times, reads, withdrawals
from alpr_edge.department.db.statements import add_texts, is_one_of, list_parameter
from alpr_edge.department.retention.due_reads import DueRead
from alpr_edge.department.retention.read_versions import Key, rows_of, take_rows
from alpr_edge.department.search.upkeep import drop_plates
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.protocol.time_corrections import time_item_id

PICTURE = ItemKind.IMAGE.value


@dataclass(slots=True)
class DeletedRows:
    """How much was deleted."""

    reads: int = 0
    hits: int = 0
    pictures: int = 0
    items: int = 0
    """Bodies and pictures that units had delivered."""


def delete_reads(
    connection: Connection, due_reads: Sequence[DueRead], related: Mapping[str, int], counts: DeletedRows
) -> None:
    """Delete reads with their corrections, inside a transaction; what is deleted is added to ``counts``.

    All together: a statement a read would cost a fleet's purge the night. Files of pictures that no row names any more
    are noted, to be removed after the commit. Which reads a hold was for stays: rows of holds are only added.
    """
    keys = [(due.unit_id, read_id) for due in due_reads for read_id in due.read_ids]
    if not keys:
        return
    rows = _RowsOfReads(connection, keys, related)
    own_hits = {(row.unit_id, row.hit_id) for row in rows.take(hits, hits.c.hit_id)}
    hit_keys = own_hits | {
        (row.unit_id, row.hit_id)
        for table in (alerts, late_tones, withdrawals)
        for row in rows.take(table, table.c.hit_id)
    }
    answers = rows.take(dispositions, dispositions.c.disposition_id)
    times = rows.take(read_times, read_times.c.read_id, read_times.c.sure)
    pictures = {(row.unit_id, row.sha256) for row in rows.take(read_pictures, read_pictures.c.sha256)}
    texts = [row.plate for row in rows.take(reads, reads.c.plate)]
    counts.hits += len(own_hits)
    counts.reads += len(texts)
    drop_plates(connection, texts)
    delete_items(
        connection,
        [*keys, *_items_of(hit_keys, answers, times), *_pictures_without_reads(connection, pictures)],
        counts,
    )


def delete_items(connection: Connection, keys: Sequence[Key], counts: DeletedRows) -> None:
    """Delete items; the keys of their days have lost something from then on."""
    own = items.c
    taken = take_rows(connection, own.unit_id, own.item_id, keys, own.item_id, own.kind, own.key_id)
    if lost := {row.key_id for row in taken} - {None}:
        note_loss(connection, image_keys.c.key_id.in_(lost))
    pictures = [row.item_id for row in taken if row.kind == PICTURE]
    counts.items += len(taken)
    counts.pictures += len(pictures)
    _note_removals(connection, sorted({*pictures}))


@dataclass(frozen=True, slots=True)
class _RowsOfReads:
    """The rows that say something of some reads."""

    connection: Connection
    keys: Sequence[Key]
    related: Mapping[str, int]

    def take(self, table: Table, *columns: Column[Any]) -> list[Any]:
        """Delete those of a table; the unit and some columns of each."""
        if not self.related[table.name]:
            return []
        own = table.c
        return take_rows(self.connection, own.unit_id, own.read_id, self.keys, own.unit_id, *columns)


def _items_of(hit_keys: Iterable[Key], answers: Iterable[Any], times: Iterable[Any]) -> Iterator[Key]:
    """The items that hits, what tells of their alerts, answers and times of reads came in."""
    for unit_id, hit_id in hit_keys:
        yield from ((unit_id, each) for each in (hit_id, *alert_item_ids(hit_id)))
    yield from ((row.unit_id, disposition_item_id(row.disposition_id)) for row in answers)
    yield from ((row.unit_id, time_item_id(row.read_id, sure=row.sure)) for row in times)


def _pictures_without_reads(connection: Connection, pictures: set[Key]) -> set[Key]:
    """Those of some pictures that no read of their unit has any more."""
    columns = read_pictures.c
    named = select(columns.unit_id, columns.sha256).distinct()
    rest = rows_of(connection, named, columns.unit_id, columns.sha256, pictures)
    return pictures - {(unit_id, digest) for unit_id, digest in rest}


def _note_removals(connection: Connection, digests: Sequence[str]) -> None:
    """Note the files of pictures that no row of any unit names."""
    if not digests:
        return
    engine = connection.dialect.name
    named = select(items.c.item_id).where(is_one_of(engine, items.c.item_id, "digests"), items.c.kind == PICTURE)
    used = set(connection.scalars(named, {"digests": list_parameter(engine, digests)}))
    add_texts(connection, picture_removals.c.sha256, [each for each in digests if each not in used])
