"""The stage that reads the GNSS receiver for as long as the process runs.

It also runs while no plates are read, since the clock needs it. A receiver that is lost, silent or hangs stops no
camera; what is wrong with it is reported.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alpr_edge.app.stages.vehicle_state import VehicleStateStage
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.motion.fix_check import STUCK_S, FixFault
from alpr_edge.domain.ports import Clock
from alpr_edge.position.chrony_time_sender import ChronyTimeSender
from alpr_edge.position.fix_collection import collect_fixes
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.fix_watch import FixWatch, Placelessness
from alpr_edge.position.sentence_merger import SentenceTally
from alpr_edge.position.serial_source import SerialSource
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.stages import beating
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import PositionSettings

STOP_S_MAX = 3.0
_PLACE_FAULTS = {
    FixFault.STUCK: (
        FaultKind.RECEIVER_STUCK,
        "position",
        "position: the receiver repeats the same place although the car drives: it is not used",
    ),
    FixFault.JUMPS: (
        FaultKind.RECEIVER_JUMPS,
        "position",
        "position: the receiver's place jumps further than a car drives: it is not used",
    ),
}
_NO_PLACE = {
    Placelessness.NO_FIX: (
        FaultKind.RECEIVER_NO_FIX,
        "position: the receiver has had no fix for {minutes:.0f} minutes: reads have no place; see its antenna",
    ),
    Placelessness.NO_SENTENCES: (
        FaultKind.RECEIVER_NO_SENTENCES,
        "position: the receiver has sent no RMC or GGA for {minutes:.0f} minutes: reads have no place; switch these on",
    ),
}


def wrong_date_text(day: dt.date) -> str:
    """Say that a receiver's date cannot be right."""
    return f"the receiver reports the date {day}, which is wrong: its week number may have rolled over"


class RepeatedMoment:
    """Notices a receiver whose clock stands: it sends the same moment again and again, and gives no fix any more."""

    def __init__(self) -> None:
        self._moment: dt.time | None = None
        self._since_s = 0.0
        self._sentences = 0
        self.is_stuck = False

    def look(self, tally: SentenceTally, now_s: float) -> None:
        """Compare the newest moment with the one before; several times a second.

        Args:
            now_s: seconds of a monotonic clock.
        """
        has_new_sentences, self._sentences = tally.sentences != self._sentences, tally.sentences
        if tally.moment is None or tally.moment != self._moment:
            self._moment, self._since_s, self.is_stuck = tally.moment, now_s, False
        elif has_new_sentences:
            self.is_stuck = now_s - self._since_s >= STUCK_S


class PositionStage:
    """Passes a receiver's fixes to the fix history; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "position"

    def __init__(
        self, settings: PositionSettings, clock: Clock, fix_history: FixHistory, chrony: ChronyTimeSender
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._fix_history = fix_history
        self._chrony = chrony
        self.trouble = ""
        """Why no sentences arrive from the receiver; empty while they do, with or without a fix."""
        self.wrong_date: dt.date | None = None
        """The date that the receiver reports, where it cannot be right."""
        self.repeats = RepeatedMoment()
        """Whether it sends the same moment again and again."""
        self.tally: SentenceTally | None = None
        """What it has sent since it was opened; None while nothing arrives."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Read until stopped; a receiver that was lost is opened again after growing waits."""
        listener = _ReportingReceiver(self, beat, stop)
        collect_fixes(listener, self._fix_history, beating(stop.wait, beat), on_trusted_fix=self._chrony.feed)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""


class _ReportingReceiver:
    """A receiver that reports to its stage whether sentences arrive; a :class:`~alpr_edge.domain.ports.FixSource`."""

    def __init__(self, stage: PositionStage, beat: Callable[[], None], stop: threading.Event) -> None:
        self._stage = stage
        self._beat = beat
        self._stop = stop
        self._source = SerialSource(stage.settings, stage.clock, self._should_stop)

    def fixes(self) -> Iterator[Fix]:
        """Yield the fixes of the receiver."""
        try:
            yield from self._source.fixes()
        except PositionError as error:
            self._stage.trouble, self._stage.tally = str(error), None
            raise

    def _should_stop(self) -> bool:
        """Whether to stop; called twice a second while the device is open."""
        self._beat()
        if self._source.tally.sentences:
            self._stage.trouble, self._stage.tally = "", self._source.tally
            self._stage.wrong_date = self._source.tally.wrong_date
        self._stage.repeats.look(self._source.tally, time.monotonic())
        return self._stop.is_set()


class PositionMonitor:
    """The state of the receiver for the unit's health.

    Args:
        stage: the stage that reads it; None where there is no receiver.
        fix_watch: notices that it has no fix for too long; None: for as long as garages and tunnels last.
    """

    def __init__(
        self,
        stage: PositionStage | None,
        supervisor: Supervisor,
        fix_history: FixHistory,
        fix_watch: FixWatch | None = None,
    ) -> None:
        self._stage = stage
        self._supervisor = supervisor
        self._fix_history = fix_history
        self._fix_watch = fix_watch or FixWatch()

    def faults(self) -> list[Fault]:
        """What is wrong with it; the call, once a second, also keeps its stage running."""
        self._supervisor.tend()
        lines = [f"position: {self._stage.trouble}"] if self._stage is not None and self._stage.trouble else []
        troubles = self._supervisor.troubles()
        lines += [line for line in troubles if line.startswith(PositionStage.name)]
        others = [line for line in troubles if not line.startswith(PositionStage.name)]
        lost = [Fault(FaultKind.RECEIVER, "position", line) for line in lines]
        no_place = self._no_place_faults(is_lost=bool(lost))
        aside = [Fault(FaultKind.SIDE_STAGE, line.split()[0], line) for line in others]
        return (lost or self._place_faults() or no_place) + aside

    def _place_faults(self) -> list[Fault]:
        """That the receiver speaks, and that what it says of the place cannot be right."""
        if self._stage is None:
            return []
        if self._stage.repeats.is_stuck:
            text = "position: the receiver repeats the same moment: reads have no place"
            return [Fault(FaultKind.RECEIVER_STUCK, "position", text)]
        fault = self._fix_history.place_fault(self._stage.clock.now())
        return [] if fault is None else [Fault(*_PLACE_FAULTS[fault])]

    def _no_place_faults(self, *, is_lost: bool) -> list[Fault]:
        """That the receiver speaks and has given no place for too long; asked in every round, as it counts the time."""
        now_s = time.monotonic()
        why = self._fix_watch.look(None if is_lost or self._stage is None else self._stage.tally, now_s)
        if why is None:
            return []
        kind, text = _NO_PLACE[why]
        return [Fault(kind, "position", text.format(minutes=self._fix_watch.minutes(now_s)))]

    def date_trouble(self) -> str:
        """What is wrong with the date that it reports; empty when nothing is."""
        day = None if self._stage is None else self._stage.wrong_date
        return "" if day is None else wrong_date_text(day)

    def restarts(self) -> dict[str, int]:
        """How often its stage failed and was started again."""
        return self._supervisor.restarts()


@contextmanager
def position_monitor(
    settings: PositionSettings, fix_history: FixHistory, chrony: ChronyTimeSender, vehicle_state: VehicleStateStage
) -> Iterator[PositionMonitor]:
    """Read the receiver of the settings, and tell the page what it may know of it, until the context ends."""
    supervisor = Supervisor()
    supervisor.add(vehicle_state, replaceable=True)
    stage = PositionStage(settings, SystemClock(), fix_history, chrony) if settings.device else None
    if stage is not None:
        supervisor.add(stage, replaceable=True)
    supervisor.start()
    try:
        yield PositionMonitor(stage, supervisor, fix_history)
    finally:
        supervisor.stop.set()
        supervisor.join(STOP_S_MAX)
