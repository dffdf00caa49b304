"""The first schema: reads with their evidence, hits and alerts, the outbox, list generations and clock pairs.

Plain SQL, as it was when it was written: a migration must not change when ``schema.py`` goes on.
"""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE meta (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    ) STRICT
    """,
    """
    CREATE TABLE reads (
        seq INTEGER NOT NULL,
        read_id TEXT NOT NULL,
        unit_id TEXT NOT NULL,
        camera_id TEXT NOT NULL,
        plate TEXT NOT NULL,
        confidence REAL NOT NULL,
        alternatives TEXT NOT NULL,
        slot_votes TEXT NOT NULL,
        vote_count INTEGER NOT NULL,
        first_seen_boot_id TEXT NOT NULL,
        first_seen_boottime_ns INTEGER NOT NULL,
        first_seen_utc TEXT,
        first_seen_utc_source TEXT NOT NULL,
        first_seen_uncertainty_ms REAL,
        last_seen_boot_id TEXT NOT NULL,
        last_seen_boottime_ns INTEGER NOT NULL,
        last_seen_utc TEXT,
        last_seen_utc_source TEXT NOT NULL,
        last_seen_uncertainty_ms REAL,
        first_frame INTEGER NOT NULL,
        last_frame INTEGER NOT NULL,
        left_px REAL NOT NULL,
        top_px REAL NOT NULL,
        right_px REAL NOT NULL,
        bottom_px REAL NOT NULL,
        lat_deg REAL,
        lon_deg REAL,
        position_age_ms REAL,
        position_hdop REAL,
        position_source TEXT,
        speed_mps REAL,
        course_deg REAL,
        model_ids TEXT NOT NULL,
        state TEXT,
        supersedes TEXT,
        closed INTEGER NOT NULL,
        PRIMARY KEY (seq),
        UNIQUE (read_id)
    ) STRICT
    """,
    "CREATE INDEX reads_open ON reads (seq) WHERE closed = 0",
    "CREATE INDEX reads_plate ON reads (plate)",
    """
    CREATE TABLE images (
        sha256 TEXT NOT NULL,
        length INTEGER NOT NULL,
        created_utc TEXT,
        PRIMARY KEY (sha256)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE evidence (
        read_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (read_id, place),
        FOREIGN KEY(read_id) REFERENCES reads (read_id),
        FOREIGN KEY(sha256) REFERENCES images (sha256)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX evidence_image ON evidence (sha256)",
    """
    CREATE TABLE hits (
        seq INTEGER NOT NULL,
        hit_id TEXT NOT NULL,
        read_id TEXT NOT NULL,
        source TEXT NOT NULL,
        plate TEXT NOT NULL,
        plate_raw TEXT NOT NULL,
        state TEXT,
        reason TEXT NOT NULL,
        record_id TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        remarks TEXT NOT NULL,
        effective TEXT,
        expires TEXT,
        generation_source TEXT NOT NULL,
        serial INTEGER NOT NULL,
        issued TEXT,
        imported TEXT,
        entries INTEGER NOT NULL,
        list_age_s REAL,
        match_kind TEXT NOT NULL,
        state_match TEXT NOT NULL,
        matched_boot_id TEXT NOT NULL,
        matched_boottime_ns INTEGER NOT NULL,
        matched_utc TEXT,
        matched_utc_source TEXT NOT NULL,
        matched_uncertainty_ms REAL,
        PRIMARY KEY (seq),
        UNIQUE (hit_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id)
    ) STRICT
    """,
    "CREATE INDEX hits_read ON hits (read_id)",
    """
    CREATE TABLE alerts (
        hit_id TEXT NOT NULL,
        read_id TEXT NOT NULL,
        level INTEGER NOT NULL,
        tone TEXT NOT NULL,
        phrase TEXT NOT NULL,
        list_age TEXT NOT NULL,
        sounded_boot_id TEXT,
        sounded_boottime_ns INTEGER,
        sounded_utc TEXT,
        sounded_utc_source TEXT,
        sounded_uncertainty_ms REAL,
        withdrawn_boot_id TEXT,
        withdrawn_boottime_ns INTEGER,
        withdrawn_utc TEXT,
        withdrawn_utc_source TEXT,
        withdrawn_uncertainty_ms REAL,
        PRIMARY KEY (hit_id),
        FOREIGN KEY(hit_id) REFERENCES hits (hit_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id)
    ) STRICT
    """,
    "CREATE INDEX alerts_read ON alerts (read_id)",
    """
    CREATE TABLE outbox (
        seq INTEGER NOT NULL,
        item_id TEXT NOT NULL,
        urgency INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body BLOB,
        length INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        created_utc TEXT,
        attempts INTEGER DEFAULT 0 NOT NULL,
        digest_failures INTEGER DEFAULT 0 NOT NULL,
        state TEXT DEFAULT 'ready' NOT NULL,
        detail TEXT DEFAULT '' NOT NULL,
        receipt_sha256 TEXT,
        delivered_utc TEXT,
        PRIMARY KEY (seq),
        UNIQUE (item_id)
    ) STRICT
    """,
    "CREATE INDEX outbox_due ON outbox (state, urgency, attempts, seq)",
    """
    CREATE TABLE generations (
        seq INTEGER NOT NULL,
        source TEXT NOT NULL,
        serial INTEGER NOT NULL,
        file TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        issued TEXT,
        imported TEXT,
        entries INTEGER NOT NULL,
        live INTEGER NOT NULL,
        PRIMARY KEY (seq),
        UNIQUE (source, serial)
    ) STRICT
    """,
    "CREATE UNIQUE INDEX generations_live ON generations (source) WHERE live = 1",
    """
    CREATE TABLE boots (
        seq INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        boottime_ns INTEGER NOT NULL,
        utc TEXT NOT NULL,
        utc_source TEXT NOT NULL,
        uncertainty_ms REAL,
        PRIMARY KEY (seq),
        UNIQUE (boot_id, boottime_ns)
    ) STRICT
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
