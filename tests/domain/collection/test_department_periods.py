from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.collection.department_periods import (
    DepartmentPeriods,
    KeptVersion,
    department_periods,
    is_old_enough,
)
from alpr_edge.domain.errors import DepartmentError

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def version(days_ago: float, seen_days_ago: float | None = None, *, is_hit: bool = False) -> KeptVersion:
    seen_at = None if seen_days_ago is None else NOW - timedelta(days=seen_days_ago)
    return KeptVersion(NOW - timedelta(days=days_ago), seen_at, is_hit)


@pytest.mark.parametrize(
    ("state", "read_days", "hit_days", "expected"),
    [
        ("CA", None, None, (366, 366)),
        ("CA", 365, 1826, (366, 1826)),
        ("CA", 366, 365.5, (366, 366)),
        ("WA", None, None, (21, 366)),
        ("WA", 21, 365, (21, 365)),
        ("WA", 21, 30, (21, 30)),
        ("NJ", None, None, (1096, 1096)),
        ("IL", 30, 30, (30, 30)),
    ],
)
def test_periods(state: str, read_days: float | None, hit_days: float | None, expected: tuple[float, float]) -> None:
    periods = department_periods(state, read_days, hit_days)
    assert (periods.read_days, periods.hit_days) == expected
    assert periods.shortest == timedelta(days=min(expected))
    assert periods.longest == timedelta(days=max(expected))
    assert periods.counts_from_capture == (state == "WA")


@pytest.mark.parametrize(
    ("state", "read_days", "hit_days", "told"),
    [
        ("CA", 364.9, None, "read_days: below the 366 days of the law"),
        ("CA", None, 364.9, "hit_days: below the 366 days of the law"),
        ("WA", 21.1, None, "read_days: above the 21 days of the law"),
    ],
)
def test_numbers_against_the_law(state: str, read_days: float | None, hit_days: float | None, told: str) -> None:
    with pytest.raises(DepartmentError, match=told):
        department_periods(state, read_days, hit_days)


def test_the_last_version_decides_and_a_hit_of_any_of_them() -> None:
    periods = DepartmentPeriods("CA", 365, 1826)
    assert is_old_enough([version(365)], periods, NOW)
    assert not is_old_enough([version(364.99)], periods, NOW)
    assert not is_old_enough([version(900), version(10)], periods, NOW)
    assert not is_old_enough([version(900, is_hit=True), version(800)], periods, NOW)
    assert is_old_enough([version(1900, is_hit=True), version(1826)], periods, NOW)


def test_the_capture_counts_where_the_state_bounds_the_days_alone_and_never_a_later_one() -> None:
    bounded, unbounded = DepartmentPeriods("WA", 21, 365), DepartmentPeriods("CA", 365, 365)
    assert is_old_enough([version(1, 21)], bounded, NOW)
    assert not is_old_enough([version(1, 20.9)], bounded, NOW)
    assert not is_old_enough([version(1)], bounded, NOW)
    assert is_old_enough([version(21, 5)], bounded, NOW)
    assert not is_old_enough([version(364, 400)], unbounded, NOW)
