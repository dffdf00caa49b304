"""The first revision: the tables of version 10, on every engine.

A SQLite database of an earlier version is brought to it without Alembic (``older_versions.py``) and stamped.
"""

from alembic import op

from alpr_edge.department.db.migrations.first_schema.create import create_tables

revision = "0010"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    create_tables(op.get_bind())
