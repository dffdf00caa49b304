"""Since when holds are missing in a database that was restored.

The restore of a backup that an older release made has made the table already, with its row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Make the table, unless it is there."""
    op.create_table("unknown_holds", sa.Column("since", sa.String, primary_key=True), if_not_exists=True)
