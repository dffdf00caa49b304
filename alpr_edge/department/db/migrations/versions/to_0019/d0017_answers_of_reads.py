"""Answers to hits by their read: a deletion looks for those of each read that it deletes."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_dispositions_read_id", "dispositions", ["read_id"])
