"""Tables of canvasses, beside those of :mod:`~alpr_edge.department.db.schema` in one database.

Rows are only added: an end is a row of its own, which may arrive before its canvass does. The reads of a canvass are
those of the hold that has its id.
"""

from sqlalchemy import JSON, Column, Float, String, Table

from alpr_edge.department.db.column_types import WHOLE
from alpr_edge.department.db.schema import metadata

canvasses = Table(
    "canvasses",
    metadata,
    Column("canvass_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("incident", String, nullable=False, index=True),
    Column("offence", String, nullable=False),
    Column("area", String),  # a circle or corners as text; null: everywhere
    Column("partials", JSON, nullable=False),  # plates and parts of plates that witnesses remember
    Column("before_s", Float, nullable=False),
    Column("lasts_s", Float, nullable=False),
    Column("person_id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("started", String),  # RFC 3339 as the unit believed; null when its clock was unset
    Column("ends", String),  # likewise
)

canvass_ends = Table(
    "canvass_ends",
    metadata,
    Column("canvass_id", String, primary_key=True),
    Column("unit_id", String, primary_key=True),
    Column("how", String, nullable=False),  # "hand" or "time"
    Column("person_id", String, nullable=False),  # empty: the unit itself
    Column("person", String, nullable=False),
    Column("ended", String),  # RFC 3339 as the unit believed; null when its clock was unset
    Column("read_count", WHOLE, nullable=False),
)
