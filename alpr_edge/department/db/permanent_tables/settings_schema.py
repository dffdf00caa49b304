"""The table of what was published and withdrawn of units' settings, a row of steps that only grows (policy 462.3.1).

Triggers keep every row from being changed or deleted: serials so never come twice, and what a unit worked by at any
time can be told. No row holds a secret: no key that names one may be set from afar.
"""

from sqlalchemy import JSON, Column, String, Table

from alpr_edge.department.db.column_types import WHOLE, UtcMoment
from alpr_edge.department.db.schema import metadata

settings_steps = Table(
    "settings_steps",
    metadata,
    Column("serial", WHOLE, primary_key=True, autoincrement=False),  # rises, and may leave numbers out
    Column("publication", WHOLE, nullable=False),  # its own serial, or that of the publication that it withdraws
    Column("body", JSON, nullable=False),  # the values by table and key; an empty object: a withdrawal
    Column("units", JSON, nullable=False),  # the units that it is meant for; an empty list: all of them
    Column("at", UtcMoment, nullable=False),
    Column("by", String, nullable=False),  # a person's name, or login:NAME
    Column("reason", String, nullable=False),
)
