"""Tables of holds, beside those of :mod:`~alpr_edge.department.db.schema` in one database.

A hold of a unit and one of the department lie in one table: what a read is held by is one question. Rows are only
added: a release is a row of its own, which may arrive before its hold does.
"""

from sqlalchemy import Column, DateTime, String, Table

from alpr_edge.department.db.schema import metadata

holds = Table(
    "holds",
    metadata,
    Column("hold_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),  # whose reads are held
    Column("origin", String, nullable=False),  # "unit" or "department"
    Column("kind", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("case_number", String, nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("until", String),  # RFC 3339; null: until it is released
    Column("person_id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("made", String),  # RFC 3339 as whoever placed it believed; null when a unit's clock was unset
    Column("received_at", DateTime, nullable=False),  # UTC, by this server's clock
)

held_reads = Table(
    "held_reads",
    metadata,
    Column("hold_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("read_id", String, primary_key=True, index=True),
)

hold_releases = Table(
    "hold_releases",
    metadata,
    Column("hold_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("person_id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("released", String),  # likewise
    Column("received_at", DateTime, nullable=False),
    Column("reason", String),  # null: not known
)

unknown_holds = Table(
    "unknown_holds",  # rows only where the database was restored and lacks the holds that were placed since
    metadata,
    Column("since", String, primary_key=True),  # RFC 3339 in UTC, when the backup was begun
)
