"""Officers' own entries, how each list's fetching and taking in stands, and which hits are covert."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE hits ADD COLUMN covert INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE own_entries (
        seq INTEGER NOT NULL,
        entry_id TEXT NOT NULL,
        plate TEXT NOT NULL,
        plate_raw TEXT NOT NULL,
        state TEXT,
        reason TEXT NOT NULL,
        case_number TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        remarks TEXT NOT NULL,
        effective TEXT,
        expires TEXT NOT NULL,
        area TEXT,
        hours TEXT,
        covert INTEGER NOT NULL,
        added TEXT,
        added_by TEXT NOT NULL,
        removed INTEGER NOT NULL,
        removed_utc TEXT,
        removed_by TEXT,
        PRIMARY KEY (seq),
        UNIQUE (entry_id)
    ) STRICT
    """,
    "CREATE INDEX own_entries_kept ON own_entries (seq) WHERE removed = 0",
    """
    CREATE TABLE list_sync (
        source TEXT NOT NULL,
        etag TEXT DEFAULT '' NOT NULL,
        modified TEXT DEFAULT '' NOT NULL,
        serial INTEGER DEFAULT 0 NOT NULL,
        newest INTEGER DEFAULT 0 NOT NULL,
        asked TEXT,
        fetch_failure TEXT DEFAULT '' NOT NULL,
        marks TEXT DEFAULT '{}' NOT NULL,
        taken TEXT,
        take_failure TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (source)
    ) STRICT, WITHOUT ROWID
    """,
)


def upgrade() -> None:
    """Add the tables and the column."""
    for statement in STATEMENTS:
        op.execute(statement)
