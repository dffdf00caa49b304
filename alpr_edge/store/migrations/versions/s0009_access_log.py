"""How far the access log was queued, and what the department said of it, which the uplink writes."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """
    CREATE TABLE log_cursors (
        log_id TEXT NOT NULL,
        sequence INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (log_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE log_statements (
        log_id TEXT NOT NULL,
        size INTEGER DEFAULT 0 NOT NULL,
        signature TEXT DEFAULT '' NOT NULL,
        witness_key TEXT DEFAULT '' NOT NULL,
        finding TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (log_id)
    ) STRICT, WITHOUT ROWID
    """,
)


def upgrade() -> None:
    """Add the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
