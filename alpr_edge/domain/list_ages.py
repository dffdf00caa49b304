"""How far a list or an officer's own entry can be trusted by its age, and how old a list is in words."""

from datetime import datetime, timedelta

from alpr_edge.domain.alerting import ListAge

HOUR = timedelta(hours=1)


def list_age(age_s: float | None, amber_after: timedelta, red_after: timedelta) -> ListAge:
    """How far a list can be trusted by its age; an unknown age is amber, never fresh."""
    if age_s is None:
        return ListAge.AMBER
    if age_s >= red_after.total_seconds():
        return ListAge.RED
    # A list from the future means that one of the two clocks is wrong.
    return ListAge.AMBER if age_s >= amber_after.total_seconds() or age_s < 0 else ListAge.FRESH


def own_entry_age(now: datetime | None) -> ListAge:
    """How far an officer's own entry can be trusted: it ends and does not age, but without a clock it may have ended.

    Args:
        now: the moment, UTC; None when the clock is not confirmed, and no estimate says that the entry has not ended.
    """
    return ListAge.AMBER if now is None else ListAge.FRESH


def age_words(age: timedelta | None) -> str:
    """How old a list is: "2.5 h old", "dated 6.0 h ahead" of the clock, or "age unknown"."""
    if age is None:
        return "age unknown"
    return f"dated {-age / HOUR:.1f} h ahead" if age < timedelta(0) else f"{age / HOUR:.1f} h old"


def old_list_words(source: str, age: timedelta | None, amber_after: timedelta, red_after: timedelta) -> str:
    """Why a list that is not fresh is not: a line that names it.

    Args:
        age: its age; None when it is not known.
    """
    if age is None:
        return f"list {source} is amber: its age is not known"
    if age < timedelta(0):
        return f"list {source} is amber: {age_words(age)} of this unit's clock; check the clock and the list"
    level, limit = ("red", red_after) if age >= red_after else ("amber", amber_after)
    return f"list {source} is {level}: older than {limit / HOUR:g} h"
