"""Which dates may delete: those that boot, newest read and department agree on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.deletion_dates import AGREEMENT, GAP_MAX, DepartmentDate, Objection, objection_to
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.timeline import Timeline

pytestmark = pytest.mark.review(11)

TODAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(seconds: float, utc: datetime | None = None, boot: str = "today") -> Instant:
    """An instant of a boot that began at noon, by the receiver unless it says another date."""
    moment = TODAY + timedelta(seconds=seconds) if utc is None else utc
    return Instant(boot, round(seconds * 1e9), moment, UtcSource.GNSS, 1000.0)


def objection(
    now: Instant,
    *pairs: Instant,
    newest_read: datetime | None = TODAY - HOUR,
    department: DepartmentDate | None = None,
) -> Objection | None:
    return objection_to(now, Timeline("today", pairs or (at(5), at(65))), newest_read, department)


HEARD = DepartmentDate(TODAY + timedelta(seconds=30), at(30))
YESTERDAY = DepartmentDate(TODAY - DAY, at(30, boot="yesterday"))


def test_a_date_that_all_agree_on_may_delete() -> None:
    for department in (HEARD, YESTERDAY):
        assert objection(at(100), department=department) is None
        assert objection(at(100), department=department, newest_read=None) is None
        assert objection(at(100), department=department, newest_read=TODAY - 30 * DAY) is None


@pytest.mark.parametrize(
    ("now", "pairs", "reason"),
    [
        (Instant("today", 10**11, TODAY, UtcSource.RTC), (), "no receiver or time server confirms the time"),
        (Instant("today", 10**11), (), "no receiver or time server confirms the time"),
        (at(100), (at(5),), "not confirmed yet"),
        (at(100), (at(5, boot="yesterday"), at(65, boot="yesterday")), "not confirmed yet"),
        (at(100), (at(5), at(65, TODAY + 600 * DAY)), "jumped since the computer started"),
        (at(100, TODAY + 600 * DAY), (at(5), at(65)), "jumped since the computer started"),
    ],
)
def test_a_date_that_this_boot_does_not_bear_out_deletes_nothing(
    now: Instant, pairs: tuple[Instant, ...], reason: str
) -> None:
    result = objection(now, *pairs, department=HEARD)
    assert result is not None
    assert reason in result.reason
    assert result.is_contradiction == ("jumped" in reason)


FUTURE = datetime(2028, 1, 1, tzinfo=UTC)
FALSE_BOOT = (at(5, FUTURE), at(65, FUTURE + timedelta(seconds=60)))
FALSE_NOW = at(100, FUTURE + timedelta(seconds=95))


@pytest.mark.parametrize(
    ("department", "newest_read", "reason"),
    [
        (YESTERDAY, TODAY - HOUR, "the date jumped: it is 607 days ahead of the newest read and of the department's"),
        (HEARD, TODAY - HOUR, "606 days ahead of the department's"),
        (DepartmentDate(FUTURE + 30 * DAY, at(30, boot="yesterday")), TODAY - HOUR, "after the present date"),
        (YESTERDAY, FUTURE - timedelta(minutes=1), "last heard 608 days ago"),
        (None, TODAY - HOUR, "reported no date yet"),
    ],
)
def test_a_receiver_that_says_2028_since_it_woke_up_deletes_nothing(
    department: DepartmentDate | None, newest_read: datetime, reason: str
) -> None:
    result = objection(FALSE_NOW, *FALSE_BOOT, department=department, newest_read=newest_read)
    assert result is not None
    assert reason in result.reason


def test_a_read_from_after_the_present_date_speaks_against_it() -> None:
    result = objection(at(100), department=HEARD, newest_read=TODAY + 20 * DAY)
    assert result is not None
    assert result.is_contradiction
    assert "2026-05-24" in result.reason


def test_a_car_without_a_link_for_a_fortnight_keeps_and_is_not_alarmed() -> None:
    long_ago = DepartmentDate(TODAY - 14 * DAY, at(30, boot="yesterday"))
    result = objection(at(100), department=long_ago)
    assert result == Objection("the department was last heard 14 days ago")


@given(st.floats(-2000, 2000), st.booleans(), st.floats(0, 3000) | st.none())
def test_no_date_beyond_its_bounds_ever_deletes(off_days: float, same_boot: bool, read_days: float | None) -> None:
    """Whatever date the whole boot tells: it deletes only within the bounds around the department's."""
    date = TODAY + off_days * DAY
    pairs = at(5, date), at(65, date + timedelta(seconds=60))
    now = at(100, date + timedelta(seconds=95))
    newest_read = None if read_days is None else TODAY - read_days * DAY
    department = HEARD if same_boot else YESTERDAY
    off = date - TODAY if same_boot else date - YESTERDAY.utc
    if objection(now, *pairs, department=department, newest_read=newest_read) is None:
        slack = timedelta(minutes=2)
        assert -AGREEMENT - slack <= off <= (AGREEMENT if same_boot else GAP_MAX) + slack


WITHOUT = pytest.mark.review2(2)


def objection_without_department(*starts: datetime, now: Instant | None = None) -> Objection | None:
    pairs = Timeline("today", (at(5), at(65))) if now is None else Timeline("today", FALSE_BOOT)
    return objection_to(now or at(100), pairs, TODAY - HOUR, None, starts)


@WITHOUT
@pytest.mark.parametrize(
    "starts",
    [
        (TODAY - HOUR, TODAY - DAY),
        (TODAY - 6 * DAY, TODAY - 13 * DAY),
        tuple(TODAY - number * HOUR for number in range(1, 30)),
        (TODAY - HOUR, TODAY - DAY, FUTURE),
    ],
)
def test_without_a_department_two_earlier_starts_of_a_day_bear_out_a_date(starts: tuple[datetime, ...]) -> None:
    assert objection_without_department(*starts) is None


@WITHOUT
@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ((), "it takes 2 earlier starts"),
        ((TODAY - DAY,), "it takes 2 earlier starts"),
        ((TODAY - HOUR, TODAY - 2 * HOUR, TODAY - 3 * HOUR), "it takes 2 earlier starts"),
        ((TODAY - HOUR, TODAY - 30 * DAY), "it takes 2 earlier starts"),
        ((TODAY - 30 * DAY, TODAY - 31 * DAY), "the date jumped: it is 30 days ahead of that of the start before"),
        ((FUTURE, TODAY - DAY, TODAY - 2 * DAY), "the date jumped: it is 606 days behind that of the start before"),
    ],
)
def test_without_a_department_a_date_that_they_do_not_bear_out_deletes_nothing(
    starts: tuple[datetime, ...], reason: str
) -> None:
    result = objection_without_department(*starts)
    assert result is not None
    assert reason in result.reason
    assert result.is_contradiction == ("jumped" in reason)


@WITHOUT
def test_without_a_department_a_receiver_that_says_2028_for_a_start_deletes_nothing() -> None:
    result = objection_without_department(TODAY - HOUR, TODAY - DAY, TODAY - 2 * DAY, now=FALSE_NOW)
    assert result is not None
    assert "the date jumped: it is 607 days ahead" in result.reason
