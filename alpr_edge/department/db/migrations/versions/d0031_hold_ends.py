"""Why a hold of the department was released, beside who released it."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; of holds that were released before nobody knows it."""
    op.add_column("hold_releases", sa.Column("reason", sa.String))
