"""The plans by which a database answers the queries of a piece of code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event


@contextmanager
def query_plans(database: Connection | Engine) -> Iterator[list[str]]:
    """The plans of the queries of the body, filled as they run: of a connection, or of all of an engine."""
    plans = list[str]()

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:  # noqa: ANN401
        if statement.startswith("SELECT"):
            before = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            cursor.execute(before + statement, parameters)
            plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(database, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(database, "before_cursor_execute", explain)


def gather_statistics(connection: Connection) -> None:
    """Let the planner know how many rows there are, as PostgreSQL does by itself; no department does it on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


def prefer_indexes(connection: Connection) -> None:
    """Let PostgreSQL go through every row only where no index helps; of a table known to be tiny it prefers to."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")


def walks_over(plans: Sequence[str], tables: Sequence[str]) -> list[str]:
    """The lines of plans that go through every row of one of some tables, or of their aliases."""
    begins = tuple(f"{verb} {table}" for verb in ("SCAN", "Seq Scan on") for table in tables)
    lines = (line.strip().removeprefix("->").strip() for plan in plans for line in plan.splitlines())
    return [line for line in lines if line.startswith(begins)]
