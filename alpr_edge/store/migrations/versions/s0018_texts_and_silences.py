"""Texts that a read had before further looks changed it, and why an alert made no tone; older releases leave both."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns."""
    op.execute("ALTER TABLE reads ADD COLUMN earlier_texts TEXT")
    op.execute("ALTER TABLE alerts ADD COLUMN silence TEXT")
