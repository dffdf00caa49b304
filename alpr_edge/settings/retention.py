"""[retention]: what the car keeps, how long, and what happens when its disk is full."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alpr_edge.domain.collection.state_periods import COMMON_YEAR_DAYS, STATE_PERIODS, YEAR_DAYS, whole_year
from alpr_edge.domain.retention import Quotas, RetentionLimits
from alpr_edge.settings.base import Section, require_order


def _days(days: float | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)


class RetentionSettings(Section):
    """[retention]: how long the vehicle keeps its own copy (policy 462.5)."""

    acknowledged_days_max: Annotated[float, Field(gt=0, le=3650)] = 30.0
    unacknowledged_days_max: Annotated[float, Field(ge=COMMON_YEAR_DAYS, le=36_500)] = float(YEAR_DAYS)
    """The policy keeps for a year at least; 365 days say a year, and a leap day is added to them."""
    hit_days_max: Annotated[float | None, Field(gt=0, le=36_500)] = None
    """None: as the two above say; likewise the next, where the state does not say less. Where the law of the state
    sets no bound, both are for what the department has acknowledged alone: nothing else has the other reads."""
    non_hit_days_max: Annotated[float | None, Field(gt=0, le=36_500)] = None
    state: Literal[*STATE_PERIODS] = "CA"  # type: ignore[valid-type] # the states of the table
    bytes_max: Annotated[int, Field(ge=1_000_000, le=100_000_000_000_000)] = 8_000_000_000
    disk_share_max: Annotated[float, Field(gt=0, lt=1)] = 0.85
    amber_share: Annotated[float, Field(gt=0, le=1)] = 0.9
    when_full: Literal["stop", "delete_oldest"] = "stop"
    ballast_bytes: Annotated[int, Field(ge=1_048_576, le=1_073_741_824)] = 67_108_864
    check_interval_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        require_order(self, "disk_share_max", "amber_share")
        bound, days = STATE_PERIODS[self.state], self.non_hit_days_max
        if bound.days_max is not None and days is not None and days > bound.days_max:
            raise ValueError(f"non_hit_days_max = {days:g} is above what the state sets ({bound.source}); lower it")
        return require_order(self, "acknowledged_days_max", "unacknowledged_days_max")

    @property
    def limits(self) -> RetentionLimits:
        """The limits of time, as the domain's rules take them."""
        return RetentionLimits(
            timedelta(days=self.acknowledged_days_max),
            timedelta(days=whole_year(self.unacknowledged_days_max)),
            hit_max=_days(self.hit_days_max),
            non_hit_max=_days(self.non_hit_days_max or STATE_PERIODS[self.state].days_max),
            is_law=STATE_PERIODS[self.state].days_max is not None,
            emergency=self.when_full == "delete_oldest",
        )

    @property
    def quotas(self) -> Quotas:
        """The limits of space, as the domain's rules take them."""
        return Quotas(self.bytes_max, self.disk_share_max, self.amber_share)
