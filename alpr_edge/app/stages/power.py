"""The stage that reads the ignition, the monitor that acts on it, and the stage that stands in for it.

The ignition is read in a thread of its own, and the domain's rule decides. A unit that shuts down has stopped reading
plates and written everything. It waits until the uplink daemon, which learns of the shutdown from the health file,
has sent everything, and then orders the power off. When the ignition comes on again the shutdown ends; after
the order, when this process is gone, ``config/system/usr/lib/systemd/system-shutdown/alpr-edge`` looks for that.

A thread of its own steps the monitor while the daemon does not, as it hangs with its disk: at the start, as it writes
what is left, or as it closes its database. The power goes all the same, and the battery is not emptied.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

import structlog

from alpr_edge.domain.errors import PowerError
from alpr_edge.domain.ports import Ignition
from alpr_edge.domain.power import Phase, Power, PowerRule
from alpr_edge.power.commands import CommandIgnition, order_off
from alpr_edge.power.files import FileIgnition
from alpr_edge.power.gpio import GpioIgnition
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import PowerSettings, Settings

log = structlog.get_logger(__name__)

NOT_WATCHING = "the ignition is off: no plate is read"
STOP_S_MAX = 3.0
STEP_S_MAX = 15.0
"""Time without a step of the daemon after which it counts as hanging; one that drains is given its time too."""
LOOK_S = 1.0
"""Time between two looks of the stage that steps in its place."""
HANG_S_SPARE = 60.0
"""Time for a start that hangs while the ignition is off, from each look on."""
ANSWER_S_SPARE = 1.0
"""Time beyond the limit of a command after which an answer is overdue; a line or a file answers at once."""


def open_ignition(settings: Settings) -> Ignition | None:
    """The ignition that the settings name; None for a unit that runs until its power goes."""
    match settings.power.ignition:
        case "none":
            return None
        case "command":
            return CommandIgnition(settings.power.ignition_command, settings.power.command_timeout_s)
        case "gpio":
            return GpioIgnition(settings.power)
        case "file":
            return FileIgnition(settings.unit.runtime_directory)
        case _:
            assert_never(settings.power.ignition)


class IgnitionStage:
    """Reads the ignition at intervals; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`.

    Args:
        check_interval_s: the seconds between two readings.
    """

    name = "ignition"

    def __init__(self, ignition: Ignition, check_interval_s: float, answer_s_max: float) -> None:
        self._ignition = ignition
        self._check_interval_s = check_interval_s
        self._answer_s_max = answer_s_max
        self._asked_s: float | None = None
        self._word: bool | None = None
        self._has_answered = threading.Event()

    @property
    def is_late(self) -> bool:
        """Whether an answer is overdue."""
        asked_s = self._asked_s
        return asked_s is not None and time.monotonic() - asked_s > self._answer_s_max

    @property
    def word(self) -> bool | None:
        """The last reading: True for on, False for off; None before the first, and while it cannot be read."""
        return None if self.is_late else self._word

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Read until stopped; a failure ends the run, which the supervisor starts again after a wait."""
        try:
            while not stop.is_set():
                beat()
                self._asked_s = time.monotonic()
                self._word, self._asked_s = self._ignition.is_on(), None
                self._has_answered.set()
                stop.wait(self._check_interval_s)
        finally:
            self._word, self._asked_s = None, None
            self._has_answered.set()

    def wait_for_answer(self) -> None:
        """Wait for the first reading, or its failure, for as long as an answer may take."""
        self._has_answered.wait(self._answer_s_max)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""


class PowerMonitor:
    """The state of the unit's power, and the order to switch it off.

    Args:
        stage: the stage that reads the ignition; None where there is none.
    """

    def __init__(self, settings: PowerSettings, stage: IgnitionStage | None, supervisor: Supervisor) -> None:
        self._command = settings.power_off_command
        self._power = Power(PowerRule(settings.off_after_s, settings.on_after_s, settings.shutdown_grace_s))
        self._stage = stage
        self._supervisor = supervisor
        self._lock = threading.Lock()
        """Held by the thread that steps."""
        self._stepped_s = time.monotonic()
        """When the daemon stepped last."""
        self._tried_s: float | None = None
        self._failure = ""

    @property
    def phase(self) -> Phase:
        """The present phase of the unit."""
        return self._power.phase

    @property
    def is_off(self) -> bool:
        """Whether the ignition is off, or was off for so long that the unit goes down."""
        return self.phase is not Phase.WATCHING or (self._stage is not None and self._stage.word is False)

    def step(self, *, all_sent: bool = False) -> Phase:
        """Update the phase by the ignition; order the power off once it may go."""
        self._supervisor.tend()
        self._stepped_s = time.monotonic()
        return self._step(all_sent=all_sent)

    def step_if_late(self, late_s: float = STEP_S_MAX) -> bool:
        """Take a step in place of a daemon that has taken none for ``late_s``; returns whether it has not."""
        is_late = time.monotonic() - self._stepped_s >= late_s
        if is_late:
            self._step(all_sent=False)
        return is_late

    def _step(self, *, all_sent: bool) -> Phase:
        with self._lock:
            return self._locked_step(all_sent=all_sent)

    def _locked_step(self, *, all_sent: bool) -> Phase:
        before, now_s = self._power.phase, time.monotonic()
        phase = self._power.step(now_s, ignition=self._stage.word if self._stage else True, all_sent=all_sent)
        if phase is not before:
            log.info("power.phase_changed", phase=phase.value, sent=all_sent)
            self._tried_s, self._failure = None, ""
        if phase is Phase.OFF and self._command and self._is_due(now_s):
            self._order_off(now_s)
        return phase

    def wait_for_word(self) -> None:
        """Wait until the ignition was read once, or could not be, for as long as that may take."""
        if self._stage is not None:
            self._stage.wait_for_answer()

    def warnings(self) -> tuple[str, ...]:
        """Amber: the ignition cannot be read, so the unit will not power off by itself."""
        restarting = self._supervisor.restarting()
        failures = [state.failure for state in restarting if state.stage is self._stage]
        failures += ["no answer comes"] if self._stage is not None and self._stage.is_late else []
        others = [f"{each.stage.name} failed: {each.failure}" for each in restarting if each.stage is not self._stage]
        return (*(f"the ignition cannot be read: {failure}" for failure in failures), *others)

    def troubles(self) -> tuple[str, ...]:
        """What keeps the unit from working, or its power from being switched off."""
        if self.phase is Phase.WATCHING:
            return ()
        return (NOT_WATCHING, *([self._failure] if self._failure else []))

    def restarts(self) -> dict[str, int]:
        """How often the stage failed and was started again."""
        return self._supervisor.restarts()

    def figures(self) -> dict[str, str]:
        """The values for the health file."""
        words = {True: "on", False: "off", None: "unknown"}
        return {"power": self.phase.value, "ignition": words[self._stage.word] if self._stage else "none"}

    def _is_due(self, now_s: float) -> bool:
        return self._tried_s is None or now_s - self._tried_s >= self._power.rule.gone_s

    def _order_off(self, now_s: float) -> None:
        self._tried_s = now_s
        try:
            order_off(self._command)
        except PowerError as error:
            self._failure = str(error)
            log.error("power.off_failed", failure=self._failure)
            return
        self._failure = ""
        self._power.note_order(now_s)
        log.info("power.off_ordered")


class StandInStage:
    """Steps the monitor while the daemon does not; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "power-stand-in"

    def __init__(self, monitor: PowerMonitor, manager: ServiceManager, late_s: float = STEP_S_MAX) -> None:
        self._monitor = monitor
        self._manager = manager
        self._late_s = late_s

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Look once a second until stopped."""
        while not stop.wait(LOOK_S):
            beat()
            if self._monitor.step_if_late(self._late_s) and self._monitor.is_off:
                self._manager.alive()
                self._manager.extend_timeout(HANG_S_SPARE)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""


@contextmanager
def power_monitor(
    settings: Settings, manager: ServiceManager | None = None, late_s: float = STEP_S_MAX
) -> Iterator[PowerMonitor]:
    """Read the ignition of the settings, and act on it where the caller does not, until the context ends.

    Args:
        manager: the service manager; None: that of the environment.
    """
    ignition, supervisor = open_ignition(settings), Supervisor()
    stage = (
        None
        if ignition is None
        else IgnitionStage(ignition, settings.power.check_interval_s, settings.power.command_timeout_s + ANSWER_S_SPARE)
    )
    monitor = PowerMonitor(settings.power, stage, supervisor)
    if stage is not None:
        supervisor.add(stage, replaceable=True)
        supervisor.add(StandInStage(monitor, manager or ServiceManager(), late_s), replaceable=True)
    supervisor.start()
    try:
        yield monitor
    finally:
        supervisor.stop.set()
        supervisor.join(STOP_S_MAX)
