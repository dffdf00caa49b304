"""Requests of other agencies for data and what became of them, which the database refuses to change or delete."""

import sqlalchemy as sa
from alembic import op

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
        _keep_rows(table)


def _keep_rows(table: str) -> None:
    """Have the database refuse to change or delete rows of a table."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )
