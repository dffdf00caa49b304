"""Keeps what searches look up by: every plate once, and the moments of reads that are sure.

Whoever stores or deletes reads calls this in the same transaction, so nothing that is stored is ever not found.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exists, select, update

from alpr_edge.department.db.schema import plates, read_times, reads
from alpr_edge.department.db.statements import add_texts, is_one_of, list_parameter
from alpr_edge.domain.ground.cells import cell_of
from alpr_edge.domain.instants import UtcSource, moment_in
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import ReadPayload

ASKED_AT_ONCE = 500
"""Most values that one statement names."""
SURE_SOURCES = frozenset({UtcSource.GNSS.value, UtcSource.NTP.value})
_IS_ONE = (reads.c.read_id == bindparam("of_read")) & (reads.c.unit_id == bindparam("of_unit"))
_CHANGE = update(reads).where(_IS_ONE).values(seen_at=bindparam("moment"))


def lookup_columns(payload: ReadPayload) -> dict[str, object]:
    """The columns of a new read by which it is looked up: its canonical plate, its moment if that is sure, its cell."""
    first, position = payload.first_seen, payload.position
    return {
        "plate": canonical(payload.plate),
        "seen_at": moment_of(first.utc) if first.utc_source in SURE_SOURCES else None,
        "cell": None if position is None else cell_of(position.lat_deg, position.lon_deg),
    }


def note_plates(connection: Connection, texts: Iterable[str]) -> None:
    """Note the plates of reads that are stored in this transaction.

    In the order of the texts, so that of two transactions none waits for a plate of the other's for ever.

    Args:
        connection: the connection of a transaction that may write.
        texts: their canonical texts; those that are empty are passed over.
    """
    add_texts(connection, plates.c.plate, sorted({*texts} - {""}))


def drop_plates(connection: Connection, texts: Iterable[str]) -> None:
    """Delete those of some plates that no read has any more."""
    engine, is_read = connection.dialect.name, exists().where(reads.c.plate == plates.c.plate)
    statement = delete(plates).where(is_one_of(engine, plates.c.plate, "texts"), ~is_read)
    for some in _parts(sorted({*texts})):
        connection.execute(statement, {"texts": list_parameter(engine, some)})


def note_times(connection: Connection, unit_id: str, read_ids: Iterable[str]) -> None:
    """Give reads the moments that their unit said of them later; where it took them back, none is sure.

    Args:
        read_ids: reads that are new, or whose times are; either may come first.
    """
    said = said_moments(connection, unit_id, read_ids)
    if said:
        values = [{"of_read": read_id, "of_unit": unit_id, "moment": moment} for read_id, moment in said.items()]
        connection.execute(_CHANGE, values)


def said_moments(connection: Connection, unit_id: str, read_ids: Iterable[str]) -> dict[str, datetime | None]:
    """The moments that a unit said of some of its reads later; None where it took back what it had said."""
    ids, engine = list(dict.fromkeys(read_ids)), connection.dialect.name
    said = defaultdict[str, list[RowMapping]](list)
    values = {"ids": list_parameter(engine, ids), "unit": unit_id}
    for row in connection.execute(_times_of(engine), values).mappings() if ids else ():
        said[row["read_id"]].append(row)
    return {
        read_id: moment_of(rows[0]["first_seen"]) if all(row["sure"] for row in rows) else None
        for read_id, rows in said.items()
    }


def moment_of(text: str | None) -> datetime | None:
    """A moment as the column of reads has it, in UTC without its zone; None: the text says none."""
    moment = moment_in(text)
    return None if moment is None else moment.replace(tzinfo=None)


@cache
def _times_of(engine: str) -> Select[Any]:
    """What was said of the times of some reads of a unit."""
    table = read_times.c
    is_asked = is_one_of(engine, table.read_id, "ids") & (table.unit_id == bindparam("unit"))
    return select(table.read_id, table.sure, table.first_seen).where(is_asked)


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + ASKED_AT_ONCE] for start in range(0, len(values), ASKED_AT_ONCE))
