"""Copies from a damaged database what the new one needs before the car drives on: lists, officers' entries, canvasses.

Without them the unit would match no plate, although the sealed lists are whole on the disk, and a canvass that runs
would hold no more reads. Only these few rows are copied, which is quick however large the database is; the rest is
copied by ``alpr-edge unit salvage``. An old version of a page may show a canvass without its end: it ends by its time.
"""

import structlog

from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import canvasses, case_holds, generations, list_sync, own_entries
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase
from alpr_edge.store.recovery.key_check import KeyMark
from alpr_edge.store.recovery.row_merge import Fate, put, shapes
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages

TABLES = (generations, own_entries, list_sync, case_holds, canvasses)
ROWS_MAX = 100_000
"""Most rows of one table; the salvage copies the others."""

log = structlog.get_logger(__name__)


def copy_lists(aside: DamagedDatabase, database: Database, key: bytes) -> int:
    """Copy the rows of :data:`TABLES` as far as they can be read; returns how many."""
    done, mark = 0, KeyMark.read(aside.folder)
    with database.read() as connection:
        row_shapes = shapes(connection, TABLES)
    with Pages(aside.database, key, () if mark is None else (mark.salt,)) as pages, database.write() as connection:
        carver = Carver(pages, row_shapes)
        for table in TABLES:
            for _, row in zip(range(ROWS_MAX), carver.table(table.name), strict=False):
                done += put(connection, table, row.values) is Fate.NEW
    log.warning("store.lists_copied", rows=done)
    return done
