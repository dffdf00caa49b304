"""Indexes by which a full store is searched: reads by boot and by correction, clock pairs and deletions by time."""

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = (
    "CREATE INDEX reads_correcting ON reads (seq) WHERE supersedes IS NOT NULL",
    "CREATE INDEX reads_boot ON reads (first_seen_boot_id)",
    # A pass does not outlast its boot: this one has no entries, and shows that it has none.
    "CREATE INDEX reads_last_boot ON reads (last_seen_boot_id) WHERE last_seen_boot_id != first_seen_boot_id",
    "CREATE INDEX boots_utc ON boots (utc)",
    "CREATE INDEX deletions_seen ON deletions (seen_utc)",
)


def upgrade() -> None:
    """Add the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)
