"""Why nothing is deleted by age: the sentence of each ground, and from when on it holds (policy 462.5)."""

from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.deletion_dates import AGREEMENT, GAP_MAX, DepartmentDate, Objection, objection_to
from alpr_edge.domain.instants import UNCONFIRMED_CLOCK, Instant, UtcSource
from alpr_edge.domain.timeline import Timeline

TODAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOW_UTC = TODAY + timedelta(seconds=100)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def at(seconds: float, utc: datetime | None = None, boot: str = "today", source: UtcSource = UtcSource.GNSS) -> Instant:
    return Instant(boot, round(seconds * 1e9), utc or TODAY + timedelta(seconds=seconds), source, 1000.0)


NOW = at(100)


def objection(
    *pairs: Instant,
    now: Instant = NOW,
    newest_read: datetime | None = None,
    department: DepartmentDate | None = None,
) -> Objection | None:
    return objection_to(now, Timeline("today", pairs or (at(5), at(65))), newest_read, department)


def department_date(utc: datetime, second: float = 30, boot: str = "yesterday") -> DepartmentDate:
    return DepartmentDate(utc, at(second, boot=boot))


def test_a_source_that_is_missing_contradicts_nothing() -> None:
    department = department_date(NOW_UTC)
    assert objection(now=at(100, source=UtcSource.RTC), department=department) == Objection(UNCONFIRMED_CLOCK)
    assert objection(at(5), department=department) == Objection(
        "the date was not confirmed yet since the computer started"
    )
    assert objection() == Objection("the department has reported no date yet")


def test_a_date_that_jumped_since_the_start_is_a_contradiction() -> None:
    jumped = Objection("the date jumped since the computer started: its times contradict each other", True)  # noqa: FBT003
    assert objection(at(5), at(65, TODAY + DAY), department=department_date(NOW_UTC)) == jumped
    assert objection(now=at(100, TODAY + DAY), department=department_date(NOW_UTC)) == jumped


def test_a_read_after_the_present_date_is_a_contradiction() -> None:
    department = department_date(NOW_UTC)
    assert objection(newest_read=NOW_UTC + AGREEMENT, department=department) is None
    assert objection(newest_read=NOW_UTC + AGREEMENT + SECOND, department=department) == Objection(
        "the newest read is of 2026-05-04, after the present date 2026-05-04", is_contradiction=True
    )
    assert objection(newest_read=NOW_UTC + 2 * DAY, department=None) == Objection(
        "the newest read is of 2026-05-06, after the present date 2026-05-04", is_contradiction=True
    )


@pytest.mark.parametrize(
    ("off", "text"),
    [
        (timedelta(minutes=11), "the date is 11 minutes behind the department's"),
        (timedelta(minutes=-11), "the date is 11 minutes ahead of the department's"),
        (timedelta(hours=23), "the date is 1380 minutes behind the department's"),
        (DAY, "the date is 1 days behind the department's"),
        (-3 * DAY, "the date is 3 days ahead of the department's"),
    ],
)
def test_a_department_heard_since_the_start_says_on_which_side_the_date_is(off: timedelta, text: str) -> None:
    # Heard at second 30: at second 100 its date is 70 seconds on.
    department = department_date(TODAY + timedelta(seconds=30) + off, boot="today")
    assert objection(department=department) == Objection(text, is_contradiction=True)


@pytest.mark.parametrize("side", [1, -1])
def test_a_department_heard_since_the_start_may_differ_by_ten_minutes(side: int) -> None:
    then = TODAY + timedelta(seconds=30)
    assert objection(department=department_date(then + side * AGREEMENT, boot="today")) is None
    assert objection(department=department_date(then + side * (AGREEMENT + SECOND), boot="today")) is not None


def test_a_department_heard_before_the_start_may_be_ahead_by_ten_minutes() -> None:
    assert objection(department=department_date(NOW_UTC + AGREEMENT)) is None
    assert objection(department=department_date(NOW_UTC + AGREEMENT + SECOND)) == Objection(
        "the department reported 2026-05-04, after the present date 2026-05-04", is_contradiction=True
    )


def test_a_date_may_be_a_week_after_the_last_that_is_known() -> None:
    department = department_date(NOW_UTC - GAP_MAX)
    assert objection(department=department) is None
    assert objection(department=department_date(NOW_UTC - GAP_MAX - SECOND)) == Objection(
        "the date jumped: it is 7 days ahead of the newest read and of the department's last date",
        is_contradiction=True,
    )
    assert objection(
        department=department_date(NOW_UTC - 30 * DAY), newest_read=NOW_UTC - GAP_MAX - SECOND
    ) == Objection(
        "the date jumped: it is 7 days ahead of the newest read and of the department's last date",
        is_contradiction=True,
    )


def test_a_department_that_was_not_heard_for_a_week_is_missing() -> None:
    assert objection(department=department_date(NOW_UTC - 30 * DAY), newest_read=NOW_UTC - GAP_MAX) == Objection(
        "the department was last heard 30 days ago"
    )
    assert objection(department=department_date(NOW_UTC - GAP_MAX), newest_read=NOW_UTC) is None
