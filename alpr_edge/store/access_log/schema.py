"""Tables of the access log, as this release reads and writes them; the migrations beside it make them.

``meta`` holds, beside the schema, the log's id and the public key that signs its checkpoints. ``nodes`` holds every
complete subtree of the Merkle tree (:mod:`alpr_edge.domain.log_proofs.merkle`), so that an append reads and writes
O(log n) of them. Of ``checkpoints`` and ``cosignatures`` the newest are kept: each covers all before it; the newest
that is cosigned stays however old it is. Records may go from the first on
(:mod:`alpr_edge.store.access_log.upkeep`); ``meta`` then says which is the first that is left.
"""

from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from alpr_edge.store.db.column_types import meta_table
from alpr_edge.store.db.migrate import SchemaRelease

FILE_NAME = "access.db"
RELEASE = SchemaRelease(schema=2, readable_from=1, scripts=Path(__file__).parent / "migrations", file_name=FILE_NAME)

metadata = MetaData()

meta = meta_table(metadata)

records = Table(
    "records",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

recorded_values = Table(
    "recorded_values",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # empty: no longer in force
    Column("sequence", Integer, nullable=False),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),  # a signature line, without the checkpoint that it is about
)
