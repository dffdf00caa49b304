"""Settings that the department gives its units, which stay on file, and what each unit has of them."""

import sqlalchemy as sa
from alembic import op

from alpr_edge.department.db.migrations.kept_rows import keep_rows

revision = "0025"
down_revision = "0024"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "settings_steps",
        sa.Column("serial", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("publication", WHOLE, nullable=False),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("body", "units")),
        sa.Column("at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("by", "reason")),
    )
    keep_rows("settings_steps", "settings of units stay on file as they are")
    op.create_table(
        "unit_settings",
        sa.Column("unit_id", sa.String, primary_key=True),
        sa.Column("held", WHOLE, nullable=False),
        sa.Column("held_since", sa.DateTime, nullable=False),
        sa.Column("in_force", WHOLE),
        sa.Column("in_force_since", sa.DateTime, nullable=False),
        sa.Column("refused", WHOLE, nullable=False),
        sa.Column("refusal", sa.String, nullable=False),
        sa.Column("refused_since", sa.DateTime, nullable=False),
    )
