"""When audits are due, and which days one is about (policy 462.6(c): on a regular basis)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alpr_edge.domain.audits.audit import Audit, AuditState
from alpr_edge.domain.errors import AuditError

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AuditRules:
    """What a department decided of its audits."""

    interval_days: int
    """Days that one audit is about at most, and after whose end so many days more the next is due."""
    sign_off_days: int
    """Days after its draw by which an audit is signed off."""
    share_percent: int
    """Share of the records that stand out by nothing, drawn by the seed."""
    count_min: int
    """And no fewer than so many."""
    zone: str
    """Time zone of days, shifts and nights."""
    source: str
    """Where the interval is from."""


@dataclass(frozen=True, slots=True)
class AuditSchedule:
    """What is due."""

    audited_until: date | None
    """Last day that an audit is about; None: there was none."""
    begin: date | None
    """First day that no audit is about; None: nothing was looked at yet."""
    due: date | None
    """Day by which the next audit has to be drawn."""
    unsigned: tuple[int, ...]
    """Numbers of audits that are not signed off."""
    warnings: tuple[str, ...]
    """What is overdue, a line each."""


@dataclass(frozen=True, slots=True)
class AuditPeriod:
    """The days of an audit."""

    begin: date
    until: date
    """The last day."""

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first moment of the days in a time zone, and the first behind them; both UTC."""
        begin, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (self.begin, self.until + _DAY))
        return begin, end


def schedule_of(audits: tuple[Audit, ...], first_day: date | None, today: date, rules: AuditRules) -> AuditSchedule:
    """What is due today.

    Args:
        audits: all audits, in order.
        first_day: the day of the first record of the department's log; None: there is none.
    """
    audited_until = audits[-1].draw.until if audits else None
    begin = first_day if audited_until is None else audited_until + _DAY
    due = None if begin is None else begin + timedelta(days=rules.interval_days)
    unsigned, warnings = [], []
    for audit in audits:
        if audit.state is not AuditState.SIGNED_OFF:
            unsigned.append(audit.number)
            drawn = audit.steps[0].at.date()
            if (today - drawn).days > rules.sign_off_days:
                warnings.append(f"audit {audit.number}, drawn on {drawn}, is not signed off; {_SIGN_OFF}")
    if begin is not None and due is not None and today > due:
        warnings.append(f"no audit of the access logs since {begin}: one was due by {due}; {_DRAW}")
    return AuditSchedule(audited_until, begin, due, tuple(unsigned), tuple(warnings))


_DRAW = "run: alpr-edge department audit draw"
_SIGN_OFF = "see: alpr-edge department audit show"


def parse_period(text: str, schedule: AuditSchedule, today: date) -> AuditPeriod:
    """The days that somebody typed: ``2026-11``, ``2026-Q4`` or ``2026-11-01/2026-11-30``; empty: all that is left.

    Raises:
        AuditError: they are no days, not over yet, or an audit was about them already.
    """
    period = _days_of(text) if text else _rest_of(schedule, today)
    if period.until < period.begin:
        raise AuditError("a period ends on its first day or later")
    if period.until >= today:
        raise AuditError(f"{period.until} is not over yet: an audit is about days that are")
    if schedule.audited_until is not None and period.until <= schedule.audited_until:
        raise AuditError(f"those days are in an audit already: the next begins with {schedule.begin}")
    return period


def _rest_of(schedule: AuditSchedule, today: date) -> AuditPeriod:
    if schedule.begin is None or schedule.begin >= today:
        raise AuditError("there are no days that are over and in no audit yet")
    return AuditPeriod(schedule.begin, today - _DAY)


def _days_of(text: str) -> AuditPeriod:
    try:
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            year, month = int(match[1]), 3 * int(match[2]) - 2
            return AuditPeriod(date(year, month, 1), _last_day(year, month + 2))
        if match := re.fullmatch(r"(\d{4})-(\d\d)", text):
            year, month = int(match[1]), int(match[2])
            return AuditPeriod(date(year, month, 1), _last_day(year, month))
        begin, _, until = text.partition("/")
        return AuditPeriod(date.fromisoformat(begin), date.fromisoformat(until))
    except ValueError:
        raise AuditError(f"{text}: no days; they look like 2026-11, 2026-Q4 or 2026-11-01/2026-11-30") from None


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - _DAY
