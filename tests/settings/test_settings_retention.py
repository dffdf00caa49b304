"""[retention] by state: what the state sets holds by itself, more is refused, and the default is as before."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.domain.collection.state_periods import STATE_PERIODS
from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.retention import KeptRead, RetentionLimits, select_deletions
from alpr_edge.settings import Settings, parse

DAY = timedelta(days=1)


def limits(**values: object) -> RetentionLimits:
    return parse({"retention": values}, Path("/base")).retention.limits


def test_what_no_department_has_is_kept_for_a_year_with_its_leap_day() -> None:
    assert Settings().retention.limits == RetentionLimits(30 * DAY, 366 * DAY, is_law=False)


@pytest.mark.parametrize(("days", "kept"), [(365.0, 366), (365.5, 366), (366.0, 366), (400.0, 400)])
def test_a_file_that_says_365_days_means_a_year(days: float, kept: int) -> None:
    assert limits(unacknowledged_days_max=days).policy_max == kept * DAY


@pytest.mark.parametrize(
    ("values", "hit", "non_hit"),
    [
        ({"state": "WA"}, None, 21),
        ({"state": "WA", "non_hit_days_max": 7.0}, None, 7),
        ({"non_hit_days_max": 60.0, "hit_days_max": 400.0}, 400, 60),
        ({"state": "NJ"}, None, None),
    ],
)
def test_what_the_state_sets_holds_by_itself(values: dict[str, object], hit: int | None, non_hit: int | None) -> None:
    found = limits(**values)
    assert (found.hit_max, found.non_hit_max) == (hit and hit * DAY, non_hit and non_hit * DAY)


@pytest.mark.parametrize(("state", "is_deleted"), [("CA", False), ("NJ", False), ("WA", True)])
def test_where_no_law_bounds_them_the_settings_delete_nothing_that_the_department_has_not(
    state: str, is_deleted: bool
) -> None:
    found = limits(state=state, hit_days_max=2.0, non_hit_days_max=1.0)
    for is_hit in (True, False):
        read = KeptRead(1, 10, 3 * DAY, is_acknowledged=False, is_held=False, is_hit=is_hit)
        assert bool(select_deletions([read], found, 0)) is is_deleted
        assert select_deletions([replace(read, is_acknowledged=True)], found, 0)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "WA", "non_hit_days_max": 22.0}, "above what the state sets (Washington"),
        ({"state": "NH"}, "expected one of 'AL'"),
        ({"hit_days_max": 0.0}, "hit_days_max"),
    ],
)
def test_more_than_the_state_sets_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as excinfo:
        limits(**values)
    assert says in excinfo.value.faults[0]


def test_none_of_the_periods_claims_to_be_verified() -> None:
    assert not [name for name, period in STATE_PERIODS.items() if period.is_verified]
    assert all(period.days_max is None or period.days_max > 0 for period in STATE_PERIODS.values())
