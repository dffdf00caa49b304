"""Lets a unit drive, brings its faults by the schedule, and notes what it tells and what it needs."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alpr_edge.domain.errors import StoreError
from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from scripts.soak.causes import End, SoakParts, bring
from scripts.soak.faults import SOAK_RULES
from scripts.soak.schedule import ScheduledFault
from scripts.soak.signs import UnitSigns, signs_of
from scripts.soak.trials import FaultTrial

LOOK_S = 0.25
SAMPLE_S = 2.0
READY_S_MAX = 240.0
"""Longest time from the first start until all daemons are ready and nothing is wrong."""
WAIT_S_MAX = 20.0
"""Longest time for which a fault waits until all daemons run: one brought on a unit that starts says nothing."""
SETTLE_S = 15.0
"""Time after a fault in which more of it may be told: a clock that is not confirmed yet, a device that is opened."""


@dataclass(frozen=True, slots=True)
class QueueSample:
    """What the unit does at one moment."""

    at_s: float
    waiting: int
    frames: int


@dataclass(slots=True, eq=False)
class SoakLog:
    """What the daemons logged: ids of stored reads, and texts that a fault is told by."""

    stored: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    _texts: frozenset[str] = frozenset(rule.log_text for rule in SOAK_RULES.values() if rule.log_text)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, daemon: str, line: str) -> None:
        """Take in a line."""
        if daemon != RUN:
            return
        with self._lock:
            if "event=read.stored" in line:
                self.stored += [word.removeprefix("read=") for word in line.split() if word.startswith("read=")]
            self.seen |= {text for text in self._texts if text in line}

    def forget(self) -> None:
        """Begin to look for texts anew."""
        with self._lock:
            self.seen.clear()

    def texts(self) -> frozenset[str]:
        """The texts that were seen since."""
        with self._lock:
            return frozenset(self.seen)


@dataclass(slots=True, eq=False)
class SoakCampaign:
    """A soak under way.

    Args:
        parts: what faults are brought on.
        log: what the daemons log.
        scheduled: the faults to come.
        seconds: how long it lasts.
        say: a function that gets a line for each fault that is over.
    """

    parts: SoakParts
    log: SoakLog
    scheduled: Sequence[ScheduledFault]
    seconds: float
    say: Callable[[str], None]
    trials: list[FaultTrial] = field(default_factory=list)
    queue: list[QueueSample] = field(default_factory=list)
    uncaused: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By kind and subject, when the unit was seen to tell of a fault that nobody had brought."""
    began_s: float = 0.0
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    lasted_s: float = 0.0
    _causes: ExitStack = field(default_factory=ExitStack)
    _current: tuple[FaultTrial, End] | None = None

    def start(self) -> None:
        """Start the daemons, the one that makes the database first, and wait until the unit tells of nothing.

        Raises:
            StoreError: that does not come.
        """
        self.parts.services.start(RUN)
        self._wait_until(lambda signs: signs.runs(RUN))
        for name in (UPLINK, CONSOLE):
            self.parts.services.start(name)
        self._wait_until(lambda signs: signs.all_run and signs.is_link_up and not signs.faults)

    def _wait_until(self, holds: Callable[[UnitSigns], bool]) -> None:
        deadline_s = time.monotonic() + READY_S_MAX
        while not holds(signs := self._signs()):
            if time.monotonic() > deadline_s:
                raise StoreError(f"the unit is not ready after {READY_S_MAX:g} s: {signs.words()}")
            time.sleep(LOOK_S)

    def run(self) -> None:
        """Drive for as long as it lasts; an interrupt ends the cause that is there, and is passed on."""
        self.began_s, self.began_at = time.monotonic(), datetime.now(UTC)
        try:
            self._drive()
        finally:
            self.lasted_s = time.monotonic() - self.began_s
            if self._current is not None:
                self._end_cause(*self._current)

    def _drive(self) -> None:
        to_come, sample_at_s = list(self.scheduled), 0.0
        while (passed_s := time.monotonic() - self.began_s) < self.seconds:
            signs = self._signs()
            self._look(signs)
            if self._current is None and to_come and self._may_begin(to_come[0], passed_s, signs):
                self._begin(to_come.pop(0))
            elif self._current is not None:
                self._end_when_due(*self._current)
            if time.monotonic() >= sample_at_s:
                self.parts.services.sample()
                self.queue.append(QueueSample(time.monotonic(), signs.waiting, signs.frames))
                sample_at_s = time.monotonic() + SAMPLE_S
            time.sleep(LOOK_S)

    def _may_begin(self, scheduled: ScheduledFault, passed_s: float, signs: UnitSigns) -> bool:
        return passed_s >= scheduled.at_s and (signs.all_run or passed_s >= scheduled.at_s + WAIT_S_MAX)

    def _begin(self, scheduled: ScheduledFault) -> None:
        self.log.forget()
        end = bring(scheduled, self.parts)
        trial = FaultTrial(scheduled, time.monotonic())
        self.trials.append(trial)
        self._current = trial, end

    def _end_when_due(self, trial: FaultTrial, end: End) -> None:
        if time.monotonic() - trial.began_s >= trial.rule.lasts_s:
            self._end_cause(trial, end)

    def _end_cause(self, trial: FaultTrial, end: End) -> None:
        self._current = None
        end()
        trial.ended_s = time.monotonic()

    def _look(self, signs: UnitSigns) -> None:
        now_s = time.monotonic()
        for trial in self.trials:
            if not trial.is_settled:
                trial.look(signs, now_s)
                if trial.is_settled:
                    self.say(trial.line(self.began_s))
        for told in signs.faults:
            if not self._is_caused(told, now_s):
                self.uncaused.setdefault(told, []).append(now_s)

    def _is_caused(self, told: tuple[str, str], now_s: float) -> bool:
        """Whether a fault of now or of just before leads to what is told; a new daemon has yet to settle."""
        recent = [each for each in self.trials if each.healed_s is None or now_s - each.healed_s <= SETTLE_S]
        return any(each.rule.daemon == RUN or told[0] in (*each.rule.kinds, *each.rule.beside) for each in recent)

    def _signs(self) -> UnitSigns:
        return signs_of(self.parts.unit.settings, self.log.texts())
