"""What came of the time stamp of a package; a release before this one books without, which the default says."""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = (
    "ALTER TABLE evidence_exports ADD COLUMN time_stamp TEXT NOT NULL DEFAULT ''",
    """
    CREATE TRIGGER evidence_exports_keep_time_stamps BEFORE UPDATE ON evidence_exports
    WHEN NEW.time_stamp IS NOT OLD.time_stamp
    BEGIN SELECT RAISE(ABORT, 'a booking is never changed'); END
    """,
)


def upgrade() -> None:
    """Add the column."""
    for statement in STATEMENTS:
        op.execute(statement)
