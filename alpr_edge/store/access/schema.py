"""Tables of the accounts, as this release reads and writes them; the migrations beside it make them.

``people``, ``sign_in_names``, ``credentials`` and ``passkeys`` are the roster in force and go with it. The others are
what this car knows itself, and outlive a roster: who was suspended and comes back finds no lock forgotten.
"""

from pathlib import Path

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

from alpr_edge.store.db.column_types import Json, Utc, instant_columns, meta_table, number, sequence, word
from alpr_edge.store.db.migrate import SchemaRelease

FILE_NAME = "accounts.db"
RELEASE = SchemaRelease(schema=1, readable_from=1, scripts=Path(__file__).parent / "migrations", file_name=FILE_NAME)

metadata = MetaData()

meta = meta_table(metadata)

# One row: the roster in force.
rosters = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("department_id", Text, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("issued", Utc, nullable=False),
    Column("valid_until", Utc, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("details", Json, nullable=False),
    sqlite_with_rowid=False,
)

# Badges and e-mail addresses, in the form in which they are compared.
sign_in_names = Table(
    "sign_in_names",
    metadata,
    Column("name", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    sqlite_with_rowid=False,
)
Index("sign_in_names_person", sign_in_names.c.person_id)

credentials = Table(
    "credentials",
    metadata,
    Column("person_id", Text, ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True),
    word("password_hash"),
    word("totp_secret"),
    word("release_secret"),
    Column("password_set", Utc),
    sqlite_with_rowid=False,
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("person_id", Text, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("passkeys_person", passkeys.c.person_id)

# Highest counters that passkeys have shown here.
passkey_counts = Table(
    "passkey_counts",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("sign_count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The last one-time code of each person that was accepted.
used_steps = Table(
    "used_steps",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("step", Integer, nullable=False),
    sqlite_with_rowid=False,
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("last_utc", Utc, nullable=False),
    sqlite_with_rowid=False,
)

failures = Table(
    "failures",
    metadata,
    sequence(),
    Column("person_id", Text, nullable=False),
    *instant_columns("failed"),
)
Index("failures_person", failures.c.person_id)

locks = Table(
    "locks",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("challenge", Text, nullable=False),
    *instant_columns("locked"),
)

sessions = Table(
    "sessions",
    metadata,
    sequence(),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("person_id", Text, nullable=False),
    Column("factor", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("notice_sha256", Text, nullable=False),
    *instant_columns("signed_in"),
    *instant_columns("used"),
    number("is_locked"),
    Column("ended", Text),
)
Index("sessions_live", sessions.c.seq, sqlite_where=text("ended IS NULL"))
