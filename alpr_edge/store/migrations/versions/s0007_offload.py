"""Which medium an item was written to and when: such an item waits for the department's receipt all the same."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN medium_id TEXT",
    "ALTER TABLE outbox ADD COLUMN offloaded_utc TEXT",
)


def upgrade() -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        op.execute(statement)
