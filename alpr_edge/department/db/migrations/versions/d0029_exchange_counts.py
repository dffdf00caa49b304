"""How many events each target took, beside the target: a look at them all grows with what was ever sent."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ITEMS = sa.table("exchange_items", *(sa.column(name) for name in ("target", "state", "tried_at")))
TARGETS = sa.table("exchange_targets", *(sa.column(name) for name in ("target", "sent", "dropped", "last_sent")))


def upgrade() -> None:
    """Add the columns, and count what is there."""
    for name in ("sent", "dropped"):
        op.add_column("exchange_targets", sa.Column(name, WHOLE, nullable=False, server_default="0"))
    op.add_column("exchange_targets", sa.Column("last_sent", sa.DateTime))
    counts = {state: _of_target(sa.func.count(), state) for state in ("sent", "dropped")}
    last_sent = _of_target(sa.func.max(ITEMS.c.tried_at), "sent")
    op.execute(sa.update(TARGETS).values(**counts, last_sent=last_sent))


def _of_target(what: sa.ColumnElement[Any], state: str) -> sa.ScalarSelect[Any]:
    of_target = (ITEMS.c.target == TARGETS.c.target, ITEMS.c.state == state)
    return sa.select(what).select_from(ITEMS).where(*of_target).correlate(TARGETS).scalar_subquery()
