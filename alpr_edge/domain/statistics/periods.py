"""The days that a report is about."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from alpr_edge.domain.days import span_of_days
from alpr_edge.domain.errors import ReportError

DAYS_MAX = 366
"""Most days of one report."""


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Whole days, from the first to the last.

    Raises:
        ReportError: they begin or end beyond the calendar.
    """

    since: date
    until: date
    """The last day."""
    zone: tzinfo | None
    """The zone in which the days begin and end; None: that of this computer, with its summer time."""

    def __post_init__(self) -> None:
        span_of_days(self.since, self.until, self.zone)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first moment of its days, and the first behind them; UTC."""
        return span_of_days(self.since, self.until, self.zone)


def period_of_days(since: date, until: date, zone: tzinfo | None = None) -> ReportPeriod:
    """The period from one day to another.

    Raises:
        ReportError: the last day is before the first, there are too many, or they reach beyond the calendar.
    """
    if until < since:
        raise ReportError("the last day is before the first")
    if (until - since).days >= DAYS_MAX:
        raise ReportError(f"a report is about {DAYS_MAX} days at most")
    return ReportPeriod(since, until, zone)


def period_of_month(text: str, zone: tzinfo | None = None) -> ReportPeriod:
    """The period of a month such as ``2026-11``.

    Raises:
        ReportError: it is none, or reaches beyond the calendar.
    """
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=zone).date()
    except ValueError:
        raise ReportError(f"{text}: not a month; it looks like 2026-11") from None
    return ReportPeriod(first, first.replace(day=monthrange(first.year, first.month)[1]), zone)
