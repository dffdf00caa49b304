"""Holds of tests."""

from datetime import datetime

from alpr_edge.domain.holds.hold import Hold, HoldKind, HoldPerson, HoldRelease, HoldTerms
from alpr_edge.domain.instants import Instant
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention import holds
from tests.store.records import instant

CLERK = HoldPerson("p-1", "evidence clerk", "5e55")
CASE = "26-000001"


def a_hold(
    hold_id: str = "unit-1:h1", case: str = CASE, until: datetime | None = None, made: Instant | None = None
) -> Hold:
    terms = HoldTerms(HoldKind.READ, "read-1", case, "evidence", until)
    return Hold(hold_id, terms, CLERK, made or instant())


def place(database: Database, hold: Hold, *read_ids: str) -> int:
    with database.write() as connection:
        return holds.add_hold(connection, hold, read_ids, "unit-1")


def release(database: Database, hold_id: str = "unit-1:h1", now: Instant | None = None) -> None:
    with database.write() as connection:
        holds.release(connection, hold_id, "unit-1", HoldRelease(CLERK, now or instant(1000), "case closed"))
