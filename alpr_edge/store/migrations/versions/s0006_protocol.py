"""How often an item failed while others got through, and how grave a hit is."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN failures_alone INTEGER DEFAULT 0 NOT NULL",
    "CREATE INDEX outbox_order ON outbox (state, failures_alone, urgency, attempts, seq)",
    "ALTER TABLE hits ADD COLUMN level INTEGER",
)


def upgrade() -> None:
    """Add the columns and the index."""
    for statement in STATEMENTS:
        op.execute(statement)
