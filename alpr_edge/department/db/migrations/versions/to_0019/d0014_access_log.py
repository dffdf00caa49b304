"""The department's own access log: its records and its tree, which the database refuses to change or delete."""

import sqlalchemy as sa
from alembic import op

from alpr_edge.department.db.migrations.kept_rows import keep_rows

revision = "0014"
down_revision = "0013"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = "the access log stays as it is"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "access_records",
        sa.Column("sequence", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("person_id", "action")),
        sa.Column("is_allowed", sa.Boolean, nullable=False),
        sa.Column("shown", WHOLE, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("checkpoint", sa.String, nullable=False),
    )
    columns = ["person_id", "received_at"]
    op.create_index("ix_access_records_person_id_received_at", "access_records", columns)
    op.create_table(
        "access_nodes",
        *(sa.Column(name, WHOLE, primary_key=True, autoincrement=False) for name in ("level", "place")),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    for table in ("access_records", "access_nodes"):
        keep_rows(table, WORDS)
