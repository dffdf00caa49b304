"""Walks over the numbers of a table in slices, so that no query on a full unit comes near its bound."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select

from alpr_edge.store.db.database import Database


def number_slices(database: Database, number: ColumnElement[int], at_once: int) -> Iterator[tuple[int, int]]:
    """The first and the last number of each slice of a table, however few of its rows are wanted."""
    with database.read() as connection:
        first = connection.scalar(select(func.min(number))) or 0
        last = connection.scalar(select(func.max(number))) or -1
    for begin in range(first, last + 1, at_once):
        yield begin, begin + at_once - 1
