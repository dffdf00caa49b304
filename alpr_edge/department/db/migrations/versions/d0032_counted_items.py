"""Indexes that items are counted by without their bodies, and those of records of access logs by when they arrived.

The index over the unit and the kind takes the place of that over the unit alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

OF_LOGS = "kind = 'access_record'"


def upgrade() -> None:
    """Make the indexes."""
    op.drop_index("ix_items_unit_id", "items")
    op.create_index("ix_items_unit_id_kind", "items", ["unit_id", "kind"])
    where = sa.text(OF_LOGS)
    op.create_index("ix_items_of_logs", "items", ["unit_id", "received_at"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_access_records_received_at", "access_records", ["received_at"])
