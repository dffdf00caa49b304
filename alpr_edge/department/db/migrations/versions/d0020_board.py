"""Hits as they come: an index over what arrives of them, which the board of hits looks at each second."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

OF_HITS = "kind IN ('hit', 'withdrawal', 'disposition')"


def upgrade() -> None:
    """Make the index."""
    where = sa.text(OF_HITS)
    op.create_index("ix_items_of_hits", "items", ["received_at"], sqlite_where=where, postgresql_where=where)
