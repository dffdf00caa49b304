"""How long the department's storage keeps reads (policy 462.5).

The policy and Government Code 34090.6 ask for a year at least of what was downloaded to the server, and for its purge
after that, unless it is or will be evidence or is subject to discovery: then it is held
(:mod:`alpr_edge.domain.holds`), and stays however old it is. A state that sets a bound counts it from the capture.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alpr_edge.domain.collection.state_periods import STATE_PERIODS, YEAR_DAYS, StatePeriod, whole_year
from alpr_edge.domain.errors import DepartmentError

DAYS_USUAL = float(YEAR_DAYS)
"""What a department keeps where neither it nor its state says anything."""


@dataclass(frozen=True, slots=True)
class DepartmentPeriods:
    """How long reads are kept."""

    state: str
    """Letters of the state whose law holds."""
    read_days: float
    """Days for a read that was on no list."""
    hit_days: float
    """Days for a read that was on a list."""

    @property
    def law(self) -> StatePeriod:
        return STATE_PERIODS[self.state]

    @property
    def counts_from_capture(self) -> bool:
        """Whether the days count from the capture, where it is known: the state bounds them. Else from the receipt."""
        return self.law.days_max is not None

    @property
    def shortest(self) -> timedelta:
        """The shorter of the two."""
        return timedelta(days=min(self.read_days, self.hit_days))

    @property
    def longest(self) -> timedelta:
        """The longer of the two."""
        return timedelta(days=max(self.read_days, self.hit_days))


def department_periods(state: str, read_days: float | None, hit_days: float | None) -> DepartmentPeriods:
    """The periods of a department's settings.

    Args:
        state: letters of the state.
        read_days: days for reads that were on no list; None: as the state bounds them, else a year.
        hit_days: days for the others; None: a year, or as long as the state asks for.

    365 days are a year in settings: where the state asks for a year at least, a leap day is added to them.


    Raises:
        DepartmentError: a number is against what the state says.
    """
    law = STATE_PERIODS[state]
    usual = max(DAYS_USUAL, law.department_days_min)
    least = law.department_days_min
    if least == YEAR_DAYS:
        read_days, hit_days = (each and whole_year(each) for each in (read_days, hit_days))
    periods = DepartmentPeriods(state, read_days or law.days_max or usual, hit_days or usual)
    for name in ("read_days", "hit_days"):
        if getattr(periods, name) < least:
            raise DepartmentError(f"{name}: below the {least:g} days of the law ({law.source}); raise it")
    if law.days_max is not None and periods.read_days > law.days_max:
        raise DepartmentError(f"read_days: above the {law.days_max:g} days of the law ({law.source}); lower it")
    return periods


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A read as it is stored: the vote's text, or a correction of one."""

    received_at: datetime
    """By the department's clock."""
    seen_at: datetime | None
    """When the plate was seen, by a clock of the unit that satellites or a time server confirmed; None: not known."""
    is_hit: bool
    is_imported: bool = False
    """Whether it came from another system, where it was kept before: its days count from the capture."""


def is_old_enough(versions: Iterable[KeptVersion], periods: DepartmentPeriods, now: datetime) -> bool:
    """Whether a read with all its corrections was kept for its period: the last of them was."""
    known = list(versions)
    days = periods.hit_days if any(version.is_hit for version in known) else periods.read_days
    begins = [_begin(version, periods) for version in known]
    return max(begins) + timedelta(days=days) <= now


def _begin(version: KeptVersion, periods: DepartmentPeriods) -> datetime:
    """From when on the days of a version count; a unit's clock that is ahead counts for nothing."""
    if not (periods.counts_from_capture or version.is_imported) or version.seen_at is None:
        return version.received_at
    return min(version.seen_at, version.received_at)
