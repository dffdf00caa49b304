"""Counts the rows that say something of some reads, so that whoever looked at the reads before knows whether more came.

Rows of these tables are only added, but for those that the purge deletes, of which one runs at a time: where no count
has grown, everything is as it was.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, ScalarSelect, Select, func, select

from alpr_edge.department.db.hold_schema import held_reads
from alpr_edge.department.db.retention_schema import read_pictures
from alpr_edge.department.db.schema import alerts, dispositions, hits, late_tones, read_times, reads, withdrawals
from alpr_edge.department.db.statements import is_one_of, list_parameter
from alpr_edge.department.retention.read_versions import Key, parts

CORRECTIONS = "corrections"
"""The name of the count of reads that correct one of them."""
_TABLES = (reads, read_times, hits, alerts, late_tones, withdrawals, dispositions, read_pictures, held_reads)


def related_rows(connection: Connection, keys: Sequence[Key]) -> Counter[str]:
    """How many rows of each table have the id of one of some reads, whatever their unit; one statement for many reads.

    Returns:
        Counts by the names of the tables, and under :data:`CORRECTIONS`.
    """
    engine, counts = connection.dialect.name, Counter[str]()
    for part in parts(keys):
        ids = list_parameter(engine, sorted({read_id for _, read_id in part}))
        row = connection.execute(_counts(engine), {"ids": ids}).mappings().one()
        counts.update({str(name): int(count) for name, count in row.items()})
    return counts


@cache
def _counts(engine: str) -> Select[Any]:
    return select(
        *(_count(engine, table.c.read_id).label(table.name) for table in _TABLES),
        _count(engine, reads.c.supersedes).label(CORRECTIONS),
    )


def _count(engine: str, column: Column[Any]) -> ScalarSelect[Any]:
    return select(func.count()).select_from(column.table).where(is_one_of(engine, column, "ids")).scalar_subquery()
