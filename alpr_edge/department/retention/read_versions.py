"""Which rows are versions of one read, and what is known of each: looked up for many reads at once.

A key is a unit and the id of one version. Ids are a unit's own: two units may use the same one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, delete, or_, select

from alpr_edge.department.db.schema import hits, items, reads
from alpr_edge.department.db.statements import is_one_of, list_parameter
from alpr_edge.domain.collection.department_periods import KeptVersion

Key = tuple[str, str]
"""Unit and id."""
BETWEEN = "\n"
"""Stands in no id."""
KEYS_MAX = 2000
"""Keys in one statement."""


def rows_of(
    connection: Connection, query: Select[Any], unit_id: Column[str], name: Column[str], keys: Collection[Key]
) -> Iterator[Any]:
    """What a query finds in the rows of some keys, each row once."""
    is_one = _is_one_of(connection, unit_id, name)
    for part in parts(keys):
        yield from connection.execute(query.where(is_one), _values(connection, part))


def take_rows(
    connection: Connection, unit_id: Column[str], name: Column[str], keys: Collection[Key], *columns: Column[Any]
) -> list[Any]:
    """Delete the rows of some keys; some columns of each."""
    statement = delete(unit_id.table).where(_is_one_of(connection, unit_id, name)).returning(*columns)
    return [row for part in parts(keys) for row in connection.execute(statement, _values(connection, part))]


def parts(keys: Collection[Key]) -> Iterator[list[Key]]:
    """All keys, each once, some at a time: no database takes a statement of any length."""
    ordered = sorted({*keys})
    yield from (ordered[first : first + KEYS_MAX] for first in range(0, len(ordered), KEYS_MAX))


def _is_one_of(connection: Connection, unit_id: Column[str], name: Column[str]) -> ColumnElement[bool]:
    """Whether a row belongs to one of the keys that :func:`_values` names.

    The id is asked for by itself as well: it leads the indexes, and a database that compared pairs alone might look
    through all rows of a unit. A list of pairs PostgreSQL compares one by one; one of texts it looks up in a table.
    """
    engine, pair = connection.dialect.name, unit_id.concat(BETWEEN).concat(name)
    return is_one_of(engine, name, "names") & is_one_of(engine, pair, "pairs")


def _values(connection: Connection, keys: Sequence[Key]) -> dict[str, object]:
    engine, pairs = connection.dialect.name, [BETWEEN.join(key) for key in keys]
    return {
        "names": list_parameter(engine, sorted({name for _, name in keys})),
        "pairs": list_parameter(engine, pairs),
    }


def whole_reads(connection: Connection, keys: Sequence[Key]) -> list[tuple[Key, ...]]:
    """Each read that one of some keys is of, whole: all versions that correct it or that it corrects.

    Returns:
        The reads in the order of the keys, each once; the keys of one in the order of their ids.
    """
    links = _links(connection, keys)
    found, seen = [], set[Key]()
    for key in keys:
        if key not in seen:
            whole = _group_of(key, links)
            seen |= whole
            found.append(tuple(sorted(whole)))
    return found


def kept_versions(connection: Connection, keys: Sequence[Key], now: datetime) -> dict[Key, KeptVersion]:
    """What retention asks of each version; one that never arrived counts from its hits, or from now."""
    stored, of_hits = _read_rows(connection, keys), _hits_of(connection, keys)
    versions = {}
    for key in keys:
        row = stored.get(key)
        arrivals = [*of_hits[key], *(() if row is None else (row.received_at,))]
        versions[key] = KeptVersion(
            received_at=max((each.replace(tzinfo=UTC) for each in arrivals if each is not None), default=now),
            seen_at=None if row is None or row.seen_at is None else row.seen_at.replace(tzinfo=UTC),
            is_hit=bool(of_hits[key]),
            is_imported=row is not None and row.origin is not None,
        )
    return versions


def _links(connection: Connection, keys: Iterable[Key]) -> dict[Key, set[Key]]:
    """Which versions correct which, both ways, as far as they can be reached from some keys."""
    links = defaultdict[Key, set[Key]](set)
    known, new = {*keys}, {*keys}
    while new:
        pairs = [pair for part in parts(new) for pair in _corrections_of(connection, part)]
        for one, other in pairs:
            links[one].add(other)
            links[other].add(one)
        new = {each for pair in pairs if not known.isdisjoint(pair) for each in pair} - known
        known |= new
    return links


def _corrections_of(connection: Connection, keys: Sequence[Key]) -> list[tuple[Key, Key]]:
    """Versions and those that they correct, where one of both has the id of a key; the unit may be another."""
    engine, ids = connection.dialect.name, sorted({read_id for _, read_id in keys})
    is_linked = or_(is_one_of(engine, reads.c.read_id, "ids"), is_one_of(engine, reads.c.supersedes, "ids"))
    columns = select(reads.c.unit_id, reads.c.read_id, reads.c.supersedes)
    linked = columns.where(reads.c.supersedes.is_not(None), is_linked)
    rows = connection.execute(linked, {"ids": list_parameter(engine, ids)})
    return [((unit_id, read_id), (unit_id, before)) for unit_id, read_id, before in rows]


def _group_of(key: Key, links: dict[Key, set[Key]]) -> set[Key]:
    """A version and all that hangs together with it."""
    reached, new = {key}, {key}
    while new:
        new = {other for one in new for other in links.get(one, ())} - reached
        reached |= new
    return reached


def _read_rows(connection: Connection, keys: Sequence[Key]) -> dict[Key, Any]:
    """Of each version that arrived: when, and what it says of itself."""
    is_item = (items.c.item_id == reads.c.read_id) & (items.c.unit_id == reads.c.unit_id)
    columns = select(reads.c.unit_id, reads.c.read_id, reads.c.seen_at, reads.c.origin, items.c.received_at)
    query = columns.select_from(reads).outerjoin(items, is_item)
    rows = rows_of(connection, query, reads.c.unit_id, reads.c.read_id, keys)
    return {(row.unit_id, row.read_id): row for row in rows}


def _hits_of(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[datetime | None]]:
    """When each hit of some versions arrived."""
    is_item = (items.c.item_id == hits.c.hit_id) & (items.c.unit_id == hits.c.unit_id)
    columns = select(hits.c.unit_id, hits.c.read_id, items.c.received_at).select_from(hits).outerjoin(items, is_item)
    found = defaultdict[Key, list[datetime | None]](list)
    for row in rows_of(connection, columns, hits.c.unit_id, hits.c.read_id, keys):
        found[(row.unit_id, row.read_id)].append(row.received_at)
    return found
