"""The tables of what units say of themselves, beside those of :mod:`~alpr_edge.department.db.schema`.

Heartbeats are bounded for each unit: the oldest go with each new one. They hold no plate and no person.

``unit_places`` has a row for each unit, which each newer place of a heartbeat takes over: heartbeats are kept without
their places, so that nobody reads from this database where a car and its officers went (policy 462.4, 462.6).

``held_versions`` has a row for each unit and document, which is the path below ``/v1/`` that the unit fetches it at:
``roster``, ``lists/SOURCE``. ``unit_settings`` has a row for each unit that said what it has of the settings that the
department gave it.
"""

from sqlalchemy import Column, DateTime, Float, Index, String, Table

from alpr_edge.department.db.column_types import WHOLE
from alpr_edge.department.db.schema import metadata

unit_heartbeats = Table(
    "unit_heartbeats",
    metadata,
    Column("heartbeat_id", WHOLE, primary_key=True),
    Column("unit_id", String, nullable=False),
    Column("received_at", DateTime, nullable=False),  # UTC, by this server's clock
    Column("body", String, nullable=False),  # the payload as JSON, without its place
)
Index("unit_heartbeats_newest", unit_heartbeats.c.unit_id, unit_heartbeats.c.heartbeat_id)

unit_places = Table(
    "unit_places",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("lat_deg", Float, nullable=False),  # to about a hundred metres, as the next
    Column("lon_deg", Float, nullable=False),
    Column("at", DateTime, nullable=False),  # UTC, by the unit's trusted clock
)

held_versions = Table(
    "held_versions",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("document", String, primary_key=True),
    Column("serial", WHOLE, nullable=False),  # of the version that the unit took last; 0: none
    Column("since", DateTime, nullable=False),  # UTC, by this server's clock: when the unit first named it
)

unit_settings = Table(
    "unit_settings",
    metadata,
    Column("unit_id", String, primary_key=True),
    Column("held", WHOLE, nullable=False),  # serial of the document that the unit keeps; 0: none
    Column("held_since", DateTime, nullable=False),  # UTC, by this server's clock, as of held_versions
    Column("in_force", WHOLE),  # serial of the one that its daemons work by; 0: none; null: nothing runs
    Column("in_force_since", DateTime, nullable=False),
    Column("refused", WHOLE, nullable=False),  # serial of the one that it refused; 0: none
    Column("refusal", String, nullable=False),  # why, in the unit's words
    Column("refused_since", DateTime, nullable=False),
)
