"""Finds plates by a part of them (policy 462.4(c)): ? is one character, * any number.

On PostgreSQL an index of trigrams helps where three characters in a row are known; the begin and the end of a plate
count as one. Other parts, and all on SQLite, are compared with every plate behind the last, in order: FTS5's trigrams
would slow each read that arrives, and a department that is small enough for SQLite has few enough plates.
"""

import re

from sqlalchemy import ColumnElement, Connection, Select, select

from alpr_edge.department.db.schema import plates, reads
from alpr_edge.domain.patterns import ANY, ONE

BEGIN, END = "^", "$"
"""Stand for the begin and the end of a plate, which trigrams count as characters; no plate holds them."""
TRIGRAM = 3
_PREFIX = re.compile(r"[^?*]*")


def is_like(pattern: str) -> ColumnElement[bool]:
    """Whether the plate of a read fits a canonical pattern."""
    return reads.c.plate.like(_like_text(pattern))


def next_plates(connection: Connection, pattern: str, after: str, count: int) -> list[str]:
    """The next plates that fit a canonical pattern, in their order.

    Args:
        after: the plate after which to begin; empty: with the first.
        count: how many at most.
    """
    has_index = connection.dialect.name == "postgresql" and _has_known_part(pattern)
    query = _by_trigrams(pattern) if has_index else _in_order(pattern)
    column = query.selected_columns[0]
    return list(connection.scalars(query.where(column > after).order_by(column).limit(count)))


def _by_trigrams(pattern: str) -> Select[tuple[str]]:
    """All that fit, from PostgreSQL's index: it would else walk along the plates, hoping that the next ones fit."""
    fitting = select(plates.c.plate).where(plates.c.plate.like(_like_text(pattern))).cte("fitting")
    return select(fitting.prefix_with("MATERIALIZED").c.plate)


def _in_order(pattern: str) -> Select[tuple[str]]:
    """All that fit, along the plates, so that looking ends with the last one that is wanted.

    Nothing is appended to each plate, which keeps PostgreSQL from its index: that would give it a share of all plates.
    """
    return select(plates.c.plate).where(plates.c.plate.concat("").like(_like_text(pattern)), *_with_prefix(pattern))


def _has_known_part(pattern: str) -> bool:
    """Whether a part between wildcards is long enough for the index."""
    return any(len(part) >= TRIGRAM for part in re.split(r"[?*]", f"{BEGIN}{pattern}{END}"))


def _with_prefix(pattern: str) -> list[ColumnElement[bool]]:
    """Where in the order of plates those with the pattern's first characters lie; no character comes after Z."""
    found = _PREFIX.match(pattern)
    prefix = found.group() if found else ""
    return [plates.c.plate >= prefix, plates.c.plate < f"{prefix}["] if prefix else []


def _like_text(pattern: str) -> str:
    """A canonical pattern in the language of LIKE; it holds none of LIKE's own characters."""
    return pattern.replace(ONE, "_").replace(ANY, "%")
