"""Holds for a case, each over any number of reads, and a list of what was deleted.

A release before this one goes by the table ``holds`` as before; what it deletes is not on the list.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
    CREATE TABLE case_holds (
        seq INTEGER NOT NULL,
        hold_id TEXT NOT NULL,
        origin TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        case_number TEXT NOT NULL,
        reason TEXT NOT NULL,
        until TEXT,
        person_id TEXT NOT NULL,
        person TEXT NOT NULL,
        session TEXT NOT NULL,
        made_boot_id TEXT NOT NULL,
        made_boottime_ns INTEGER NOT NULL,
        made_utc TEXT,
        made_utc_source TEXT NOT NULL,
        made_uncertainty_ms REAL,
        released_boot_id TEXT,
        released_boottime_ns INTEGER,
        released_utc TEXT,
        released_utc_source TEXT,
        released_uncertainty_ms REAL,
        released_by_id TEXT NOT NULL DEFAULT '',
        released_by TEXT NOT NULL DEFAULT '',
        released_session TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (seq),
        UNIQUE (hold_id)
    ) STRICT
    """,
    "CREATE INDEX case_holds_case ON case_holds (case_number)",
    """
    CREATE TABLE held_reads (
        seq INTEGER NOT NULL,
        hold_id TEXT NOT NULL,
        read_id TEXT NOT NULL,
        PRIMARY KEY (seq),
        UNIQUE (hold_id, read_id),
        FOREIGN KEY(hold_id) REFERENCES case_holds (hold_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id) ON DELETE CASCADE
    ) STRICT
    """,
    "CREATE INDEX held_reads_read ON held_reads (read_id)",
    """
    CREATE TRIGGER case_holds_are_not_removed BEFORE DELETE ON case_holds
    BEGIN SELECT RAISE(ABORT, 'holds are released, never deleted'); END
    """,
    """
    CREATE TRIGGER case_holds_are_only_released BEFORE UPDATE ON case_holds
    WHEN OLD.released_boot_id IS NOT NULL OR NEW.released_boot_id IS NULL
        OR NEW.hold_id IS NOT OLD.hold_id OR NEW.origin IS NOT OLD.origin OR NEW.kind IS NOT OLD.kind
        OR NEW.subject_id IS NOT OLD.subject_id OR NEW.case_number IS NOT OLD.case_number
        OR NEW.reason IS NOT OLD.reason OR NEW.until IS NOT OLD.until OR NEW.person IS NOT OLD.person
        OR NEW.person_id IS NOT OLD.person_id OR NEW.made_utc IS NOT OLD.made_utc
    BEGIN SELECT RAISE(ABORT, 'a hold is only released, and once'); END
    """,
    """
    CREATE TABLE deleted_reads (
        seq INTEGER NOT NULL,
        leaf BLOB NOT NULL,
        ground TEXT NOT NULL,
        record INTEGER,
        PRIMARY KEY (seq)
    ) STRICT
    """,
    "CREATE INDEX deleted_reads_leaf ON deleted_reads (leaf)",
    "CREATE INDEX deleted_reads_record ON deleted_reads (record)",
)


def upgrade() -> None:
    """Add the tables; what earlier releases hold is taken in at the next start (``store/retention/earlier_holds``)."""
    for statement in STATEMENTS:
        op.execute(statement)
