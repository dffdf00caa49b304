"""The hours in which somebody is on duty, as they were declared; what is looked at outside of them is flagged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from alpr_edge.domain.errors import AuditError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MARGIN = timedelta(hours=1)
"""A shift begins with a briefing and ends with reports: so long before and after it nothing is flagged."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of duty on some days of the week, by local time."""

    since: date
    """The first day on which it holds; an earlier one held until then."""
    opens: time
    closes: time
    """Before :attr:`opens`: on the next day."""
    weekdays: tuple[int, ...]
    """Days on which it begins, 0 for Monday."""

    def covers(self, local: datetime) -> bool:
        """Whether a local moment lies in such a shift, its margins included."""
        moment = local.replace(tzinfo=None)
        days = (moment.date() + timedelta(days=offset) for offset in (-1, 0, 1))
        return any(self._begin(day) <= moment <= self._end(day) for day in days if day.weekday() in self.weekdays)

    @property
    def text(self) -> str:
        """The hours and days in words."""
        days = ", ".join(WEEKDAYS[day] for day in self.weekdays)
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} on {days}"

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, self.opens) - MARGIN

    def _end(self, day: date) -> datetime:
        later = day if self.closes > self.opens else day + timedelta(days=1)
        return datetime.combine(later, self.closes) + MARGIN


def parse_shift(hours: str, days: str, since: date) -> Shift:
    """A shift that somebody typed.

    Args:
        hours: such as ``18:00-06:00``.
        days: such as ``mon,tue,wed``.

    Raises:
        AuditError: hours or days are none.
    """
    opens, _, closes = hours.partition("-")
    names = [day.strip().lower() for day in days.split(",")]
    if unknown := sorted(set(names) - set(WEEKDAYS)):
        raise AuditError(f"{unknown[0]!r}: not a day of the week; they look like mon,tue,wed")
    try:
        return Shift(
            since,
            time.fromisoformat(opens.strip()),
            time.fromisoformat(closes.strip()),
            tuple(sorted({WEEKDAYS.index(day) for day in names})),
        )
    except ValueError:
        raise AuditError(f"{hours}: not the hours of a shift; they look like 18:00-06:00") from None


def shift_on(shifts: Sequence[Shift], day: date) -> Shift | None:
    """The shift that holds on a day: of those that began by then the last that was declared; None: there is none."""
    in_force = [shift for shift in shifts if shift.since <= day]
    return in_force[-1] if in_force else None
