"""Retention: which pictures a read has, from the bodies that are here; runs that deleted; who deletes at the moment."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ROWS_AT_ONCE = 500
WORDS = "the record of a deletion stays"


def upgrade() -> None:
    """Make the tables, and fill the first."""
    op.create_table(
        "read_pictures",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("read_id", "unit_id")),
        sa.Column("sha256", sa.String, primary_key=True, index=True),
    )
    op.create_table(
        "deletion_runs",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("begun", "by")),
        sa.Column("terms", sa.JSON, nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("reads", "hits", "pictures", "items", "held")),
        sa.Column("ids_digest", sa.String, nullable=False),
        sa.Column("record", sa.LargeBinary),
        sa.Column("checkpoint", sa.String),
    )
    op.create_table("picture_removals", sa.Column("sha256", sa.String, primary_key=True))
    op.create_table(
        "leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.create_index("ix_items_received_at", "items", ["received_at"])
    _keep_sealed_runs()
    _note_pictures()


def _keep_sealed_runs() -> None:
    """Have the database refuse to change or delete the record of a run."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION deletion_runs_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER deletion_runs_keep BEFORE UPDATE OR DELETE ON deletion_runs FOR EACH ROW "
            "WHEN (OLD.record IS NOT NULL) EXECUTE FUNCTION deletion_runs_keep()"
        )
        op.execute(
            "CREATE TRIGGER deletion_runs_keep_all BEFORE TRUNCATE ON deletion_runs "
            "FOR EACH STATEMENT EXECUTE FUNCTION deletion_runs_keep()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER deletion_runs_no_{verb.lower()} BEFORE {verb} ON deletion_runs "
            f"WHEN OLD.record IS NOT NULL BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )


def _note_pictures() -> None:
    """Note the pictures of every read that is here, as its body names them."""
    names: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("item_id", "unit_id", "body")]
    items = sa.table("items", *names, sa.column("kind"))
    pictures = sa.table("read_pictures", *(sa.column(name) for name in ("read_id", "unit_id", "sha256")))
    connection, after = op.get_bind(), ("", "")
    place = sa.tuple_(items.c.item_id, items.c.unit_id)
    while True:
        query = sa.select(*names).where(items.c.kind == "read", place > sa.tuple_(*after)).order_by(*place)
        rows = connection.execute(query.limit(ROWS_AT_ONCE)).all()
        noted = [
            {"read_id": row.item_id, "unit_id": row.unit_id, "sha256": sha256}
            for row in rows
            for sha256 in _pictures(row.body)
        ]
        if noted:
            connection.execute(sa.insert(pictures), noted)
        if not rows:
            return
        after = rows[-1].item_id, rows[-1].unit_id


def _pictures(body: bytes) -> set[str]:
    """The digests of a read's pictures; of a body that is damaged none: its pictures go by their own age."""
    try:
        return {picture["sha256"] for picture in json.loads(body)["evidence"]}
    except (ValueError, LookupError, TypeError):
        return set()
