"""Tables of audits of the access logs and of incidents (policy 462.6), each a row of steps that only grows.

Steps are sealed by the key of :mod:`~alpr_edge.department.db.sealed_values`, since they name people and what was found
of them. Households stand as keyed digests inside a sealed body. Triggers keep every row from being changed or deleted.
"""

from sqlalchemy import Column, LargeBinary, String, Table

from alpr_edge.department.db.column_types import WHOLE, UtcMoment
from alpr_edge.department.db.schema import metadata

audit_steps = Table(
    "audit_steps",
    metadata,
    Column("audit", WHOLE, primary_key=True, autoincrement=False),  # from 1
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 0, the draw
    Column("kind", String, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("person_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the step as JSON, sealed
)

audit_declarations = Table(
    "audit_declarations",  # of a person's household and shift; the last of its kind counts
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 0
    Column("person_id", String, nullable=False, index=True),  # whom it is about
    Column("kind", String, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("by", String, nullable=False),  # id of who declared it
    Column("body", LargeBinary, nullable=False),  # sealed
)

incident_steps = Table(
    "incident_steps",
    metadata,
    Column("incident", WHOLE, primary_key=True, autoincrement=False),  # from 1
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 0, the entry
    Column("kind", String, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("person_id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the step as JSON, sealed
)
