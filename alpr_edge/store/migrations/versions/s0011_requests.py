"""What the page asks of the capture daemon, and who corrected a read.

A release before this one, which knows nothing of requests, still deletes reads, and stores reads that nobody corrected.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    "ALTER TABLE reads ADD COLUMN corrected_by TEXT",
    "CREATE INDEX reads_corrections ON reads (supersedes) WHERE supersedes IS NOT NULL",
    """
    CREATE TABLE requests (
        seq INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        read_id TEXT,
        person_id TEXT NOT NULL,
        person TEXT NOT NULL,
        session TEXT NOT NULL,
        made_boot_id TEXT NOT NULL,
        made_boottime_ns INTEGER NOT NULL,
        made_utc TEXT,
        made_utc_source TEXT NOT NULL,
        made_uncertainty_ms REAL,
        answered_boot_id TEXT,
        answered_boottime_ns INTEGER,
        answered_utc TEXT,
        answered_utc_source TEXT,
        answered_uncertainty_ms REAL,
        answer TEXT,
        PRIMARY KEY (seq),
        UNIQUE (request_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id) ON DELETE CASCADE
    ) STRICT
    """,
    "CREATE INDEX requests_read ON requests (read_id)",
    "CREATE INDEX requests_waiting ON requests (seq) WHERE answered_boot_id IS NULL",
    """
    CREATE TRIGGER requests_are_answered_once BEFORE UPDATE ON requests WHEN OLD.answered_boot_id IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an answer to a request is never changed'); END
    """,
)


def upgrade() -> None:
    """Add the table, the column and the index by which a read's corrections are found."""
    for statement in STATEMENTS:
        op.execute(statement)
