"""Tables of people, beside those of :mod:`~alpr_edge.department.db.schema` in one database.

``people`` and the tables of names, credentials and passkeys are what rosters are made of. Sign-ins, failures, locks and
sessions are what the department itself knows of them, as each car does of its own. ``people_changes`` is the record of
who changed what: triggers keep its rows from being changed or deleted.
"""

from sqlalchemy import JSON, Boolean, Column, LargeBinary, String, Table, UniqueConstraint

from alpr_edge.department.db.column_types import WHOLE, InstantJson, UtcMoment
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
    Column("place", WHOLE, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", WHOLE, nullable=False),
)

# One row a roster; only the newest has its content, which holds credentials.
people_rosters = Table(
    "people_rosters",
    metadata,
    Column("serial", WHOLE, primary_key=True),
    Column("department_id", String, nullable=False),
    Column("issued", UtcMoment, nullable=False),
    Column("valid_until", UtcMoment, nullable=False),
    Column("people", WHOLE, nullable=False),
    Column("change", WHOLE, nullable=False),  # the last record of a change that is in it
    Column("units", JSON, nullable=False),  # by id, of people who may not use all units
    Column("content", LargeBinary),  # the signed file with everybody in it, sealed
)

people_changes = Table(
    "people_changes",
    metadata,
    Column("sequence", WHOLE, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # canonical JSON, with the digest of the record before
)

# Whom a provider of single sign-on vouches for: its issuer with the subject, never an e-mail address.
people_identities = Table(
    "people_identities",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("person_id", String, nullable=False),
    Column("linked_at", UtcMoment, nullable=False),
    Column("linked_by", String, nullable=False),
    UniqueConstraint("person_id", "issuer"),
)

# People whom another system of the department tells of by SCIM.
people_provisioned = Table(
    "people_provisioned",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("user_name", String, nullable=False, unique=True),  # in the form in which names are compared
    Column("external_id", String, index=True),
    Column("version", WHOLE, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("modified_at", UtcMoment, nullable=False),
    Column("resource", JSON, nullable=False),  # as the other system gave it
    Column("is_out_here", Boolean, nullable=False),  # whether it is that system that suspended the person
)

people_invitations = Table(
    "people_invitations",
    metadata,
    Column("invitation_id", WHOLE, primary_key=True),
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
    Column("wrong_codes", WHOLE, nullable=False),
    Column("challenge", LargeBinary),
    Column("passkeys", JSON, nullable=False),
)

# The searches that people saved to run them again. Who saved one and when it ends is told here, what it looks for not.
people_saved_searches = Table(
    "people_saved_searches",
    metadata,
    Column("saved_id", String, primary_key=True),
    Column("person_id", String, nullable=False, index=True),
    Column("made_at", UtcMoment, nullable=False),
    Column("ends_at", UtcMoment, nullable=False),
    Column("body", LargeBinary, nullable=False),  # name, purpose and criteria as JSON, sealed
)

people_passkey_counts = Table(
    "people_passkey_counts",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("sign_count", WHOLE, nullable=False),
    Column("added_at", UtcMoment),  # of passkeys that this release added
    Column("used_at", UtcMoment),  # at the department; cars tell of no passkey
)

people_used_steps = Table(
    "people_used_steps",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("step", WHOLE, nullable=False),
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
    Column("seq", WHOLE, primary_key=True),
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
    Column("seq", WHOLE, primary_key=True),
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
