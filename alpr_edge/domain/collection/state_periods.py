"""How long states let an agency keep reads that are no hit, as far as summaries of their laws say.

None of it was compared with the text of the law: it is from a compilation, and the department's counsel confirms it.
What a state lets be kept for evidence, or asks to be kept at the department, is no matter of the car.
"""

from dataclasses import dataclass

YEAR_DAYS = 366
"""Days of a year at least: one with a leap day has so many."""
COMMON_YEAR_DAYS = 365
"""Days of a year without one, by which settings say a year."""


@dataclass(frozen=True, slots=True)
class StatePeriod:
    """The period of a state."""

    days_max: float | None
    """Days after which a read that is no hit has to be gone; None: the state sets no such bound."""
    source: str
    department_days_min: float = 0
    """Days for which the department's storage has to keep a read at least."""
    is_verified: bool = False
    """Whether it was compared with the text of the law."""


STATE_PERIODS = {
    "AL": StatePeriod(1826, "Alabama: 5 years"),
    "AR": StatePeriod(150, "Arkansas: 150 days"),
    "CA": StatePeriod(
        None,
        "Civil Code 1798.90.5-.55 names no bound; Government Code 34090.6 and policy 462.5: a year at least, at the "
        "department",
        department_days_min=YEAR_DAYS,
    ),
    "CT": StatePeriod(21, "Connecticut PA 26-14, from 1 October 2026: 21 days"),
    "GA": StatePeriod(913, "Georgia: 30 months"),
    "IA": StatePeriod(30, "Iowa: 30 days"),
    "ID": StatePeriod(None, "Idaho 49-1432 names no bound"),
    "IL": StatePeriod(None, "Illinois 5/2-130 names no bound"),
    "KY": StatePeriod(90, "Kentucky 189.632, from 15 July 2026: 90 days"),
    "ME": StatePeriod(21, "Maine: 21 days"),
    "MN": StatePeriod(60, "Minnesota 13.824: 60 days"),
    "MT": StatePeriod(90, "Montana: 90 days; a request to preserve stops the clock"),
    "NC": StatePeriod(90, "North Carolina: 90 days; a request to preserve stops the clock"),
    "NE": StatePeriod(180, "Nebraska 60-3204: 180 days; a request to preserve stops the clock"),
    "NJ": StatePeriod(
        None, "New Jersey AG directive 2022-12: three years at least, at the department", department_days_min=1096
    ),
    "NM": StatePeriod(None, "New Mexico 2026 c.20 names no bound"),
    "OR": StatePeriod(30, "Oregon L.2026 c.77: 30 days"),
    "TN": StatePeriod(90, "Tennessee: 90 days"),
    "UT": StatePeriod(274, "Utah: 9 months"),
    "VA": StatePeriod(21, "Virginia 2.2-5517, from 1 July 2025: 21 days"),
    "VT": StatePeriod(548, "Vermont 1607: 18 months"),
    "WA": StatePeriod(21, "Washington L.2026 c.239 (HB 2332 as filed): 21 days"),
}
"""By the state's letters. New Hampshire's three minutes are left out: no unit that keeps reads at all meets them."""


def whole_year(days: float) -> float:
    """Days that are a year at least: what settings say for a year, with a leap day."""
    return max(days, YEAR_DAYS) if days >= COMMON_YEAR_DAYS else days
