"""When records were made whose clock nobody vouches for, by those of the log whose time is trusted (policy 462.6(a)).

One of the same boot tells to the second. Else a log is in the order in which its records were made: one whose clock was
wrong, such as that of a battery that ran down, was made between the trusted records before and after it.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from alpr_edge.domain.access_log.records import RecordMoment
from alpr_edge.domain.instants import TRUSTED_SOURCES


class DateSource(Enum):
    """What a record is dated by."""

    TRUSTED_CLOCK = auto()
    SAME_BOOT = auto()
    """Another record of the same boot, whose clock is trusted."""
    OTHER_CLOCK = auto()
    """Its own clock, or those around it, where that contradicts them."""
    NOTHING = auto()
    """Its clock was not set."""


@dataclass(frozen=True, slots=True)
class AccessDate:
    """When a record was made."""

    moment: datetime | None
    """None: nobody can tell."""
    source: DateSource


class TrustedTimes:
    """The trusted times of a log: where runs of them begin and end, and when its boots were."""

    def __init__(self) -> None:
        self._sequences: list[int] = []
        self._moments: list[datetime] = []
        self._run = 0
        self._boots: dict[str, datetime] = {}

    def add(self, sequence: int, received: RecordMoment) -> None:
        """Take the time of the next record, in the order of the log."""
        if received.utc is None or received.source not in TRUSTED_SOURCES:
            self._run = 0
            return
        moment = datetime.fromisoformat(received.utc)
        if self._run > 1:
            del self._sequences[-1], self._moments[-1]
        self._sequences.append(sequence)
        self._moments.append(moment)
        self._run += 1
        if received.boot_id is not None and received.boottime_ms is not None:
            self._boots.setdefault(received.boot_id, moment - timedelta(milliseconds=received.boottime_ms))

    def date_within(self, sequence: int, received: RecordMoment, span: tuple[datetime, datetime]) -> AccessDate | None:
        """The date of a record that is of a span, or may be; None: it is of another time."""
        date, (begin, end) = self._date_of(received), span
        if date.moment is None or begin <= date.moment < end:
            return date
        if date.source is DateSource.OTHER_CLOCK and self._may_be_within(sequence, date.moment, begin, end):
            return AccessDate(None, DateSource.OTHER_CLOCK)
        return None

    def _date_of(self, received: RecordMoment) -> AccessDate:
        own = None if received.utc is None else datetime.fromisoformat(received.utc)
        if own is not None and received.source in TRUSTED_SOURCES:
            return AccessDate(own, DateSource.TRUSTED_CLOCK)
        boot = self._boots.get(received.boot_id or "")
        if boot is not None and received.boottime_ms is not None:
            return AccessDate(boot + timedelta(milliseconds=received.boottime_ms), DateSource.SAME_BOOT)
        return AccessDate(own, DateSource.NOTHING if own is None else DateSource.OTHER_CLOCK)

    def _may_be_within(self, sequence: int, moment: datetime, begin: datetime, end: datetime) -> bool:
        """Whether a record may be of a span though its own clock says another moment.

        So it may where the trusted records next to it contradict its clock and leave the span open, and where it comes
        before all trusted ones, of which the first is of the span: nothing shows whether that clock ever ran.
        """
        at = bisect_left(self._sequences, sequence)
        before, after = self._moments[max(at - 1, 0) : at], self._moments[at : at + 1]
        if any(moment < each for each in before) or any(moment > each for each in after):
            return all(each < end for each in before) and all(each >= begin for each in after)
        return not before and any(begin <= each < end for each in after)
