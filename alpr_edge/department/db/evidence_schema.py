"""Tables of evidence packages that were booked out, and of who asked for, approved and saw their passphrases.

A passphrase lies there sealed by whoever made the package: it opens with the department's key for media (``media.key``)
alone, which is not in the database. A look at one and the steps before it are never changed or deleted (triggers).
"""

from sqlalchemy import Boolean, Column, DateTime, String, Table

from alpr_edge.department.db.column_types import WHOLE, UtcMoment
from alpr_edge.department.db.schema import metadata

evidence_bookings = Table(
    "evidence_bookings",
    metadata,
    Column("package_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("case_number", String, nullable=False, index=True),
    *(Column(name, String, nullable=False) for name in ("purpose", "offence", "medium", "recipient")),
    *(Column(name, String, nullable=False) for name in ("person_id", "person", "file_name")),
    *(Column(name, String, nullable=False) for name in ("package_sha256", "manifest_sha256")),
    *(Column(name, WHOLE, nullable=False) for name in ("size_bytes", "reads", "hits", "pictures")),
    *(Column(name, Boolean, nullable=False) for name in ("with_scenes", "is_redacted")),
    Column("booked", String),  # RFC 3339 as the unit believed; null when its clock was unset
    Column("sealed_passphrase", String, nullable=False),  # base 64; empty: the unit knew no department
)

evidence_openings = Table(
    "evidence_openings",
    metadata,
    Column("opening_id", WHOLE, primary_key=True),
    Column("package_id", String, nullable=False, index=True),
    Column("unit_id", String, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String, nullable=False),
    Column("reason", String, nullable=False),
)

passphrase_steps = Table(
    "passphrase_steps",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # 0: asked, 1: approved by another
    Column("package_id", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("at", UtcMoment, nullable=False),
    *(Column(name, String, nullable=False) for name in ("person_id", "person", "reason")),
)
