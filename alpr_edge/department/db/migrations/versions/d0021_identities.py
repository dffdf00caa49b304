"""Whom a provider of single sign-on vouches for, and whom another system tells of by SCIM."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people_identities",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("issuer", "subject")),
        sa.Column("person_id", sa.String, nullable=False),
        sa.Column("linked_at", sa.DateTime, nullable=False),
        sa.Column("linked_by", sa.String, nullable=False),
        sa.UniqueConstraint("person_id", "issuer"),
    )
    op.create_table(
        "people_provisioned",
        sa.Column("person_id", sa.String, primary_key=True),
        sa.Column("user_name", sa.String, nullable=False, unique=True),
        sa.Column("external_id", sa.String, index=True),
        sa.Column("version", WHOLE, nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "modified_at")),
        sa.Column("resource", sa.JSON, nullable=False),
        sa.Column("is_out_here", sa.Boolean, nullable=False),
    )
