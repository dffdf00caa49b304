"""Indexes of what is looked up alone, and the reads of a plate in the order of a search.

The digest of an item is looked up for images alone, and few reads correct another: an index over every row of both
costs each read that is stored a page of its own, and finds nothing. Of a plate that was read thousands of times a page
of a search sorted all reads.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

OF_IMAGES = "kind = 'image'"
CORRECTIONS = "supersedes IS NOT NULL"
NEWEST_FIRST = {"sqlite": "seen_at DESC", "postgresql": "seen_at DESC NULLS LAST"}
"""What comes last in SQLite by itself."""


def upgrade() -> None:
    """Make the indexes anew."""
    parts = (("items", "sha256", OF_IMAGES), ("reads", "supersedes", CORRECTIONS))
    for table, column, condition in parts:
        op.drop_index(f"ix_{table}_{column}", table)
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=where, postgresql_where=where)
    op.drop_index("ix_reads_plate_seen_at", "reads")
    newest_first = sa.text(NEWEST_FIRST[op.get_bind().dialect.name])
    op.create_index("ix_reads_plate_seen_at", "reads", ["plate", newest_first])
