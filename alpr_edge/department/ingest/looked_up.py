"""Compares what searches look items up by with what their bodies say.

Searches, the board of hits and the deletion answer by columns beside the bodies. A body that is whole does not help
whoever searches where these columns say something else, so each is made anew from its body and compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, exists, select

from alpr_edge.department.db.exchange_schema import IMPORT_PREFIX
from alpr_edge.department.db.hold_schema import held_reads, hold_releases, holds
from alpr_edge.department.db.schema import (
    alerts,
    dispositions,
    hits,
    items,
    late_tones,
    plates,
    read_times,
    reads,
    withdrawals,
)
from alpr_edge.department.db.statements import is_one_of, list_parameter
from alpr_edge.department.ingest.part_checks import PartError, parse
from alpr_edge.department.ingest.records import Part, record_of
from alpr_edge.department.search.upkeep import moment_of, said_moments
from alpr_edge.domain.protocol.holds import HoldPayload, HoldReleasePayload
from alpr_edge.domain.protocol.items import ItemKind

_NAMES: dict[Table, Column[str]] = {
    reads: reads.c.read_id,
    read_times: read_times.c.read_id,
    hits: hits.c.hit_id,
    alerts: alerts.c.hit_id,
    late_tones: late_tones.c.hit_id,
    withdrawals: withdrawals.c.hit_id,
    dispositions: dispositions.c.disposition_id,
    holds: holds.c.hold_id,
    held_reads: held_reads.c.read_id,
    hold_releases: hold_releases.c.hold_id,
}
"""The tables that are compared, and by which column the rows of some items are found."""
_SEARCHED = frozenset(
    {
        *(ItemKind.READ, ItemKind.TIME, ItemKind.HIT, ItemKind.ALERT, ItemKind.LATE_TONE, ItemKind.WITHDRAWAL),
        ItemKind.DISPOSITION,
    }
)
_HOLD_COLUMNS = ("hold_id", "origin", "kind", "case_number", "until")
_PARTS = {holds: ("unit_id", *_HOLD_COLUMNS), hold_releases: ("unit_id", "hold_id")}
_COLUMNS = {table: _PARTS.get(table) or tuple(column.name for column in table.columns) for table in _NAMES}
"""The columns that are compared; of holds those that every part of one says alike."""
_KEYS = {
    table: itemgetter(*(_COLUMNS[table].index(column.name) for column in table.primary_key)) for table in _NAMES
}  # fmt: skip
"""Takes what no other row of the table has from those columns."""
_ASKED_AT_ONCE = 2_000
"""Most ids in one statement."""
_FoundRows = dict[tuple[Table, Any], tuple[Any, ...]]
"""The rows that are stored, by table and key."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredItem:
    """An item as it is stored."""

    item_id: str
    unit_id: str
    kind: str
    sha256: str
    body: bytes | None
    """As its unit sent it, decrypted; None: an image, which lies elsewhere."""
    differing: tuple[str, ...] = ()
    """Names of the columns beside it that do not say what it says, and of tables that lack its row."""


@dataclass(frozen=True, slots=True, eq=False)
class _SaidRow:
    """A row as a body says that it is."""

    table: Table
    values: dict[str, Any]


def compare_rows(connection: Connection, stored: Sequence[StoredItem]) -> Iterator[StoredItem]:
    """Compare the rows of some items with their bodies; each comes back with what differs.

    Args:
        connection: the connection of the transaction that read the items: later rows may have changed.
    """
    said = list(map(_said_rows, stored))
    rows = [row for some in said if some is not None for row in some]
    of_reads = [row.values for row in rows if row.table is reads]
    _take_said_times(connection, of_reads)
    found = _found_rows(connection, rows)
    known_plates = _known_plates(connection, {values["plate"] for values in of_reads})
    for item, some in zip(stored, said, strict=True):
        names = ["body"] if some is None else [name for row in some for name in _differing(row, found, known_plates)]
        yield replace(item, differing=tuple(names)) if names else item


def rows_without_items(connection: Connection, limit: int) -> list[tuple[str, str, str]]:
    """Reads and hits that searches find although no body of them is stored: unit, table and id of the first.

    Args:
        limit: most rows of each table.
    """
    found: list[tuple[str, str, str]] = []
    for table in (reads, hits):
        name, unit_id = _NAMES[table], table.c.unit_id
        has_item = exists().where(items.c.item_id == name, items.c.unit_id == unit_id)
        lost = connection.execute(select(unit_id, name).where(~has_item).limit(limit))
        found += [(row[0], table.name, row[1]) for row in lost]
    return found


def _said_rows(item: StoredItem) -> list[_SaidRow] | None:
    """The rows that a body says there are; None: it says nothing that this release understands."""
    try:
        if item.body is None:
            return []
        if item.kind in _SEARCHED:
            record = record_of(Part(item.item_id, item.kind, item.body, item.sha256), item.unit_id)
            assert record.table is not None, "of these kinds"
            assert record.row is not None, "likewise"
            row = record.row | (_origin_columns(record.row) if record.table is reads else {})
            return [_SaidRow(record.table, row)]
        return list(_hold_rows(item, item.body))
    except PartError:
        return None


def _origin_columns(row: dict[str, Any]) -> dict[str, Any]:
    """What tells whether a read was imported; of those that were the other system's clock counts."""
    unit_id = row["unit_id"]
    if not unit_id.startswith(IMPORT_PREFIX):
        return {"origin": None}
    return {"origin": unit_id.removeprefix(IMPORT_PREFIX), "seen_at": moment_of(row["first_seen"])}


def _hold_rows(item: StoredItem, body: bytes) -> Iterator[_SaidRow]:
    """The rows of a unit's hold, or of its end; other kinds have none here."""
    if item.kind == ItemKind.HOLD:
        part = parse(HoldPayload, body)
        unit = {"unit_id": item.unit_id}
        yield _SaidRow(holds, {name: getattr(part, name) for name in _HOLD_COLUMNS} | unit)
        for read_id in part.read_ids:
            yield _SaidRow(held_reads, {"hold_id": part.hold_id, "read_id": read_id} | unit)
    elif item.kind == ItemKind.HOLD_RELEASE:
        released = parse(HoldReleasePayload, body)
        yield _SaidRow(hold_releases, {"hold_id": released.hold_id, "unit_id": item.unit_id})


def _take_said_times(connection: Connection, of_reads: Sequence[dict[str, Any]]) -> None:
    """Put the moments that units said of their reads later in place of those of the reads."""
    by_unit = defaultdict[str, dict[str, dict[str, Any]]](dict)
    for values in of_reads:
        by_unit[values["unit_id"]][values["read_id"]] = values
    for unit_id, of_unit in by_unit.items():
        for read_id, moment in said_moments(connection, unit_id, of_unit).items():
            of_unit[read_id]["seen_at"] = moment


def _found_rows(connection: Connection, rows: Iterable[_SaidRow]) -> _FoundRows:
    """The rows that are stored."""
    keys = defaultdict[Table, list[_SaidRow]](list)
    for row in rows:
        keys[row.table].append(row)
    engine, found = connection.dialect.name, _FoundRows()
    for table, some in keys.items():
        name = _NAMES[table].name
        for part in (some[first : first + _ASKED_AT_ONCE] for first in range(0, len(some), _ASKED_AT_ONCE)):
            ids = list_parameter(engine, list({row.values[name] for row in part}))
            units = list_parameter(engine, list({row.values["unit_id"] for row in part}))
            found.update(
                ((table, _KEYS[table](row)), tuple(row))
                for row in connection.execute(_rows_of(engine, table), {"ids": ids, "units": units})
            )
    return found


@cache
def _rows_of(engine: str, table: Table) -> Select[Any]:
    """What asks for the rows of some ids of some units; others of these units and ids may be among them."""
    is_asked = is_one_of(engine, _NAMES[table], "ids") & is_one_of(engine, table.c.unit_id, "units")
    return select(*(table.c[name] for name in _COLUMNS[table])).where(is_asked)


def _known_plates(connection: Connection, texts: Iterable[str]) -> set[str]:
    """Those of some plates that a part of them is found by."""
    engine = connection.dialect.name
    return {*connection.scalars(_plates_of(engine), {"texts": list_parameter(engine, [*texts])}), ""}


@cache
def _plates_of(engine: str) -> Select[Any]:
    return select(plates.c.plate).where(is_one_of(engine, plates.c.plate, "texts"))


def _differing(said: _SaidRow, found: _FoundRows, known_plates: set[str]) -> Iterator[str]:
    table, columns = said.table, _COLUMNS[said.table]
    expected = tuple(said.values[name] for name in columns)
    row = found.get((table, _KEYS[table](expected)))
    if row is None:
        yield f"no row of {table.name}"
    elif row != expected:
        pairs = zip(columns, row, expected, strict=True)
        yield from (f"{table.name}.{name}" for name, value, other in pairs if value != other)
    if table is reads and said.values["plate"] not in known_plates:
        yield f"{plates.name}.plate"
