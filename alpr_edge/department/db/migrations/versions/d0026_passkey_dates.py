"""When a passkey was added, and when it was used at the department last."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the columns, which nobody knows of the passkeys that are there."""
    for name in ("added_at", "used_at"):
        op.add_column("people_passkey_counts", sa.Column(name, sa.DateTime))
