"""Takes in holds of releases before schema 12: a reason and a name on one read, without a case.

They come with an upgrade, and again when such a release ran for a while after a roll-back. Until a start takes them in
they keep their reads without an end.
"""

import secrets
from datetime import datetime

import structlog
from sqlalchemy import RowMapping, delete, exists, select

from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldPerson, HoldTerms
from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import case_holds, held_reads, hold_ends, holds, reads
from alpr_edge.store.retention.holds import add_hold

BATCH = 200

log = structlog.get_logger(__name__)


def take_in_earlier_holds(database: Database) -> int:
    """Make a hold of each row that none accounts for, and queue it; returns how many."""
    count = 0
    while taken := _take_in_some(database):
        count += taken
    if count:
        log.info("store.earlier_holds_taken_in", holds=count)
    return count


def _take_in_some(database: Database) -> int:
    of_read = (held_reads.c.read_id == holds.c.read_id) & (held_reads.c.hold_id == case_holds.c.hold_id)
    accounted = exists().where(of_read, case_holds.c.released_boot_id.is_(None))
    columns = select(holds, hold_ends.c.until, reads.c.unit_id)
    query = columns.select_from(holds.join(reads).outerjoin(hold_ends)).where(~accounted).limit(BATCH)
    with database.write() as connection:
        rows = connection.execute(query).mappings().all()
        for row in rows:
            add_hold(connection, _hold_of(row), [row["read_id"]], row["unit_id"])
        connection.execute(delete(hold_ends).where(hold_ends.c.read_id.in_([row["read_id"] for row in rows])))
    return len(rows)


def _hold_of(row: RowMapping) -> Hold:
    """The hold of an earlier row; such a release noted no boot."""
    held: datetime | None = row["held"]
    hold_id = f"{row['read_id']}.{secrets.token_hex(4)}"
    terms = HoldTerms(HoldKind.READ, row["read_id"], "", row["reason"], row["until"])
    return Hold(hold_id, terms, HoldPerson("", row["held_by"]), Instant("", 0, held))
