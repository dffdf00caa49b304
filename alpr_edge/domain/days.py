"""Whole days as moments."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from alpr_edge.domain.errors import ReportError


def span_of_days(since: date, until: date, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """The first moment of some days, and the first behind them; UTC.

    Args:
        zone: the zone in which they begin and end; None: that of this computer, with its summer time.

    Raises:
        ReportError: they begin or end beyond the calendar.
    """
    try:
        begin, end = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
        return begin.astimezone(UTC), end.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ReportError(f"{since} to {until}: such days begin or end beyond the calendar") from None


def last_day(until: datetime) -> date:
    """The last day, in this computer's zone, of what holds until a moment that itself counts no longer."""
    return (until - timedelta(seconds=1)).astimezone().date()
