"""Tables of other agencies' requests for data, retained on file as the policy asks (462.7(c)).

A request, its letter and its steps are sealed by the key of :mod:`~alpr_edge.department.db.sealed_values`, since they
name plates and people. Triggers keep every row from being changed or deleted.
"""

from sqlalchemy import Column, LargeBinary, String, Table

from alpr_edge.department.db.column_types import WHOLE, UtcMoment
from alpr_edge.department.db.schema import metadata

release_requests = Table(
    "release_requests",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("entered_at", UtcMoment, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the request as JSON, sealed
    Column("letter_sha256", String, nullable=False),
    Column("letter", LargeBinary, nullable=False),  # the written request, sealed
)

release_steps = Table(
    "release_steps",
    metadata,
    Column("request_id", String, primary_key=True),
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 0, the entry
    Column("state", String, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("person_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the step as JSON, sealed
)
