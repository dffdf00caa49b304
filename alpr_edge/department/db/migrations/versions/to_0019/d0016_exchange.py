"""Exchange with other systems: what goes out to whom, what was sent, what was imported, and which reads were."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = "the record of what was sent stays"
COUNTS = ("rows", "stored", "before", "too_old", "rejected", "pictures")


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("reads", sa.Column("origin", sa.String))
    _make_targets()
    op.create_table(
        "exchange_items",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("target", "event_id", "kind", "unit_id", "read_id")),
        *(sa.Column(name, sa.String) for name in ("hit_id", "about")),
        sa.Column("terms_number", WHOLE, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("queued_at", sa.DateTime, nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("attempts", "failures_alone")),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("tried_at", sa.DateTime),
        sa.Column("sha256", sa.String),
        sa.UniqueConstraint("target", "event_id"),
    )
    op.create_index("ix_exchange_items_state", "exchange_items", ["target", "state", "number"])
    op.create_index("ix_exchange_items_read", "exchange_items", ["unit_id", "read_id"])
    op.create_table(
        "import_runs",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("unit_id", sa.String, nullable=False, index=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        *(sa.Column(name, sa.String, nullable=False) for name in ("file_sha256", "map_sha256")),
        *(sa.Column(name, WHOLE, nullable=False) for name in COUNTS),
    )
    for table, condition in (("exchange_terms", ""), ("exchange_items", "OLD.state = 'sent'")):
        _keep(table, condition)


def _make_targets() -> None:
    op.create_table(
        "exchange_terms",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("target", sa.String, nullable=False, index=True),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String, nullable=False),
    )
    op.create_table(
        "exchange_targets",
        sa.Column("target", sa.String, primary_key=True),
        sa.Column("terms_number", WHOLE, nullable=False),
        sa.Column("looked_until", sa.DateTime, nullable=False),
        sa.Column("not_before", sa.DateTime),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("trouble", sa.String, nullable=False),
    )


def _keep(table: str, condition: str) -> None:
    """Have the database refuse to change or delete rows of a table: all, or those for which a condition holds."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
        )
        when = f"WHEN ({condition}) " if condition else ""
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {when}"
            f"EXECUTE FUNCTION {table}_keep()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
        )
        return
    when = f"WHEN {condition} " if condition else ""
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"{when}BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )
