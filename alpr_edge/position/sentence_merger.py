"""Merges sentences of one moment into a solution: RMC (speed, course, date) and GGA (HDOP, satellites).

A solution is complete once both kinds of its moment are there. A kind that has not come for :data:`SILENCE_S` of the
receiver's own time is not waited for, so a receiver that sends only one kind gives solutions at once; otherwise a
sentence that stays alone is a solution when the next moment begins. A moment that either kind calls void is refused
as a whole, and no moment gives two solutions.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant
from alpr_edge.position.sentences import Rejection, Sentence, SentenceKind, SentenceRefusal, parse
from alpr_edge.runtime.clock import PLAUSIBLE_SINCE

SILENCE_S = 3.0
"""Time without a kind of sentence after which it is not waited for."""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class DateWindow:
    """The dates for which a receiver is trusted; its position is used whatever date it reports."""

    since: datetime
    until: datetime


LIVE_DATES = DateWindow(PLAUSIBLE_SINCE, PLAUSIBLE_SINCE + timedelta(weeks=1024))
"""The 1024 weeks of GPS's 10-bit week number: a receiver that rolled over reports a date before them."""
LOG_DATES = DateWindow(datetime(2000, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC))
"""A log may be as old as receivers are; nothing trusts its date beyond the replay."""


@dataclass(slots=True)
class SentenceTally:
    """Counts of the lines of one receiver, by what became of them."""

    sentences: int = 0
    """Whole lines with the right checksum, of any kind."""
    place_sentences: int = 0
    """Those of them that are RMC or GGA, with a place or without."""
    solutions: int = 0
    moment: time | None = None
    """UTC time of day of the last sentence with a place."""
    rejections: Counter[Rejection] = field(default_factory=Counter)
    wrong_date: date | None = None
    """The date that the receiver reports, where it is outside of :data:`LIVE_DATES`."""
    floods: int = 0
    """Seconds in which so much came that the rest was discarded."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One moment of a receiver: one or both of its sentences."""

    received_at: Instant
    """When its first sentence arrived."""
    rmc: Sentence | None
    gga: Sentence | None

    @property
    def time_of_day(self) -> time:
        """UTC time of day."""
        return self._either.time_of_day

    @property
    def seconds_of_day(self) -> float:
        """UTC time of day in seconds."""
        return seconds_of_day(self.time_of_day)

    @property
    def day(self) -> date | None:
        """The date, which only RMC has."""
        return self.rmc.day if self.rmc else None

    @property
    def _either(self) -> Sentence:
        sentence = self.rmc or self.gga
        assert sentence is not None, "a solution has a sentence"
        return sentence

    def utc(self, dates: DateWindow) -> datetime | None:
        """The solution's moment; None without a date or with one that is not trusted."""
        if self.day is None:
            return None
        moment = datetime.combine(self.day, self.time_of_day, tzinfo=UTC)
        return moment if dates.since <= moment < dates.until else None

    def fix(self, source: str, dates: DateWindow = LIVE_DATES, received_at: Instant | None = None) -> Fix:
        """The fix; ``received_at`` replaces the time of arrival (replay)."""
        return Fix(
            received_at=received_at or self.received_at,
            utc=self.utc(dates),
            lat_deg=self._either.lat_deg,
            lon_deg=self._either.lon_deg,
            speed_mps=self.rmc.speed_mps if self.rmc else None,
            course_deg=self.rmc.course_deg if self.rmc else None,
            hdop=self.gga.hdop if self.gga else None,
            satellites=self.gga.satellites if self.gga else None,
            source=source,
        )


class SentenceMerger:
    """Turns lines into solutions; a receiver that is opened again gets a new one."""

    def __init__(self, tally: SentenceTally) -> None:
        self.tally = tally
        self._waiting: Solution | None = None
        self._done: time | None = None
        self._heard_s: dict[SentenceKind, float] = {}

    def feed(self, line: bytes, received_at: Instant) -> list[Solution]:
        """Process one line that arrived at ``received_at``; returns the solutions it completes, rarely two."""
        result = parse(line)
        if not isinstance(result, SentenceRefusal) or result.kind is not None:
            self.tally.sentences += 1
        if result is not None and result.kind is not None:
            self.tally.place_sentences += 1
        if isinstance(result, Sentence):
            return self._join(result, received_at)
        if isinstance(result, SentenceRefusal):
            self.tally.rejections[result.reason] += 1
            return self._refuse(result)
        return []

    def flush(self) -> list[Solution]:
        """Return the solution that waits for its second sentence, because the source ended or paused."""
        return self._take_waiting()

    def _join(self, sentence: Sentence, received_at: Instant) -> list[Solution]:
        self._note_kind(sentence.kind, sentence.time_of_day)
        self.tally.moment = sentence.time_of_day
        if sentence.time_of_day == self._done:
            return []
        out = []
        if self._waiting and self._waiting.time_of_day != sentence.time_of_day:
            out = self._take_waiting()
        partial = self._waiting or Solution(received_at, None, None)
        solution = (
            replace(partial, rmc=sentence) if sentence.kind is SentenceKind.RMC else replace(partial, gga=sentence)
        )
        self._waiting = solution
        return out + self._take_waiting() if self._complete(solution) else out

    def _complete(self, solution: Solution) -> bool:
        if solution.rmc and solution.gga:
            return True
        missing = SentenceKind.GGA if solution.rmc else SentenceKind.RMC
        apart_s = abs(solution.seconds_of_day - self._heard_s[missing])
        return min(apart_s, DAY_S - apart_s) > SILENCE_S

    def _take_waiting(self) -> list[Solution]:
        solution, self._waiting = self._waiting, None
        if solution is None:
            return []
        self._done = solution.time_of_day
        self.tally.solutions += 1
        return [solution]

    def _refuse(self, refusal: SentenceRefusal) -> list[Solution]:
        moment = refusal.time_of_day
        if refusal.kind is None:
            return []
        self.tally.moment = moment
        if moment is None:  # A void sentence need not say when it is.
            self._waiting = None
            return []
        self._note_kind(refusal.kind, moment)
        if self._waiting and self._waiting.time_of_day == moment:
            self._waiting = None
        out = self._take_waiting()
        self._done = moment
        return out

    def _note_kind(self, kind: SentenceKind, moment: time) -> None:
        """Remember when each kind was last heard; before the first of a kind, both count from the start."""
        for each_kind in SentenceKind:
            self._heard_s.setdefault(each_kind, seconds_of_day(moment))
        self._heard_s[kind] = seconds_of_day(moment)


def seconds_of_day(moment: time) -> float:
    """Seconds since midnight."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
