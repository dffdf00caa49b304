"""What the department said of the time last, in a table of its own: the half that faces the network writes it."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    CREATE TABLE department_date (
        id INTEGER NOT NULL CHECK (id = 1),
        utc TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        boottime_ns INTEGER NOT NULL,
        PRIMARY KEY (id)
    ) STRICT
    """,
)


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS:
        op.execute(statement)
