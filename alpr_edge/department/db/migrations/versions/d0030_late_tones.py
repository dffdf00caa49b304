"""When alerts sounded that had stayed quiet at first."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "late_tones",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("hit_id", "unit_id")),
        sa.Column("read_id", sa.String, nullable=False),
        sa.Column("sounded", sa.String),
    )
    op.create_index("ix_late_tones_read_id", "late_tones", ["read_id"])
