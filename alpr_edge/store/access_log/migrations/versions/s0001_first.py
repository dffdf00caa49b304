"""The first schema of the access log: records, their tree, checkpoints and cosignatures; records are only added.

Plain SQL, as it was when it was written.
"""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE meta (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    ) STRICT
    """,
    """
    CREATE TABLE records (
        sequence INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (sequence)
    ) STRICT
    """,
    """
    CREATE TABLE nodes (
        level INTEGER NOT NULL,
        place INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (level, place)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE checkpoints (
        size INTEGER NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (size)
    ) STRICT
    """,
    """
    CREATE TABLE cosignatures (
        size INTEGER NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (size)
    ) STRICT
    """,
    """
    CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records
    BEGIN SELECT RAISE(ABORT, 'records are only added'); END
    """,
    """
    CREATE TRIGGER records_are_not_removed BEFORE DELETE ON records
    BEGIN SELECT RAISE(ABORT, 'records are only added'); END
    """,
    """
    CREATE TRIGGER nodes_are_not_changed BEFORE UPDATE ON nodes
    BEGIN SELECT RAISE(ABORT, 'nodes are only added'); END
    """,
    """
    CREATE TRIGGER nodes_are_not_removed BEFORE DELETE ON nodes
    BEGIN SELECT RAISE(ABORT, 'nodes are only added'); END
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
