"""The newest recorded value of each name; and records may go, from the first on, once somebody moved ``first_record``.

Plain SQL, as it was when it was written.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_FIRST = "CAST(COALESCE((SELECT value FROM meta WHERE name = 'first_record'), '0') AS INTEGER)"
STATEMENTS = (
    """
    CREATE TABLE recorded_values (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        PRIMARY KEY (name)
    ) STRICT, WITHOUT ROWID
    """,
    "DROP TRIGGER records_are_not_removed",
    f"""
    CREATE TRIGGER records_are_not_removed BEFORE DELETE ON records WHEN OLD.sequence >= {_FIRST}
    BEGIN SELECT RAISE(ABORT, 'records are only added'); END
    """,
    "DROP TRIGGER nodes_are_not_removed",
    f"""
    CREATE TRIGGER nodes_are_not_removed BEFORE DELETE ON nodes WHEN OLD.place >= 2 * ({_FIRST} >> (OLD.level + 1))
    BEGIN SELECT RAISE(ABORT, 'nodes are only added'); END
    """,
)


def upgrade() -> None:
    """Make the table, and the triggers anew."""
    for statement in STATEMENTS:
        op.execute(statement)
