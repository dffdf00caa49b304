"""Requests of other agencies for data and what became of them, which the database refuses to change or delete."""

import sqlalchemy as sa
from alembic import op

from alpr_edge.department.db.migrations.kept_rows import keep_rows

revision = "0015"
down_revision = "0014"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = "requests for data stay on file as they are"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "release_requests",
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("entered_at", sa.DateTime, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("letter_sha256", sa.String, nullable=False),
        sa.Column("letter", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "release_steps",
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("person_id", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for table in ("release_requests", "release_steps"):
        keep_rows(table, WORDS)
