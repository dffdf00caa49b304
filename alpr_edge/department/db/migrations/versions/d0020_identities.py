"""Whom a provider of single sign-on vouches for: issuer and subject, each linked to a person."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "people_identities",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("issuer", "subject")),
        sa.Column("person_id", sa.String, nullable=False),
        sa.Column("linked_at", sa.DateTime, nullable=False),
        sa.Column("linked_by", sa.String, nullable=False),
        sa.UniqueConstraint("person_id", "issuer"),
    )
