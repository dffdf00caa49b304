"""Tables of people, beside those of :mod:`~alpr_edge.department.db.schema` in one database.

``people`` and the tables of names, credentials and passkeys are what rosters are made of. Sign-ins, failures, locks and
sessions are what the department itself knows of them, as each car does of its own. ``people_changes`` is the record of
who changed what: triggers keep its rows from being changed or deleted.
"""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Integer, LargeBinary, String, Table, event

from alpr_edge.department.db.column_types import InstantJson, UtcMoment
from alpr_edge.department.db.schema import metadata

people = Table(
    "people",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("details", JSON, nullable=False),  # as rosters carry it
    Column("units", JSON, nullable=False),  # the units that the person may use; an empty list: all of them
)

# Badges and e-mail addresses, in the form in which they are compared.
people_names = Table(
    "people_names",
    metadata,
    Column("name", String, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
)

people_credentials = Table(
    "people_credentials",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("totp_secret", LargeBinary, nullable=False),  # sealed, as all secrets here
    Column("release_secret", LargeBinary, nullable=False),
    Column("password_set", UtcMoment),
)

people_passkeys = Table(
    "people_passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
)

# One row a roster; only the newest has its content, which holds credentials.
people_rosters = Table(
    "people_rosters",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("department_id", String, nullable=False),
    Column("issued", UtcMoment, nullable=False),
    Column("valid_until", UtcMoment, nullable=False),
    Column("people", Integer, nullable=False),
    Column("change", Integer, nullable=False),  # the last record of a change that is in it
    Column("units", JSON, nullable=False),  # by id, of people who may not use all units
    Column("content", LargeBinary),  # the signed file with everybody in it, sealed
)

people_changes = Table(
    "people_changes",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON, with the digest of the record before
)


@event.listens_for(people_changes, "after_create")
def _keep_changes(table: Table, connection: Connection, **about: Any) -> None:  # noqa: ANN401 - of SQLAlchemy
    """Have the database refuse to change or delete a record."""
    del about
    for verb in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
            "BEGIN SELECT RAISE(ABORT, 'records of changes stay as they are'); END"
        )


people_invitations = Table(
    "people_invitations",
    metadata,
    Column("invitation_id", Integer, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("made_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("begun_at", UtcMoment),  # when the token was exchanged for a cookie: it is good for nothing from then on
    Column("cookie_sha256", String, unique=True),
    Column("finished_at", UtcMoment),
    Column("withdrawn_at", UtcMoment),
    # What the person has set so far; emptied at the end.
    Column("password_hash", String, nullable=False),
    Column("totp_secret", LargeBinary, nullable=False),
    Column("is_code_confirmed", Boolean, nullable=False),
    Column("wrong_codes", Integer, nullable=False),
    Column("challenge", LargeBinary),
    Column("passkeys", JSON, nullable=False),
)

people_passkey_counts = Table(
    "people_passkey_counts",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("sign_count", Integer, nullable=False),
)

people_used_steps = Table(
    "people_used_steps",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("step", Integer, nullable=False),
)

people_sign_ins = Table(
    "people_sign_ins",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("last_utc", UtcMoment, nullable=False),
)

people_failures = Table(
    "people_failures",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("failed", InstantJson, nullable=False),
)

people_locks = Table(
    "people_locks",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("challenge", String, nullable=False),
    Column("locked", InstantJson, nullable=False),
)

people_sessions = Table(
    "people_sessions",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("person_id", String, nullable=False),
    Column("factor", String, nullable=False),
    Column("login", String, nullable=False),
    Column("address", String, nullable=False),
    Column("notice_sha256", String, nullable=False),
    Column("signed_in", InstantJson, nullable=False),
    Column("used", InstantJson, nullable=False),
    Column("is_locked", Boolean, nullable=False),
    Column("ended", String, index=True),
)
