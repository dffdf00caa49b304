"""Look-back: finds stored reads that an entry would have matched, had it existed then (policy 462.4(c)), or of a plate.

The table is searched in slices, the newest reads first, so that no reading transaction is held for long.
"""

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import Text, exists, func, or_, select, type_coerce

from alpr_edge.domain.matching import Entries, Match, MatchQuery, find_matches
from alpr_edge.domain.reads import PlateRead
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import read_of
from alpr_edge.store.db.schema import reads

SLICE_ROWS = 20_000
FOUND_MAX = 500
"""Most reads that one look-back returns."""
_PATTERN = re.compile(r"[0-9A-Z?*]+")


def look_back(database: Database, pattern: str, entries: Entries) -> Iterator[tuple[PlateRead, Match]]:
    """Find the reads that an entry matches, the newest first, with the surest match of each; at most :data:`FOUND_MAX`.

    Args:
        entries: the entry, as the only one.
    """
    assert _PATTERN.fullmatch(pattern)  # SQLite's GLOB has the same two wildcards, and a third that no plate holds
    result_count = 0
    for first, last in _slices(database):
        for read in _candidates(database, pattern, first, last):
            if matches := find_matches(MatchQuery.of(read), entries):
                yield read, matches[0]
                result_count += 1
                if result_count == FOUND_MAX:
                    return


def reads_of_plate(database: Database, plate: str, without: Sequence[str], limit: int) -> list[PlateRead]:
    """The reads of a plate that no later read corrected, the newest first, without their pictures.

    Args:
        limit: how many at most.
    """
    later = reads.alias()
    is_wanted = (reads.c.plate == plate) & reads.c.read_id.not_in(without)
    query = select(reads).where(is_wanted, ~exists().where(later.c.supersedes == reads.c.read_id))
    return [read_of(row, ()) for row in database.rows(query.order_by(reads.c.seq.desc()).limit(limit))]


def _slices(database: Database) -> Iterator[tuple[int, int]]:
    (newest,) = database.scalars(select(func.max(reads.c.seq)))
    for last in range(newest or 0, 0, -SLICE_ROWS):
        yield last - SLICE_ROWS + 1, last


def _candidates(database: Database, pattern: str, first: int, last: int) -> list[PlateRead]:
    """Reads of a slice whose text fits, or whose reader considered the text."""
    fits = reads.c.plate.op("GLOB")(pattern)
    is_alternative = func.instr(type_coerce(reads.c.alternatives, Text), f'"{pattern}"') > 0
    query = select(reads).where(reads.c.seq.between(first, last) & or_(fits, is_alternative))
    return [read_of(row, ()) for row in database.rows(query.order_by(reads.c.seq.desc()).limit(FOUND_MAX))]
