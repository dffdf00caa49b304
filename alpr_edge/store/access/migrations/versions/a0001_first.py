"""The first tables of the accounts."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE failures (
        seq INTEGER NOT NULL,
        person_id TEXT NOT NULL,
        failed_boot_id TEXT NOT NULL,
        failed_boottime_ns INTEGER NOT NULL,
        failed_utc TEXT,
        failed_utc_source TEXT NOT NULL,
        failed_uncertainty_ms REAL,
        PRIMARY KEY (seq)
    ) STRICT
    """,
    "CREATE INDEX failures_person ON failures (person_id)",
    """
    CREATE TABLE locks (
        person_id TEXT NOT NULL,
        challenge TEXT NOT NULL,
        locked_boot_id TEXT NOT NULL,
        locked_boottime_ns INTEGER NOT NULL,
        locked_utc TEXT,
        locked_utc_source TEXT NOT NULL,
        locked_uncertainty_ms REAL,
        PRIMARY KEY (person_id)
    ) STRICT
    """,
    """
    CREATE TABLE meta (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    ) STRICT
    """,
    """
    CREATE TABLE passkey_counts (
        credential_id BLOB NOT NULL,
        sign_count INTEGER NOT NULL,
        PRIMARY KEY (credential_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE people (
        person_id TEXT NOT NULL,
        details TEXT NOT NULL,
        PRIMARY KEY (person_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE roster (
        id INTEGER NOT NULL,
        department_id TEXT NOT NULL,
        serial INTEGER NOT NULL,
        issued TEXT NOT NULL,
        valid_until TEXT NOT NULL,
        PRIMARY KEY (id)
    ) STRICT
    """,
    """
    CREATE TABLE sessions (
        seq INTEGER NOT NULL,
        token_sha256 TEXT NOT NULL,
        person_id TEXT NOT NULL,
        factor TEXT NOT NULL,
        login TEXT NOT NULL,
        address TEXT NOT NULL,
        notice_sha256 TEXT NOT NULL,
        signed_in_boot_id TEXT NOT NULL,
        signed_in_boottime_ns INTEGER NOT NULL,
        signed_in_utc TEXT,
        signed_in_utc_source TEXT NOT NULL,
        signed_in_uncertainty_ms REAL,
        used_boot_id TEXT NOT NULL,
        used_boottime_ns INTEGER NOT NULL,
        used_utc TEXT,
        used_utc_source TEXT NOT NULL,
        used_uncertainty_ms REAL,
        is_locked INTEGER DEFAULT 0 NOT NULL,
        ended TEXT,
        PRIMARY KEY (seq),
        UNIQUE (token_sha256)
    ) STRICT
    """,
    "CREATE INDEX sessions_live ON sessions (seq) WHERE ended IS NULL",
    """
    CREATE TABLE sign_ins (
        person_id TEXT NOT NULL,
        last_utc TEXT NOT NULL,
        PRIMARY KEY (person_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE used_steps (
        person_id TEXT NOT NULL,
        step INTEGER NOT NULL,
        PRIMARY KEY (person_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE credentials (
        person_id TEXT NOT NULL,
        password_hash TEXT DEFAULT '' NOT NULL,
        totp_secret TEXT DEFAULT '' NOT NULL,
        release_secret TEXT DEFAULT '' NOT NULL,
        password_set TEXT,
        PRIMARY KEY (person_id),
        FOREIGN KEY(person_id) REFERENCES people (person_id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE passkeys (
        credential_id BLOB NOT NULL,
        person_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        public_key BLOB NOT NULL,
        sign_count INTEGER NOT NULL,
        PRIMARY KEY (credential_id),
        FOREIGN KEY(person_id) REFERENCES people (person_id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX passkeys_person ON passkeys (person_id)",
    """
    CREATE TABLE sign_in_names (
        name TEXT NOT NULL,
        person_id TEXT NOT NULL,
        PRIMARY KEY (name),
        FOREIGN KEY(person_id) REFERENCES people (person_id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX sign_in_names_person ON sign_in_names (person_id)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
