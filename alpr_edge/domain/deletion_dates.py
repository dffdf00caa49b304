"""Decides whether the present date is certain enough to delete by it (policy 462.5 has reads deleted by their age).

A receiver is a trusted clock; one that reports the year 2028 for five seconds would make every read of the car too old.
So reads are deleted by a date only when three sources agree with it: the clock pairs of this boot, the newest stored
read, and the date that the department reported last. While one is missing or disagrees, deletion by age is paused;
nothing else is.

A unit without a department has earlier starts of the computer in its place: a false date would have to be told by a
receiver that was switched off and on twice, for a day. A clock that the battery keeps going is no witness: chronyd
sets it by the receiver.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alpr_edge.domain.instants import UNCONFIRMED_CLOCK, Instant
from alpr_edge.domain.timeline import Basis, Timeline

AGREEMENT = timedelta(minutes=10)
"""How far two sources may differ within one boot: an answer takes time, and a department's clock may be set by hand."""
GAP_MAX = timedelta(days=7)
"""Longest time between a date of another boot and the present one: a week off duty. By a false date within it a read is
deleted at most a week too early."""

STARTS_MIN, STARTS_SPAN_MIN = 2, timedelta(days=1)
"""Earlier starts that have to bear out a date without a department, each at most :data:`GAP_MAX` before the next, and
how far they have to reach back."""


@dataclass(frozen=True, slots=True)
class DepartmentDate:
    """The time that the department stated in an answer to a delivery."""

    utc: datetime
    received_at: Instant
    """When the answer arrived; only its boot and boot time count."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why nothing is deleted by age at present."""

    reason: str
    is_contradiction: bool = False
    """Whether a source disagrees with the present date and is not merely missing: somebody should look at it."""


def objection_to(
    now: Instant,
    timeline: Timeline,
    newest_read: datetime | None,
    department: DepartmentDate | None,
    earlier_starts: Sequence[datetime] | None = None,
) -> Objection | None:
    """Why nothing may be deleted by the present date; None when it may be used.

    Args:
        department: the date that the department reported last; None when it never did.
        earlier_starts: of a unit without a department: the last confirmed date of each earlier start of the computer,
            the newest start first; None: it has a department.
    """
    utc = now.trusted_utc
    if utc is None:
        return Objection(UNCONFIRMED_CLOCK)
    if (objection := _objection_of_this_start(now, timeline)) is not None:
        return objection
    if newest_read is not None and utc < newest_read - AGREEMENT:
        return _contradiction(f"the newest read is of {newest_read:%Y-%m-%d}, after the present date {utc:%Y-%m-%d}")
    if earlier_starts is not None:
        return _objection_of_starts(utc, earlier_starts)
    if department is None:
        return Objection("the department has reported no date yet")
    return _objection_of_department(now, utc, newest_read, department)


def _objection_of_this_start(now: Instant, timeline: Timeline) -> Objection | None:
    if timeline.is_disputed or timeline.place(now).basis is Basis.DISPUTED:
        return _contradiction("the date jumped since the computer started: its times contradict each other")
    if not timeline.is_settled:
        return Objection("the date was not confirmed yet since the computer started")
    return None


def _objection_of_starts(utc: datetime, starts: Sequence[datetime]) -> Objection | None:
    later = utc
    for count, date in enumerate(starts):
        if not -AGREEMENT <= later - date <= GAP_MAX:
            if count:
                break
            apart = _duration_text(abs(utc - date))
            side = "ahead of" if utc > date else "behind"
            return _contradiction(f"the date jumped: it is {apart} {side} that of the start before")
        later = min(later, date)
        if count + 1 >= STARTS_MIN and utc - later >= STARTS_SPAN_MIN:
            return None
    return Objection(
        f"no department confirms the date: it takes {STARTS_MIN} earlier starts of the computer, one of them a day ago"
    )


def _objection_of_department(
    now: Instant, utc: datetime, newest_read: datetime | None, department: DepartmentDate
) -> Objection | None:
    if department.received_at.boot_id == now.boot_id:
        apart = utc - department.utc - timedelta(milliseconds=now.ms_since(department.received_at))
        if abs(apart) <= AGREEMENT:
            return None
        side = "ahead of" if apart > timedelta(0) else "behind"
        return _contradiction(f"the date is {_duration_text(abs(apart))} {side} the department's")
    if utc < department.utc - AGREEMENT:
        return _contradiction(
            f"the department reported {department.utc:%Y-%m-%d}, after the present date {utc:%Y-%m-%d}"
        )
    last = max(department.utc, newest_read or department.utc)
    if utc - last > GAP_MAX:
        comparison = "ahead of the newest read and of the department's last date"
        return _contradiction(f"the date jumped: it is {_duration_text(utc - last)} {comparison}")
    if utc - department.utc > GAP_MAX:
        return Objection(f"the department was last heard {_duration_text(utc - department.utc)} ago")
    return None


def _contradiction(reason: str) -> Objection:
    return Objection(reason, is_contradiction=True)


def _duration_text(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.0f} days" if span.days else f"{span / timedelta(minutes=1):.0f} minutes"
