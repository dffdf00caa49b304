"""Triggers of version 10: the database itself refuses to change or delete the rows of some tables."""

from sqlalchemy import Connection

KEPT = {
    "people_changes": "records of changes stay as they are",
    "evidence_openings": "a look at a passphrase stays on record",
}
"""Tables whose rows stay, and what the database says to whoever tries otherwise."""


def keep_rows(connection: Connection, table: str, words: str) -> None:
    """Have the database refuse to change or delete rows of a table.

    Args:
        connection: the connection of a transaction that may write.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
