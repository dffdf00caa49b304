"""Tables of the department's retention: which pictures a read has, what was deleted, and who deletes at the moment.

A sealed run, one with its record, is never changed or deleted (triggers).
"""

from sqlalchemy import JSON, Column, DateTime, LargeBinary, String, Table

from alpr_edge.department.db.column_types import WHOLE
from alpr_edge.department.db.schema import metadata

read_pictures = Table(
    "read_pictures",
    metadata,
    Column("read_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("sha256", String, primary_key=True, index=True),
)

deletion_runs = Table(
    "deletion_runs",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 0, without a gap
    Column("begun", String, nullable=False),  # RFC 3339, by this server's clock
    Column("by", String, nullable=False),
    Column("terms", JSON, nullable=False),  # state, days, law
    *(Column(name, WHOLE, nullable=False) for name in ("reads", "hits", "pictures", "items", "held")),
    Column("ids_digest", String, nullable=False),
    Column("record", LargeBinary),  # null while it runs
    Column("checkpoint", String),  # the signed note over the log up to this run; likewise
)

picture_removals = Table(
    "picture_removals",  # files that no row names any more, and that are still to be removed
    metadata,
    Column("sha256", String, primary_key=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", DateTime, nullable=False),  # UTC, by this server's clock
)
