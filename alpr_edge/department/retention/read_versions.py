"""Which rows are versions of one read, and what is known of each: looked up for many reads at once.

A key is a unit and the id of one version. Ids are a unit's own: two units may use the same one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Select,
    String,
    any_,
    delete,
    literal,
    or_,
    select,
    tuple_,
)

from alpr_edge.department.db.schema import hits, items, read_times, reads
from alpr_edge.domain.collection.department_periods import KeptVersion

Key = tuple[str, str]
"""Unit and id."""
BETWEEN = "\n"
"""Stands in no id."""
KEYS_MAX = 2000
"""Keys in one statement, which takes three parameters for each."""


def rows_of(
    connection: Connection, query: Select[Any], unit_id: Column[str], name: Column[str], keys: Collection[Key]
) -> Iterator[Any]:
    """What a query finds in the rows of some keys, each row once.

    Args:
        connection: the connection of a transaction.
        query: columns, and further conditions.
        unit_id: the column of the unit.
        name: the column of the id.
        keys: the rows that are meant.
    """
    for part in _parts(keys):
        yield from connection.execute(query.where(_is_one_of(connection, unit_id, name, part)))


def delete_rows(connection: Connection, unit_id: Column[str], name: Column[str], keys: Collection[Key]) -> int:
    """Delete the rows of some keys; how many there were."""
    return sum(
        connection.execute(delete(unit_id.table).where(_is_one_of(connection, unit_id, name, part))).rowcount
        for part in _parts(keys)
    )


def _parts(keys: Collection[Key]) -> Iterator[list[Key]]:
    """All keys, each once, some at a time: no database takes any number of parameters."""
    ordered = sorted({*keys})
    yield from (ordered[first : first + KEYS_MAX] for first in range(0, len(ordered), KEYS_MAX))


def _is_one_of(
    connection: Connection, unit_id: Column[str], name: Column[str], keys: Sequence[Key]
) -> ColumnElement[bool]:
    """Whether a row belongs to one of some keys.

    The id is asked for by itself as well: it leads the indexes, and a database that compared pairs alone might look
    through all rows of a unit. PostgreSQL compares a list of pairs one by one, and looks up one of texts in a table.
    """
    if connection.dialect.name != "postgresql":
        return name.in_({one for _, one in keys}) & tuple_(unit_id, name).in_(keys)
    names, pairs = [one for _, one in keys], [BETWEEN.join(key) for key in keys]
    is_named, is_one = (any_(literal(texts, ARRAY(String))) for texts in (names, pairs))
    return (name == is_named) & (unit_id.concat(BETWEEN).concat(name) == is_one)


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
    own_hits = _hits_of(connection, keys)
    received = _arrival_times(connection, [*keys, *((key[0], each) for key in keys for each in own_hits[key])])
    times = _times_of(connection, keys)
    columns = select(reads.c.unit_id, reads.c.read_id, reads.c.first_seen, reads.c.origin)
    rows = rows_of(connection, columns, reads.c.unit_id, reads.c.read_id, keys)
    stored = {(row.unit_id, row.read_id): row for row in rows}
    versions = {}
    for key in keys:
        row, ids = stored.get(key), [key, *((key[0], each) for each in own_hits[key])]
        versions[key] = KeptVersion(
            received_at=max((received[each] for each in ids if each in received), default=now),
            seen_at=_seen_at(times[key], None if row is None else row.first_seen),
            is_hit=bool(own_hits[key]),
            is_imported=row is not None and row.origin is not None,
        )
    return versions


def _links(connection: Connection, keys: Iterable[Key]) -> dict[Key, set[Key]]:
    """Which versions correct which, both ways, as far as they can be reached from some keys."""
    links = defaultdict[Key, set[Key]](set)
    known, new = {*keys}, {*keys}
    while new:
        pairs = [pair for part in _parts(new) for pair in _corrections_of(connection, part)]
        for one, other in pairs:
            links[one].add(other)
            links[other].add(one)
        new = {each for pair in pairs if not known.isdisjoint(pair) for each in pair} - known
        known |= new
    return links


def _corrections_of(connection: Connection, keys: Sequence[Key]) -> list[tuple[Key, Key]]:
    """Versions and those that they correct, where one of both has the id of a key; the unit may be another."""
    ids = {read_id for _, read_id in keys}
    linked = select(reads.c.unit_id, reads.c.read_id, reads.c.supersedes).where(
        reads.c.supersedes.is_not(None), or_(reads.c.read_id.in_(ids), reads.c.supersedes.in_(ids))
    )
    return [((unit_id, read_id), (unit_id, before)) for unit_id, read_id, before in connection.execute(linked)]


def _group_of(key: Key, links: dict[Key, set[Key]]) -> set[Key]:
    """A version and all that hangs together with it."""
    reached, new = {key}, {key}
    while new:
        new = {other for one in new for other in links.get(one, ())} - reached
        reached |= new
    return reached


def _hits_of(connection: Connection, keys: Sequence[Key]) -> dict[Key, list[str]]:
    columns = select(hits.c.unit_id, hits.c.read_id, hits.c.hit_id)
    found = defaultdict[Key, list[str]](list)
    for row in rows_of(connection, columns, hits.c.unit_id, hits.c.read_id, keys):
        found[(row.unit_id, row.read_id)].append(row.hit_id)
    return found


def _arrival_times(connection: Connection, keys: Sequence[Key]) -> dict[Key, datetime]:
    """When each of some items arrived."""
    columns = select(items.c.unit_id, items.c.item_id, items.c.received_at)
    rows = rows_of(connection, columns, items.c.unit_id, items.c.item_id, keys)
    return {(row.unit_id, row.item_id): row.received_at.replace(tzinfo=UTC) for row in rows}


def _times_of(connection: Connection, keys: Sequence[Key]) -> dict[Key, dict[bool, str | None]]:
    """What units said later of when reads were first seen, by whether they are sure of it."""
    columns = select(read_times.c.unit_id, read_times.c.read_id, read_times.c.sure, read_times.c.first_seen)
    found = defaultdict[Key, dict[bool, str | None]](dict)
    for row in rows_of(connection, columns, read_times.c.unit_id, read_times.c.read_id, keys):
        found[(row.unit_id, row.read_id)][bool(row.sure)] = row.first_seen
    return found


def _seen_at(texts: dict[bool, str | None], first_seen: str | None) -> datetime | None:
    """When the plate was seen, as the unit said at last; None where it is not sure any more."""
    if False in texts:  # it takes back what was said before
        return None
    text = texts.get(True) or first_seen
    return None if text is None else datetime.fromisoformat(text)
