"""When and as what an alert sounded after its record was made; a release before this one leaves the columns empty."""

from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = (
    "late_tone_boot_id TEXT",
    "late_tone_boottime_ns INTEGER",
    "late_tone_utc TEXT",
    "late_tone_utc_source TEXT",
    "late_tone_uncertainty_ms REAL",
    "late_tone_level INTEGER",
    "late_tone_kind TEXT",
)


def upgrade() -> None:
    """Add the columns."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE alerts ADD COLUMN {column}")
