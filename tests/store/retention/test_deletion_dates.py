"""A receiver that says 2028: nothing of the car goes for its age, and it is said why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.retention import DeletionReason, RetentionLimits
from alpr_edge.position.fix_history import FixHistory, GnssClock
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import deletions
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention.deletion_dates import department_date, note_department_date
from alpr_edge.store.retention.purge import Purge
from tests.position.test_fix_history import fix_at
from tests.store.records import START, bear_out, instant
from tests.store.retention.test_purge import LIMITS, MUCH, deliver, keep, left, run

pytestmark = pytest.mark.review(11)

FUTURE = datetime(2028, 1, 1, tzinfo=UTC)
YESTERDAY = DepartmentDate(START, Instant("boot-0", 10**9))


def later_boot(seconds: float, utc: datetime = FUTURE) -> Instant:
    return Instant("boot-2", round(seconds * 1e9), utc + timedelta(seconds=seconds), UtcSource.GNSS, 1000.0)


def run_purge(database: Database, store: ReadStore, now: Instant, excess: int = 0) -> Purge:
    purge = Purge(database, store, LIMITS)
    while purge.step(now, excess):
        pass
    return purge


def test_a_cold_start_in_2028_purges_nothing(database: Database, store: ReadStore, outbox: Outbox) -> None:
    """Six fixes, one a second, are a trusted time; that the whole boot tells it makes it no truer."""
    note_department_date(database, YESTERDAY)
    keep(store, "sent")
    deliver(outbox)
    keep(store, "waits")
    inner, fix_history = ReplayedClock(Instant("boot", 0)), FixHistory(5000)
    off_s = (FUTURE - START).total_seconds()
    for second in range(6):
        inner.move_to(Instant("boot", second * 10**9))
        fix_history.add(fix_at(second, utc_offset_s=off_s))
    now = GnssClock(inner, fix_history).now()
    assert now.trusted
    assert run_purge(database, store, now).objection is not None
    for paired_s in (1.0, 61.0):
        clock_pairs.record(database, later_boot(paired_s))
    purge = run_purge(database, store, later_boot(70))
    assert purge.objection is not None
    assert "the date jumped: it is 606 days ahead" in purge.objection.reason
    assert left(database) == {"sent", "waits"}
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(deletions)) == 0


def test_for_room_the_old_rules_stand(database: Database, store: ReadStore, outbox: Outbox) -> None:
    """What the department has goes when the disk is full, by order of arrival; what waits does not."""
    keep(store, "sent")
    deliver(outbox)
    keep(store, "waits")
    purge = run_purge(database, store, later_boot(70), MUCH)
    assert purge.objection is not None
    assert dict(purge.done.reads) == {DeletionReason.ROOM: 1}
    assert left(database) == {"waits"}


def test_a_jump_in_the_middle_of_a_round_stops_it(database: Database, store: ReadStore, outbox: Outbox) -> None:
    for number in range(20):
        keep(store, f"read-{number}")
    deliver(outbox)
    month = instant(40 * 86_400_000.0)
    bear_out(database, month)
    purge = Purge(database, store, RetentionLimits(timedelta(days=30), timedelta(days=365)))
    assert purge.step(month, 0)
    there = len(left(database))
    assert 0 < there < 20
    later = Instant(month.boot_id, month.boottime_ns + 10**9, FUTURE, UtcSource.GNSS, 1000.0)
    assert not purge.step(later, 0)
    assert purge.objection is not None
    assert purge.objection.is_contradiction
    assert len(left(database)) == there
    run(database, store, month.shift(2000))
    assert left(database) == set()


def test_a_dispute_that_comes_later_takes_the_trust_from_what_was_read_before(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    """The pairs of this boot are read again, also for the ages of its reads."""
    keep(store, "read-1")
    deliver(outbox)
    now = instant(86_400_000.0)
    bear_out(database, now)
    purge = Purge(database, store, LIMITS)
    assert not purge.step(now, 0)
    assert purge.objection is None
    clock_pairs.record(database, Instant(now.boot_id, now.boottime_ns - 10**9, FUTURE, UtcSource.GNSS, 1000.0))
    purge.step(now.shift(61_000), 0)
    assert purge.objection is not None
    assert "contradict" in purge.objection.reason


@pytest.mark.parametrize("clock", [lambda: instant(1), lambda: Instant("other", 5)])
def test_the_department_s_last_date_is_kept(database: Database, clock: Callable[[], Instant]) -> None:
    assert department_date(database) is None
    for date in (START, START + timedelta(days=1)):
        note_department_date(database, DepartmentDate(date.replace(microsecond=0), clock()))
        stored_date = department_date(database)
        assert stored_date is not None
        assert stored_date.utc == date.replace(microsecond=0)
        assert (stored_date.received_at.boot_id, stored_date.received_at.boottime_ns) == (
            clock().boot_id,
            clock().boottime_ns,
        )


def start_of(boot: str, utc: datetime) -> Instant:
    """An instant of a start of the computer, an hour after it began."""
    return Instant(boot, 3600 * 10**9, utc, UtcSource.GNSS, 1000.0)


def pair(database: Database, now: Instant) -> None:
    """Store two pairs that confirm a start."""
    for earlier_ms in (-120_000, -60_000):
        clock_pairs.record(database, now.shift(earlier_ms))


@pytest.mark.review2(2)
def test_a_unit_without_a_department_deletes_by_age_once_its_starts_bear_out_the_date(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    keep(store, "old")
    deliver(outbox)
    after = START + LIMITS.policy_max
    left_after = []
    for number, days in enumerate((0, 1, 2)):
        now = start_of(f"start-{number}", after + timedelta(days=days))
        pair(database, now)
        purge = Purge(database, store, LIMITS, has_department=False)
        while purge.step(now, 0):
            pass
        left_after.append(left(database))
    assert left_after == [{"old"}, {"old"}, set()]


@pytest.mark.review2(2)
def test_earlier_starts_count_newest_first_and_only_where_their_times_agree(database: Database) -> None:
    days = [START + timedelta(days=number) for number in range(4)]
    for number, day in enumerate(days):
        pair(database, start_of(f"start-{number}", day))
    clock_pairs.record(database, start_of("start-1", days[1]).shift(1000))
    clock_pairs.record(database, Instant("start-2", 9 * 10**12, FUTURE, UtcSource.GNSS, 1000.0))
    minute = timedelta(minutes=1)
    assert clock_pairs.earlier_dates(database, "start-3", 9) == [days[1] + timedelta(seconds=1), days[0] - minute]
    assert clock_pairs.earlier_dates(database, "start-3", 1) == []
    assert clock_pairs.earlier_dates(database, "start-0", 9) == []
