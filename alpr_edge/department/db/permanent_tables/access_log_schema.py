"""Tables of the department's own access log: who searched what of its reads, when and what for (Civil Code 1798.90.52).

Triggers keep every row from being changed or deleted. Bodies are sealed by the key of
:mod:`~alpr_edge.department.db.sealed_values`, since they name the plates that were searched for: whoever has the
database alone learns none. The columns beside a body repeat what a person's use is counted by.
"""

from sqlalchemy import Boolean, Column, Index, LargeBinary, String, Table

from alpr_edge.department.db.column_types import WHOLE, UtcMoment
from alpr_edge.department.db.schema import metadata

access_records = Table(
    "access_records",
    metadata,
    Column("sequence", WHOLE, primary_key=True, autoincrement=False),  # from 0, without a gap
    Column("received_at", UtcMoment, nullable=False),
    Column("person_id", String, nullable=False),
    Column("action", String, nullable=False),
    Column("is_allowed", Boolean, nullable=False),
    Column("shown", WHOLE, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON (alpr_edge.domain.access_log.records), sealed
    Column("checkpoint", String, nullable=False),  # the signed note over the log up to this record
)
Index("ix_access_records_received_at", access_records.c.received_at)
Index("ix_access_records_person_id_received_at", access_records.c.person_id, access_records.c.received_at)

access_nodes = Table(
    "access_nodes",  # complete subtrees of the Merkle tree over the records
    metadata,
    Column("level", WHOLE, primary_key=True, autoincrement=False),
    Column("place", WHOLE, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
