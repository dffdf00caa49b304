"""The ends of holds, in a table of their own: a release before this one keeps such a read held, which loses nothing."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    CREATE TABLE hold_ends (
        read_id TEXT NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (read_id),
        FOREIGN KEY(read_id) REFERENCES holds (read_id) ON DELETE CASCADE
    ) STRICT
    """,
)


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS:
        op.execute(statement)
