"""Where each unit was last, and as what a unit was ended."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "unit_places",
        sa.Column("unit_id", sa.String, primary_key=True),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("lat_deg", "lon_deg")),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.add_column("certificates", sa.Column("ended_as", sa.String))
