"""Bodies under keys of a day: which key each body is under. What is here stays as it lies until it is encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the column and its index."""
    op.add_column("items", sa.Column("key_id", sa.String))
    where = sa.text("key_id IS NOT NULL")
    op.create_index("ix_items_key_id", "items", ["key_id"], sqlite_where=where, postgresql_where=where)
