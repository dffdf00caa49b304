"""Reads that are held back from deletion, and every deletion that was not the ordinary one."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    CREATE TABLE holds (
        read_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        held_by TEXT NOT NULL,
        held TEXT,
        PRIMARY KEY (read_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE deletions (
        seq INTEGER NOT NULL,
        read_id TEXT NOT NULL,
        ground TEXT NOT NULL,
        camera_id TEXT NOT NULL,
        seen_utc TEXT,
        images INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        deleted_boot_id TEXT NOT NULL,
        deleted_boottime_ns INTEGER NOT NULL,
        deleted_utc TEXT,
        deleted_utc_source TEXT NOT NULL,
        deleted_uncertainty_ms REAL,
        PRIMARY KEY (seq)
    ) STRICT
    """,
    """
    CREATE TRIGGER deletions_are_not_changed BEFORE UPDATE ON deletions
    BEGIN SELECT RAISE(ABORT, 'deletions are only added'); END
    """,
    """
    CREATE TRIGGER deletions_are_not_removed BEFORE DELETE ON deletions
    BEGIN SELECT RAISE(ABORT, 'deletions are only added'); END
    """,
)


def upgrade() -> None:
    """Add the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
