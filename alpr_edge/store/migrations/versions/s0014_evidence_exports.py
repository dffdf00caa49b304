"""The register of evidence packages; a release before this one, which knows nothing of it, leaves it as it is."""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    """
    CREATE TABLE evidence_exports (
        seq INTEGER NOT NULL,
        package_id TEXT NOT NULL,
        case_number TEXT NOT NULL,
        purpose TEXT NOT NULL,
        offence TEXT NOT NULL,
        medium TEXT NOT NULL,
        recipient TEXT NOT NULL,
        person_id TEXT NOT NULL,
        person TEXT NOT NULL,
        session TEXT NOT NULL,
        file_name TEXT NOT NULL,
        package_sha256 TEXT NOT NULL,
        manifest_sha256 TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        reads INTEGER NOT NULL,
        hits INTEGER NOT NULL,
        pictures INTEGER NOT NULL,
        with_scenes INTEGER NOT NULL,
        redacted INTEGER NOT NULL,
        escrowed INTEGER NOT NULL,
        booked_boot_id TEXT NOT NULL,
        booked_boottime_ns INTEGER NOT NULL,
        booked_utc TEXT,
        booked_utc_source TEXT NOT NULL,
        booked_uncertainty_ms REAL,
        finished_boot_id TEXT,
        finished_boottime_ns INTEGER,
        finished_utc TEXT,
        finished_utc_source TEXT,
        finished_uncertainty_ms REAL,
        PRIMARY KEY (seq),
        UNIQUE (package_id)
    ) STRICT
    """,
    "CREATE INDEX evidence_exports_case ON evidence_exports (case_number)",
    """
    CREATE TRIGGER evidence_exports_are_finished_once BEFORE UPDATE ON evidence_exports
    WHEN OLD.finished_boot_id IS NOT NULL OR NEW.package_sha256 IS NOT OLD.package_sha256
        OR NEW.case_number IS NOT OLD.case_number OR NEW.person_id IS NOT OLD.person_id
        OR NEW.person IS NOT OLD.person OR NEW.medium IS NOT OLD.medium OR NEW.recipient IS NOT OLD.recipient
        OR NEW.package_id IS NOT OLD.package_id OR NEW.booked_utc IS NOT OLD.booked_utc
    BEGIN SELECT RAISE(ABORT, 'a booking is never changed'); END
    """,
    """
    CREATE TRIGGER evidence_exports_are_not_deleted BEFORE DELETE ON evidence_exports
    BEGIN SELECT RAISE(ABORT, 'a booking is never deleted'); END
    """,
)


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS:
        op.execute(statement)
