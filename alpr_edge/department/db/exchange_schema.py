"""Tables of what goes out to other systems and of what was imported from them.

``exchange_terms`` and the items that were sent are the record of what went out, which triggers keep. It holds
no plate and no body: a body is made of what is stored as it is sent, so that what was deleted is not sent.
"""

from sqlalchemy import JSON, Column, DateTime, Index, String, Table, UniqueConstraint

from alpr_edge.department.db.column_types import WHOLE
from alpr_edge.department.db.schema import metadata

IMPORT_PREFIX = "imported-"
"""Begins what stands for a unit of reads that were imported; no unit of this department may have such an id."""

exchange_terms = Table(
    "exchange_terms",  # what the settings said of a target, each time that they said something new
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 1
    Column("target", String, nullable=False, index=True),
    Column("terms", JSON, nullable=False),
    Column("begun_at", DateTime, nullable=False),  # times here are UTC, by this server's clock
    Column("by", String, nullable=False),
)

exchange_targets = Table(
    "exchange_targets",  # how far each target is
    metadata,
    Column("target", String, primary_key=True),
    Column("terms_number", WHOLE, nullable=False),
    Column("looked_until", DateTime, nullable=False),  # what was received before was looked at
    Column("not_before", DateTime),  # nothing is sent earlier
    Column("failures", WHOLE, nullable=False),  # of all that was tried since something was taken
    Column("trouble", String, nullable=False),  # why nothing is taken; empty: it is
    # Counted as they end, since the events that were sent stay for good.
    *(Column(name, WHOLE, nullable=False, server_default="0") for name in ("sent", "dropped")),
    Column("last_sent", DateTime),
)

exchange_items = Table(
    "exchange_items",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 1: the order in which they go out
    Column("target", String, nullable=False),
    Column("event_id", String, nullable=False),  # the same at every try: the receiver takes it once
    Column("kind", String, nullable=False),
    Column("unit_id", String, nullable=False),
    Column("read_id", String, nullable=False),
    Column("hit_id", String),
    Column("about", String),  # the event that is withdrawn or corrected
    Column("terms_number", WHOLE, nullable=False),
    Column("state", String, nullable=False),
    Column("queued_at", DateTime, nullable=False),
    Column("attempts", WHOLE, nullable=False),
    Column("failures_alone", WHOLE, nullable=False),  # while another was taken
    Column("answer", String, nullable=False),  # to the last try, in words
    Column("tried_at", DateTime),
    Column("sha256", String),  # of the body that was sent
    UniqueConstraint("target", "event_id"),
)
Index("ix_exchange_items_state", exchange_items.c.target, exchange_items.c.state, exchange_items.c.number)
Index("ix_exchange_items_read", exchange_items.c.unit_id, exchange_items.c.read_id)

import_runs = Table(
    "import_runs",
    metadata,
    Column("number", WHOLE, primary_key=True, autoincrement=False),  # from 1
    Column("source", String, nullable=False),
    Column("unit_id", String, nullable=False, index=True),  # under which its reads are stored
    Column("by", String, nullable=False),
    Column("begun_at", DateTime, nullable=False),
    Column("ended_at", DateTime),  # null: it runs, or broke off
    Column("file_sha256", String, nullable=False),
    Column("map_sha256", String, nullable=False),
    *(Column(name, WHOLE, nullable=False) for name in ("rows", "stored", "before", "too_old", "rejected", "pictures")),
)
