"""Which version of each list and of the roster every unit has, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "held_versions",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("unit_id", "document")),
        sa.Column("serial", WHOLE, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
    )
