"""What officers say of hits; a release before this one, which knows nothing of them, still deletes hits."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    CREATE TABLE dispositions (
        seq INTEGER NOT NULL,
        disposition_id TEXT NOT NULL,
        hit_id TEXT NOT NULL,
        part TEXT NOT NULL,
        answer TEXT NOT NULL,
        reason TEXT NOT NULL,
        number TEXT NOT NULL,
        name TEXT NOT NULL,
        undoes TEXT NOT NULL,
        person_id TEXT NOT NULL,
        person TEXT NOT NULL,
        session TEXT NOT NULL,
        made_boot_id TEXT NOT NULL,
        made_boottime_ns INTEGER NOT NULL,
        made_utc TEXT,
        made_utc_source TEXT NOT NULL,
        made_uncertainty_ms REAL,
        PRIMARY KEY (seq),
        UNIQUE (disposition_id),
        FOREIGN KEY(hit_id) REFERENCES hits (hit_id) ON DELETE CASCADE
    ) STRICT
    """,
    "CREATE INDEX dispositions_hit ON dispositions (hit_id)",
    """
    CREATE TRIGGER dispositions_are_not_changed BEFORE UPDATE ON dispositions
    BEGIN SELECT RAISE(ABORT, 'an answer to a hit is never changed'); END
    """,
)


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS:
        op.execute(statement)
