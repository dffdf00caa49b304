"""How SQLite finds the rows of a unit's statements, and something done between two of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy import event

from alpr_edge.store.db.database import Database

EXPLAINED = ("SELECT", "DELETE", "WITH")
Moment = Literal["before_cursor_execute", "after_cursor_execute"]


@contextmanager
def plans(database: Database, about: str) -> Iterator[list[str]]:
    """How SQLite finds rows in the statements of the body, filled as they run.

    Args:
        database: the database that the body uses.
        about: what a line of a plan is to hold: the name of a table.
    """
    found = list[str]()

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401
        if statement.startswith(EXPLAINED):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(str(row[-1]) for row in cursor.fetchall() if about in str(row[-1]))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)


@contextmanager
def once(database: Database, moment: Moment, action: Callable[[], object]) -> Iterator[None]:
    """Do something once, before or after the first query of the body: as another thread that comes in between."""
    left = [action]

    def act(_: object, __: object, statement: str, *_more: object) -> None:
        if left and statement.startswith(EXPLAINED):
            left.pop()()

    event.listen(database.engine, moment, act)
    try:
        yield
    finally:
        event.remove(database.engine, moment, act)
    assert not left, "there was no query"
