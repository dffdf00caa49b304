"""The table of the evidence packages that were booked out of this unit."""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from alpr_edge.store.db.column_types import instant_columns, sequence


def bookings_table(metadata: MetaData) -> Table:
    """The table ``evidence_exports``: a booking is never changed but for when its package got its name (a trigger)."""
    table = Table(
        "evidence_exports",
        metadata,
        sequence(),
        Column("package_id", Text, nullable=False, unique=True),
        *(Column(name, Text, nullable=False) for name in ("case_number", "purpose", "offence", "medium", "recipient")),
        *(Column(name, Text, nullable=False) for name in ("person_id", "person", "session")),
        *(Column(name, Text, nullable=False) for name in ("file_name", "package_sha256", "manifest_sha256")),
        *(Column(name, Integer, nullable=False) for name in ("size_bytes", "reads", "hits", "pictures")),
        *(Column(name, Integer, nullable=False) for name in ("with_scenes", "redacted", "escrowed")),
        *instant_columns("booked"),
        *instant_columns("finished", nullable=True),
        Column("time_stamp", Text, nullable=False, server_default=""),
    )
    Index("evidence_exports_case", table.c.case_number)
    return table
