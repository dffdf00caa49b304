"""Canvasses: what is held for which incident, until when; a release before this one holds no more reads for them."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
    CREATE TABLE canvasses (
        seq INTEGER NOT NULL,
        canvass_id TEXT NOT NULL,
        incident TEXT NOT NULL,
        offence TEXT NOT NULL,
        area TEXT,
        partials TEXT NOT NULL,
        before_s REAL NOT NULL,
        lasts_s REAL NOT NULL,
        person_id TEXT NOT NULL,
        person TEXT NOT NULL,
        session TEXT NOT NULL,
        started_boot_id TEXT NOT NULL,
        started_boottime_ns INTEGER NOT NULL,
        started_utc TEXT,
        started_utc_source TEXT NOT NULL,
        started_uncertainty_ms REAL,
        ends TEXT,
        looked_to INTEGER NOT NULL DEFAULT 0,
        ended_boot_id TEXT,
        ended_boottime_ns INTEGER,
        ended_utc TEXT,
        ended_utc_source TEXT,
        ended_uncertainty_ms REAL,
        ended_by_id TEXT NOT NULL DEFAULT '',
        ended_by TEXT NOT NULL DEFAULT '',
        ended_session TEXT NOT NULL DEFAULT '',
        ended_how TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (seq),
        UNIQUE (canvass_id)
    ) STRICT
    """,
    "CREATE INDEX canvasses_ended ON canvasses (ended_boottime_ns)",
    """
    CREATE TRIGGER canvasses_are_not_removed BEFORE DELETE ON canvasses
    BEGIN SELECT RAISE(ABORT, 'a canvass is ended, never deleted'); END
    """,
    """
    CREATE TRIGGER canvasses_are_ended_once BEFORE UPDATE ON canvasses
    WHEN NEW.canvass_id IS NOT OLD.canvass_id OR NEW.incident IS NOT OLD.incident OR NEW.offence IS NOT OLD.offence
        OR NEW.area IS NOT OLD.area OR NEW.partials IS NOT OLD.partials OR NEW.before_s IS NOT OLD.before_s
        OR NEW.lasts_s IS NOT OLD.lasts_s OR NEW.person_id IS NOT OLD.person_id
        OR NEW.started_boottime_ns IS NOT OLD.started_boottime_ns OR NEW.started_utc IS NOT OLD.started_utc
        OR (OLD.ends IS NOT NULL AND NEW.ends IS NOT OLD.ends)
        OR (OLD.ended_boot_id IS NOT NULL AND (
            NEW.ended_boot_id IS NOT OLD.ended_boot_id OR NEW.ended_by IS NOT OLD.ended_by
            OR NEW.ended_how IS NOT OLD.ended_how
        ))
    BEGIN SELECT RAISE(ABORT, 'a canvass is only ended, and once'); END
    """,
)


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS:
        op.execute(statement)
