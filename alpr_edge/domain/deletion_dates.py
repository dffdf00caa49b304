"""Decides whether the present date is certain enough to delete by it (policy 462.5 has reads deleted by their age).

A receiver that says 2028 for five seconds is a trusted clock, and every read of the car would be past its time. So a
date counts for deletion only when three witnesses agree: this boot's own timeline, the newest read that is stored, and
the date that the department reported last. Where one is missing or disagrees, deletion by age rests; nothing else
does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.timeline import Basis, Timeline

AGREEMENT = timedelta(minutes=10)
"""How far two witnesses of one boot may be apart: an answer under way, and a department's clock that is set by hand."""
GAP_MAX = timedelta(days=7)
"""Longest time between what is known of another boot and the present date: a week off duty. A false date within it
deletes nothing more than a week before its time."""


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
    """Whether a witness disagrees with the present date, rather than being missing: somebody should look at it."""


def objection_to(
    now: Instant, timeline: Timeline, newest_read: datetime | None, department: DepartmentDate | None
) -> Objection | None:
    """Why nothing may be deleted by the present date; None when it may be used.

    Args:
        now: the present instant.
        timeline: the clock pairs of this boot.
        newest_read: the time of the newest stored read, as far as it is sure.
        department: the date that the department reported last; None when it never did.
    """
    utc = now.trusted_utc
    if utc is None:
        return Objection("no receiver and no time server confirms the clock")
    if timeline.is_disputed or timeline.place(now).basis is Basis.DISPUTED:
        return _contradiction("the date jumped since the computer started: its times contradict each other")
    if not timeline.is_settled:
        return Objection("the date was not borne out yet since the computer started")
    if newest_read is not None and utc < newest_read - AGREEMENT:
        return _contradiction(f"the newest read is of {newest_read:%Y-%m-%d}, after the present date {utc:%Y-%m-%d}")
    if department is None:
        return Objection("the department has told no date yet")
    return _objection_of_department(now, utc, newest_read, department)


def _objection_of_department(
    now: Instant, utc: datetime, newest_read: datetime | None, department: DepartmentDate
) -> Objection | None:
    if department.received_at.boot_id == now.boot_id:
        apart = utc - department.utc - timedelta(milliseconds=now.ms_since(department.received_at))
        if abs(apart) <= AGREEMENT:
            return None
        side = "ahead of" if apart > timedelta(0) else "behind"
        return _contradiction(f"the date is {_length(abs(apart))} {side} the department's")
    if utc < department.utc - AGREEMENT:
        return _contradiction(f"the department told {department.utc:%Y-%m-%d}, after the present date {utc:%Y-%m-%d}")
    last = max(department.utc, newest_read or department.utc)
    if utc - last > GAP_MAX:
        comparison = "ahead of the newest read and of the department's last date"
        return _contradiction(f"the date jumped: it is {_length(utc - last)} {comparison}")
    if utc - department.utc > GAP_MAX:
        return Objection(f"the department was last heard {_length(utc - department.utc)} ago")
    return None


def _contradiction(reason: str) -> Objection:
    return Objection(reason, is_contradiction=True)


def _length(span: timedelta) -> str:
    return f"{span / timedelta(days=1):.0f} days" if span.days else f"{span / timedelta(minutes=1):.0f} minutes"
