"""Images under keys of a day: the keys, wrapped by a master key, and which key each image is under."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
WORDS = "a destroyed key stays destroyed"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "image_keys",
        sa.Column("key_id", sa.String, primary_key=True),
        sa.Column("day", sa.String, nullable=False),
        sa.Column("generation", WHOLE, nullable=False),
        sa.Column("master_id", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("made_at", sa.DateTime, nullable=False),
        *(sa.Column(name, sa.DateTime) for name in ("lost_at", "destroyed_at")),
        sa.UniqueConstraint("day", "generation"),
    )
    op.create_table(
        "sealed_images",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("key_id", sa.String, primary_key=True, index=True),
    )
    if op.get_bind().dialect.name == "postgresql":
        _keep_on_postgresql()
    else:
        _keep_on_sqlite()


def _keep_on_postgresql() -> None:
    """Have the database refuse to delete a key's row, or to change that of a destroyed one."""
    op.execute(
        "CREATE FUNCTION image_keys_keep() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER image_keys_keep BEFORE UPDATE ON image_keys FOR EACH ROW "
        "WHEN (OLD.destroyed_at IS NOT NULL) EXECUTE FUNCTION image_keys_keep()"
    )
    op.execute(
        "CREATE TRIGGER image_keys_no_delete BEFORE DELETE ON image_keys FOR EACH ROW "
        "EXECUTE FUNCTION image_keys_keep()"
    )
    op.execute(
        "CREATE TRIGGER image_keys_keep_all BEFORE TRUNCATE ON image_keys "
        "FOR EACH STATEMENT EXECUTE FUNCTION image_keys_keep()"
    )


def _keep_on_sqlite() -> None:
    for verb, when in (("UPDATE", "WHEN OLD.destroyed_at IS NOT NULL "), ("DELETE", "")):
        op.execute(
            f"CREATE TRIGGER image_keys_no_{verb.lower()} BEFORE {verb} ON image_keys "
            f"{when}BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )
