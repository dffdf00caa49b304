"""The table of units' heartbeats, beside those of :mod:`~alpr_edge.department.db.schema` in one database.

Rows are bounded for each unit: the oldest go with each new one. They hold no plate and no person.
"""

from sqlalchemy import Column, DateTime, Index, Integer, String, Table

from alpr_edge.department.db.schema import metadata

unit_heartbeats = Table(
    "unit_heartbeats",
    metadata,
    Column("heartbeat_id", Integer, primary_key=True),
    Column("unit_id", String, nullable=False),
    Column("received_at", DateTime, nullable=False),  # UTC, by this server's clock
    Column("body", String, nullable=False),  # the payload as JSON
)
Index("unit_heartbeats_newest", unit_heartbeats.c.unit_id, unit_heartbeats.c.heartbeat_id)
