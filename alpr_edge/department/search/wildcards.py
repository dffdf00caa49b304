"""Finds plates by a part of them (policy 462.4(c)): ? is one character, * any number. By each engine's trigrams.

An index helps where three characters in a row are known; the begin and the end of a plate count as one. Other parts are
compared with every plate behind the last, in order.
"""

import re

from sqlalchemy import ColumnElement, Connection, Select, String, func, literal_column, select, text

from alpr_edge.department.db.schema import plates, reads
from alpr_edge.domain.patterns import ANY, ONE

BEGIN, END = "^", "$"
"""Mark the begin and the end of a plate where trigrams of it are made; no plate holds them."""
TRIGRAM = 3
_TRIGRAMS = text("plate_trigrams MATCH :words")
_PREFIX = re.compile(r"[^?*]*")


def is_like(pattern: str) -> ColumnElement[bool]:
    """Whether the plate of a read fits a canonical pattern."""
    return reads.c.plate.like(_like_text(pattern))


def next_plates(connection: Connection, pattern: str, after: str, count: int) -> list[str]:
    """The next plates that fit a canonical pattern, in their order.

    Args:
        connection: the connection of a transaction.
        pattern: the pattern.
        after: the plate after which to begin; empty: with the first.
        count: how many at most.
    """
    words = _known_parts(pattern)
    if words and connection.dialect.name == "postgresql":
        query = _by_trigrams(pattern)
    elif words:
        query = _by_words(pattern, words)
    else:
        query = _in_order(pattern)
    column = query.selected_columns[0]
    return list(connection.scalars(query.where(column > after).order_by(column).limit(count)))


def _by_trigrams(pattern: str) -> Select[tuple[str]]:
    """All that fit, from PostgreSQL's index: it would else walk along the plates, hoping that the next ones fit."""
    fitting = select(plates.c.plate).where(plates.c.plate.like(_like_text(pattern))).cte("fitting")
    return select(fitting.prefix_with("MATERIALIZED").c.plate)


def _by_words(pattern: str, words: list[str]) -> Select[tuple[str]]:
    """All that fit, from SQLite's index."""
    marked: ColumnElement[str] = literal_column("plate_trigrams.plate", String)
    plate = func.substr(marked, 2, func.length(marked) - 2)
    quoted = " AND ".join(f'"{word}"' for word in words)
    query = select(plate.label("plate")).select_from(text("plate_trigrams")).where(_TRIGRAMS.bindparams(words=quoted))
    fitting = query.where(plate.like(_like_text(pattern))).subquery()
    return select(fitting.c.plate)


def _in_order(pattern: str) -> Select[tuple[str]]:
    """All that fit, along the plates, so that looking ends with the last one that is wanted.

    Nothing is appended to each plate, which keeps PostgreSQL from its index: that would give it a share of all plates.
    """
    return select(plates.c.plate).where(plates.c.plate.concat("").like(_like_text(pattern)), *_with_prefix(pattern))


def _known_parts(pattern: str) -> list[str]:
    """The parts between wildcards that are long enough for the index."""
    return [part for part in re.split(r"[?*]", f"{BEGIN}{pattern}{END}") if len(part) >= TRIGRAM]


def _with_prefix(pattern: str) -> list[ColumnElement[bool]]:
    """Where in the order of plates those with the pattern's first characters lie; no character comes after Z."""
    found = _PREFIX.match(pattern)
    prefix = found.group() if found else ""
    return [plates.c.plate >= prefix, plates.c.plate < f"{prefix}["] if prefix else []


def _like_text(pattern: str) -> str:
    """A canonical pattern in the language of LIKE; it holds none of LIKE's own characters."""
    return pattern.replace(ONE, "_").replace(ANY, "%")
