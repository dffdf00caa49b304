"""The receiver as the unit lives by it: listened to in a stage of its own for as long as the process runs.

Also while nothing is watched, since the clock needs it. A receiver that is lost, silent or hangs keeps no camera from
its work; what it is lacking in is told.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.ports import Clock
from alpr_edge.position.chrony import ChronyFeed
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.pump import pump
from alpr_edge.position.serial_source import SerialSource
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.stages import beating
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import PositionSettings

STOP_S_MAX = 3.0


class PositionStage:
    """Carries a receiver's fixes to the keeper; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        settings: device and baud rate.
        clock: stamps the arrival of each sentence.
        fix_history: takes the fixes.
        chrony: told of each fix that tells a trusted time.
    """

    name = "position"

    def __init__(self, settings: PositionSettings, clock: Clock, fix_history: FixHistory, chrony: ChronyFeed) -> None:
        self.settings = settings
        self.clock = clock
        self._fix_history = fix_history
        self._chrony = chrony
        self.trouble = ""
        """Why the receiver is not heard; empty while it is, with or without a fix."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Listen until stopped; a receiver that was lost is opened again with growing waits."""
        pump(_Heard(self, beat, stop), self._fix_history, beating(stop.wait, beat), timed=self._chrony.feed)

    def finish(self) -> None:
        """Nothing is held."""


class _Heard:
    """The receiver of a stage, which is told whether it is heard; a :class:`~alpr_edge.domain.ports.FixSource`."""

    def __init__(self, stage: PositionStage, beat: Callable[[], None], stop: threading.Event) -> None:
        self._stage = stage
        self._beat = beat
        self._stop = stop
        self._source = SerialSource(stage.settings, stage.clock, self._stopped)

    def fixes(self) -> Iterator[Fix]:
        """As its source's."""
        try:
            yield from self._source.fixes()
        except PositionError as error:
            self._stage.trouble = str(error)
            raise

    def _stopped(self) -> bool:
        """Asked twice a second while the device is open."""
        self._beat()
        if self._source.tally.sentences:
            self._stage.trouble = ""
        return self._stop.is_set()


class PositionMonitor:
    """What the unit knows of its receiver.

    Args:
        stage: listens to it; None where there is none.
        supervisor: of that stage.
    """

    def __init__(self, stage: PositionStage | None, supervisor: Supervisor) -> None:
        self._stage = stage
        self._supervisor = supervisor

    def troubles(self) -> list[str]:
        """What is wrong with it, a short line each; asked once a second, which also keeps its stage going."""
        self._supervisor.tend()
        told = [f"position: {self._stage.trouble}"] if self._stage is not None and self._stage.trouble else []
        return [*told, *self._supervisor.troubles()]

    def restarts(self) -> dict[str, int]:
        """How often its stage failed and was started again."""
        return self._supervisor.restarts()


@contextmanager
def position_monitor(
    settings: PositionSettings, fix_history: FixHistory, chrony: ChronyFeed
) -> Iterator[PositionMonitor]:
    """Listen to the receiver of the settings until the end."""
    supervisor = Supervisor()
    stage = PositionStage(settings, SystemClock(), fix_history, chrony) if settings.device else None
    if stage is not None:
        supervisor.add(stage, replaceable=True)
    supervisor.start()
    try:
        yield PositionMonitor(stage, supervisor)
    finally:
        supervisor.stop.set()
        supervisor.join(STOP_S_MAX)
