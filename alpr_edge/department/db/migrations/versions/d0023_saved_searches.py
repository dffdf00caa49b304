"""The searches that people saved to run them again."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "people_saved_searches",
        sa.Column("saved_id", sa.String, primary_key=True),
        sa.Column("person_id", sa.String, nullable=False, index=True),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("made_at", "ends_at")),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
