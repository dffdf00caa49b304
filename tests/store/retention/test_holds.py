"""Holds: who, why, since when, until when; and what becomes of a read whose hold is over."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import hold_ends, reads
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention import holds
from alpr_edge.store.retention.holds import Hold
from alpr_edge.store.retention.purge import Purge
from tests.store.records import START, bear_out, decided_record, instant
from tests.store.retention.test_purge import LIMITS, MUCH, SOON, deliver, keep, left

DAY = timedelta(days=1)
SOON_UTC = SOON.utc or START


def test_holds_are_listed_with_why_by_whom_since_when_and_until_when(database: Database, store: ReadStore) -> None:
    store.commit([decided_record(read_id) for read_id in ("read-1", "read-2", "read-3")])
    second, first = Hold("read-1", "case 2", "b", START + DAY, START + 9 * DAY), Hold("read-2", "case 1", "a", START)
    unknown = Hold("read-3", "case 3", "c", None)
    assert [holds.hold(database, each) for each in (second, first, unknown)] == [second, first, unknown]
    assert holds.list_holds(database) == [unknown, first, second]
    assert [holds.count(database, utc) for utc in (None, START, START + 9 * DAY)] == [3, 3, 2]


def test_a_hold_keeps_its_first_reason_and_is_never_shortened(database: Database, store: ReadStore) -> None:
    store.commit([decided_record("read-1")])
    first = Hold("read-1", "case 1", "a", START, START + 5 * DAY)
    holds.hold(database, first)
    holds.hold(database, Hold("read-1", "case 2", "b", START + DAY, START + 2 * DAY))
    assert holds.list_holds(database) == [first]
    holds.hold(database, Hold("read-1", "case 2", "b", START + DAY, START + 7 * DAY))
    assert [(each.reason, each.until) for each in holds.list_holds(database)] == [("case 1", START + 7 * DAY)]
    holds.hold(database, Hold("read-1", "case 2", "b", START + DAY))
    assert [(each.reason, each.until) for each in holds.list_holds(database)] == [("case 1", None)]


def test_a_hold_that_is_over_is_replaced(database: Database, store: ReadStore) -> None:
    store.commit([decided_record("read-1")])
    holds.hold(database, Hold("read-1", "case 1", "a", START, START + DAY))
    later = Hold("read-1", "case 2", "b", START + 2 * DAY, START + 3 * DAY)
    assert holds.hold(database, later) == later
    assert holds.list_holds(database) == [later]


def test_a_release_takes_the_end_along(database: Database, store: ReadStore) -> None:
    store.commit([decided_record("read-1")])
    holds.hold(database, Hold("read-1", "case 1", "a", START, START + DAY))
    holds.release(database, "read-1")
    with database.read() as connection:
        assert connection.execute(hold_ends.select()).all() == []
    with pytest.raises(StoreError, match="not held"):
        holds.release(database, "read-1")


def test_a_read_goes_after_its_hold_and_not_before(database: Database, store: ReadStore, outbox: Outbox) -> None:
    for read_id in ("over", "held", "for-good"):
        keep(store, read_id)
    deliver(outbox)
    holds.hold(database, Hold("over", "case 1", "a", START, SOON_UTC))
    holds.hold(database, Hold("held", "case 2", "a", START, SOON_UTC + DAY))
    holds.hold(database, Hold("for-good", "case 3", "a", START))
    bear_out(database, SOON)
    purge = Purge(database, store, LIMITS)
    while purge.step(SOON, MUCH):
        pass
    assert left(database) == {"held", "for-good"}
    assert {each.read_id for each in holds.list_holds(database)} == {"held", "for-good"}


@pytest.mark.parametrize("now", [Instant("boot-1", SOON.boottime_ns), Instant("boot-1", 1, SOON.utc, UtcSource.RTC)])
def test_without_a_trusted_clock_no_hold_ends(
    database: Database, store: ReadStore, outbox: Outbox, now: Instant
) -> None:
    keep(store, "read-1")
    deliver(outbox)
    holds.hold(database, Hold("read-1", "case 1", "a", START, START))
    purge = Purge(database, store, LIMITS)
    while purge.step(now, MUCH):
        pass
    assert left(database) == {"read-1"}


def test_the_database_refuses_to_delete_a_held_read(database: Database, store: ReadStore) -> None:
    store.commit([decided_record("read-1")])
    holds.hold(database, Hold("read-1", "case 1", "a", instant().utc, START + DAY))
    with pytest.raises((StoreError, IntegrityError)), database.write() as connection:
        connection.execute(delete(reads))
    assert left(database) == {"read-1"}
