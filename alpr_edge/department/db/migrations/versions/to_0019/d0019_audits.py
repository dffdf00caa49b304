"""Audits, what they are judged by, and incidents, which the database refuses to change or delete."""

import sqlalchemy as sa
from alembic import op

from alpr_edge.department.db.migrations.kept_rows import keep_rows

revision = "0019"
down_revision = "0018"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = "audits and incidents stay on file as they are"


def upgrade() -> None:
    """Make the tables."""
    for table, first in (("audit_steps", "audit"), ("incident_steps", "incident")):
        op.create_table(
            table,
            *(sa.Column(name, WHOLE, primary_key=True, autoincrement=False) for name in (first, "number")),
            sa.Column("kind", sa.String, nullable=False),
            sa.Column("at", sa.DateTime, nullable=False),
            sa.Column("person_id", sa.String, nullable=False),
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
    op.create_table(
        "audit_declarations",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for table in ("audit_steps", "incident_steps", "audit_declarations"):
        keep_rows(table, WORDS)
