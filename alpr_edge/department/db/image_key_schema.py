"""Tables of the keys under which images and bodies are encrypted.

A key is of a day of receipt and of a generation: what stays longer than the rest of its day is encrypted anew under
the next generation. The row of a destroyed key stays, without the key, and is never changed or deleted (triggers).
"""

from sqlalchemy import Column, DateTime, LargeBinary, String, Table, UniqueConstraint

from alpr_edge.department.db.column_types import WHOLE
from alpr_edge.department.db.schema import metadata

image_keys = Table(
    "image_keys",
    metadata,
    Column("key_id", String, primary_key=True),  # DAY.GENERATION-RANDOM, as 2026-11-28.0-5e1f09ab
    Column("day", String, nullable=False),  # YYYY-MM-DD, UTC by this server's clock
    Column("generation", WHOLE, nullable=False),
    Column("master_id", String, nullable=False),  # of the master key that it is wrapped by
    Column("wrapped", LargeBinary),  # null: destroyed
    Column("made_at", DateTime, nullable=False),  # times here are UTC, by this server's clock
    Column("lost_at", DateTime),  # when an image or body under it was deleted first
    Column("destroyed_at", DateTime),
    UniqueConstraint("day", "generation"),
)

sealed_images = Table(
    "sealed_images",  # which key an image is under; while it is written, also the key that it will be under
    metadata,
    Column("sha256", String, primary_key=True),
    Column("key_id", String, primary_key=True, index=True),
)
