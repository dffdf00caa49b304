"""Makes those tables of version 10 that a database lacks."""

from sqlalchemy import JSON, Boolean, Column, Connection, DateTime, Float, LargeBinary, String, Table, inspect

from alpr_edge.department.db.migrations.first_schema.base import WHOLE, metadata
from alpr_edge.department.db.migrations.first_schema.units import UNIT_TABLES

PEOPLE_TABLES = (
    Table(
        "people",
        metadata,
        Column("person_id", String, primary_key=True),
        Column("details", JSON, nullable=False),
        Column("units", JSON, nullable=False),
    ),
    Table(
        "people_names",
        metadata,
        Column("name", String, primary_key=True),
        Column("person_id", String, nullable=False, index=True),
    ),
    Table(
        "people_credentials",
        metadata,
        Column("person_id", String, primary_key=True),
        Column("password_hash", String, nullable=False),
        Column("totp_secret", LargeBinary, nullable=False),
        Column("release_secret", LargeBinary, nullable=False),
        Column("password_set", DateTime),
    ),
    Table(
        "people_passkeys",
        metadata,
        Column("credential_id", LargeBinary, primary_key=True),
        Column("person_id", String, nullable=False, index=True),
        Column("place", WHOLE, nullable=False),
        Column("public_key", LargeBinary, nullable=False),
        Column("sign_count", WHOLE, nullable=False),
    ),
    Table(
        "people_rosters",
        metadata,
        Column("serial", WHOLE, primary_key=True),
        Column("department_id", String, nullable=False),
        Column("issued", DateTime, nullable=False),
        Column("valid_until", DateTime, nullable=False),
        Column("people", WHOLE, nullable=False),
        Column("change", WHOLE, nullable=False),
        Column("units", JSON, nullable=False),
        Column("content", LargeBinary),
    ),
    Table(
        "people_changes",
        metadata,
        Column("sequence", WHOLE, primary_key=True),
        Column("body", LargeBinary, nullable=False),
    ),
    Table(
        "people_invitations",
        metadata,
        Column("invitation_id", WHOLE, primary_key=True),
        Column("person_id", String, nullable=False, index=True),
        Column("token_sha256", String, nullable=False, unique=True),
        Column("made_at", DateTime, nullable=False),
        Column("expires_at", DateTime, nullable=False),
        Column("begun_at", DateTime),
        Column("cookie_sha256", String, unique=True),
        Column("finished_at", DateTime),
        Column("withdrawn_at", DateTime),
        Column("password_hash", String, nullable=False),
        Column("totp_secret", LargeBinary, nullable=False),
        Column("is_code_confirmed", Boolean, nullable=False),
        Column("wrong_codes", WHOLE, nullable=False),
        Column("challenge", LargeBinary),
        Column("passkeys", JSON, nullable=False),
    ),
    Table(
        "people_passkey_counts",
        metadata,
        Column("credential_id", LargeBinary, primary_key=True),
        Column("sign_count", WHOLE, nullable=False),
    ),
    Table(
        "people_used_steps",
        metadata,
        Column("person_id", String, primary_key=True),
        Column("step", WHOLE, nullable=False),
    ),
    Table(
        "people_sign_ins",
        metadata,
        Column("person_id", String, primary_key=True),
        Column("last_utc", DateTime, nullable=False),
    ),
    Table(
        "people_failures",
        metadata,
        Column("seq", WHOLE, primary_key=True),
        Column("person_id", String, nullable=False, index=True),
        Column("failed", JSON, nullable=False),
    ),
    Table(
        "people_locks",
        metadata,
        Column("person_id", String, primary_key=True),
        Column("challenge", String, nullable=False),
        Column("locked", JSON, nullable=False),
    ),
    Table(
        "people_sessions",
        metadata,
        Column("seq", WHOLE, primary_key=True),
        Column("token_sha256", String, nullable=False, unique=True),
        Column("person_id", String, nullable=False),
        Column("factor", String, nullable=False),
        Column("login", String, nullable=False),
        Column("address", String, nullable=False),
        Column("notice_sha256", String, nullable=False),
        Column("signed_in", JSON, nullable=False),
        Column("used", JSON, nullable=False),
        Column("is_locked", Boolean, nullable=False),
        Column("ended", String, index=True),
    ),
)


KEPT = {
    "people_changes": "records of changes stay as they are",
    "evidence_openings": "a look at a passphrase stays on record",
}
"""Tables whose rows stay, and what the database says to whoever tries otherwise."""


def keep_rows(connection: Connection, table: str, words: str) -> None:
    """Have the database refuse to change or delete rows of a table.

    Args:
        connection: the connection of a transaction that may write.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


ITEM_TABLES = (
    Table(
        "items",
        metadata,
        Column("item_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True, index=True),
        Column("kind", String, nullable=False),
        Column("sha256", String, nullable=False, index=True),
        Column("length", WHOLE, nullable=False),
        Column("body", LargeBinary),
        Column("received_at", DateTime, nullable=False),
    ),
    Table(
        "reads",
        metadata,
        Column("read_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("camera_id", String, nullable=False),
        Column("plate", String, nullable=False, index=True),
        Column("state", String),
        Column("confidence", Float, nullable=False),
        Column("vote_count", WHOLE, nullable=False),
        Column("first_seen", String, index=True),
        Column("last_seen", String),
        Column("utc_source", String, nullable=False),
        Column("lat_deg", Float),
        Column("lon_deg", Float),
        Column("supersedes", String, index=True),
        Column("corrected_by", String),
    ),
    Table(
        "hits",
        metadata,
        Column("hit_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("read_id", String, nullable=False, index=True),
        Column("plate", String, nullable=False, index=True),
        Column("entry_plate", String, nullable=False),
        Column("entry_state", String),
        Column("source", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("record_id", String, nullable=False),
        Column("generation", WHOLE, nullable=False),
        Column("list_age_s", Float),
        Column("match_kind", String, nullable=False),
        Column("state_match", String, nullable=False),
        Column("matched", String, index=True),
        Column("lat_deg", Float),
        Column("lon_deg", Float),
        Column("covert", Boolean),
        Column("level", String),
        Column("vehicle", String),
        Column("remarks", String),
    ),
    Table(
        "alerts",
        metadata,
        Column("hit_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("read_id", String, nullable=False, index=True),
        Column("level", String, nullable=False),
        Column("tone", String, nullable=False),
        Column("phrase", String, nullable=False),
        Column("list_age", String, nullable=False),
        Column("is_sounded", Boolean, nullable=False),
        Column("sounded", String),
    ),
    Table(
        "withdrawals",
        metadata,
        Column("hit_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("read_id", String, nullable=False, index=True),
        Column("withdrawn", String),
    ),
    Table(
        "dispositions",
        metadata,
        Column("disposition_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("hit_id", String, nullable=False, index=True),
        Column("read_id", String, nullable=False),
        Column("part", String, nullable=False),
        Column("answer", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("number", String, nullable=False),
        Column("name", String, nullable=False),
        Column("undoes", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("made", String),
    ),
    Table(
        "read_times",
        metadata,
        Column("read_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("sure", Boolean, primary_key=True),
        Column("first_seen", String, index=True),
        Column("last_seen", String),
        Column("uncertainty_ms", Float),
    ),
    Table(
        "canvasses",
        metadata,
        Column("canvass_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("incident", String, nullable=False, index=True),
        Column("offence", String, nullable=False),
        Column("area", String),
        Column("partials", JSON, nullable=False),
        Column("before_s", Float, nullable=False),
        Column("lasts_s", Float, nullable=False),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("started", String),
        Column("ends", String),
    ),
    Table(
        "canvass_ends",
        metadata,
        Column("canvass_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("how", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("ended", String),
        Column("read_count", WHOLE, nullable=False),
    ),
    Table(
        "evidence_bookings",
        metadata,
        Column("package_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("case_number", String, nullable=False, index=True),
        Column("purpose", String, nullable=False),
        Column("offence", String, nullable=False),
        Column("medium", String, nullable=False),
        Column("recipient", String, nullable=False),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("file_name", String, nullable=False),
        Column("package_sha256", String, nullable=False),
        Column("manifest_sha256", String, nullable=False),
        Column("size_bytes", WHOLE, nullable=False),
        Column("reads", WHOLE, nullable=False),
        Column("hits", WHOLE, nullable=False),
        Column("pictures", WHOLE, nullable=False),
        Column("with_scenes", Boolean, nullable=False),
        Column("is_redacted", Boolean, nullable=False),
        Column("booked", String),
        Column("sealed_passphrase", String, nullable=False),
    ),
    Table(
        "evidence_openings",
        metadata,
        Column("opening_id", WHOLE, primary_key=True),
        Column("package_id", String, nullable=False, index=True),
        Column("unit_id", String, nullable=False),
        Column("opened_at", DateTime, nullable=False),
        Column("opened_by", String, nullable=False),
        Column("reason", String, nullable=False),
    ),
    Table(
        "holds",
        metadata,
        Column("hold_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("origin", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("subject_id", String, nullable=False),
        Column("case_number", String, nullable=False, index=True),
        Column("reason", String, nullable=False),
        Column("until", String),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("made", String),
        Column("received_at", DateTime, nullable=False),
    ),
    Table(
        "held_reads",
        metadata,
        Column("hold_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("read_id", String, primary_key=True, index=True),
    ),
    Table(
        "hold_releases",
        metadata,
        Column("hold_id", String, primary_key=True),
        Column("unit_id", String, primary_key=True),
        Column("person_id", String, nullable=False),
        Column("person", String, nullable=False),
        Column("released", String),
        Column("received_at", DateTime, nullable=False),
    ),
)


TABLES = (*ITEM_TABLES, *UNIT_TABLES, *PEOPLE_TABLES)


def create_tables(connection: Connection) -> None:
    """Make the tables that are missing, each with its indexes and triggers.

    Args:
        connection: the connection of a transaction that may write.
    """
    present = set(inspect(connection).get_table_names())
    metadata.create_all(connection, TABLES)
    for table, words in KEPT.items():
        if table not in present:
            keep_rows(connection, table, words)
