"""Requests for the passphrases of booked packages and who approved them, which are never changed or deleted."""

import sqlalchemy as sa
from alembic import op

from alpr_edge.department.db.migrations.kept_rows import keep_rows

revision = "0018"
down_revision = "0017"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "passphrase_steps",
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("package_id", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("person_id", "person", "reason")),
    )
    keep_rows("passphrase_steps", "who asked for a passphrase and who approved it stays on file")
