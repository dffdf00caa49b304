"""Runs stages in threads, restarts failed ones with growing waits, and distinguishes stalled from idle ones.

Start order is the order of adding; stopping goes in exact reverse: sources first closed by ``stop``, then each stage
ends when its input channel is closed and empty.

A thread that hangs in a driver cannot be ended. Where the other stages can do without its stage, another thread takes
its place, and the one that hangs ends by itself should it ever come back.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import structlog

from alpr_edge.domain.retry import Backoff

log = structlog.get_logger(__name__)

RESTART_BACKOFF = Backoff(first_s=0.5, longest_s=30.0)
FORGIVEN_AFTER_S = 60.0
"""Run time of a stage after which its earlier failures no longer lengthen the wait for a restart."""
STEADY_AFTER_S = 10.0
"""A stage that failed counts as working again once it ran this long: one that fails again and again stays failed."""
RESTART_AT_STOP_S = 0.1
"""Longest wait before a stage that fails while all stop is started again."""
HANGING_THREADS_MAX = 2
"""Most hanging threads of one stage; with so many, one must end before a restart: each holds a device and memory."""
REPLACEABLE_STOP_S = 1.0
"""How long a stop waits for a replaceable stage that says nothing else: one that hangs must not hold back others."""


class Stage(Protocol):
    """A piece of work that runs in one thread."""

    name: str

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the input is closed or ``stop`` is set; call ``beat`` at least every few seconds."""

    def finish(self) -> None:
        """Pass on, flush or close what is left; called once after the last run, whatever ended it."""


@runtime_checkable
class FedStage(Stage, Protocol):
    """A stage that takes what others give it, and ends after them."""

    @property
    def is_fed(self) -> bool:
        """Whether something that it has to take is there, or may still come."""


class ReplacedError(Exception):
    """Ends a thread that hung for so long that another has taken its place; raised by ``beat``."""


@dataclass(slots=True, eq=False)
class StageState:
    """The state of a stage for health."""

    stage: Stage
    replaceable: bool = False
    """Whether the others can do without it while it hangs."""
    stop_s_max: float = REPLACEABLE_STOP_S
    """How long a stop waits for it, if it is replaceable."""
    backoff: Backoff = RESTART_BACKOFF
    """The waits before it is started again."""
    thread: threading.Thread | None = None
    """The thread that runs it; None while none does."""
    hanging: list[threading.Thread] = field(default_factory=list)
    """The threads that were replaced and have not ended yet."""
    number: int = 0
    """Number of the thread that runs it; reports of one with an earlier number are ignored."""
    beaten_s: float = 0.0
    restarts: int = 0
    failure: str = ""
    finish_failed: bool = False
    """Whether items that it still held at the end could not be passed on."""
    waiting: bool = False
    """Whether it failed and waits to be started again."""
    finishing: bool = False
    """Whether a thread is finishing it already."""
    done: bool = False
    started_s: float = 0.0


class Supervisor:
    """Owns the threads of a process.

    Args:
        stall_s: the silence in seconds after which a stage counts as stalled.
    """

    def __init__(self, stall_s: float = 20.0) -> None:
        self._stall_s = stall_s
        self._states: list[StageState] = []
        self._lock = threading.Lock()
        self._is_started = False
        self._stopping_since_s: float | None = None
        """When the first wait after a stop began."""
        self.stop = threading.Event()
        """Set to stop: sources end, and then all stages that they feed."""

    @property
    def states(self) -> tuple[StageState, ...]:
        """The states of all stages, in start order."""
        return tuple(self._states)

    def add(
        self,
        stage: Stage,
        *,
        replaceable: bool = False,
        stop_s_max: float = REPLACEABLE_STOP_S,
        backoff: Backoff = RESTART_BACKOFF,
    ) -> None:
        """Add a stage to start later.

        Args:
            replaceable: whether the others can do without it, and it ends by ``stop``. While it hangs it is reported as
                :meth:`hanging`, not as stalled, and :meth:`tend` starts another thread in its place. The thread that
                hangs may come back and goes on until its next ``beat``, which the stage's ``run`` must allow for.
        """
        self._states.append(StageState(stage, replaceable, stop_s_max, backoff))

    def start(self) -> None:
        """Start every stage, consumers before producers if they were added so."""
        self._is_started = True
        for state in self._states:
            self._begin(state)

    def tend(self) -> None:
        """Replace threads that hang or died, where that is possible; to be called every second or so."""
        for state in self._states if self._is_started and not self.stop.is_set() else ():
            state.hanging = [thread for thread in state.hanging if thread.is_alive()]
            if state.thread is not None and state.replaceable and self._is_silent(state):
                self._abandon(state)
            is_dead = state.thread is None or not state.thread.is_alive()
            if is_dead and not state.finishing and len(state.hanging) < HANGING_THREADS_MAX:
                self._restart(state)

    def join(self, timeout_s: float, *, is_last: bool = True) -> bool:
        """Wait until every stage is done; False when one is not by then.

        After a stop a replaceable stage that does not end in its time is given up, so that those behind it can.
        """
        deadline_s = time.monotonic() + timeout_s
        if self.stop.is_set():
            self._give_up(deadline_s, is_last=is_last)
        for state in reversed(self._states):
            if state.thread is not None:
                state.thread.join(max(0.0, deadline_s - time.monotonic()))
        return all(state.done for state in self._states)

    def stalled(self) -> list[str]:
        """Names of the stages that have not moved for too long and cannot be replaced."""
        return [s.stage.name for s in self._states if not (s.replaceable or s.done) and self._is_silent(s)]

    def hanging(self) -> list[str]:
        """Names of the replaceable stages that nobody runs any more, since so many of their threads hang."""
        return [s.stage.name for s in self._states if s.hanging and s.thread is None and not s.done]

    def with_hanging_threads(self) -> list[str]:
        """Names of the replaceable stages of which a thread hangs, whether or not another runs in its place."""
        return [s.stage.name for s in self._states if s.hanging and not s.done]

    def restarting(self) -> list[StageState]:
        """Stages that failed and wait to be started again, or were so just now."""
        now_s = time.monotonic()
        return [s for s in self._states if s.waiting or (_has_failed(s) and now_s - s.started_s < STEADY_AFTER_S)]

    def troubles(self) -> list[str]:
        """What is wrong with the stages, a short line each."""
        still = [f"{name} does not move" for name in (*self.stalled(), *self.hanging())]
        return [*still, *(f"{state.stage.name} failed: {state.failure}" for state in self.restarting())]

    def restarts(self) -> dict[str, int]:
        """How often each stage that failed was started again."""
        return {state.stage.name: state.restarts for state in self._states if state.restarts}

    def _is_silent(self, state: StageState) -> bool:
        return time.monotonic() - state.beaten_s > self._stall_s

    def _begin(self, state: StageState) -> None:
        state.number += 1
        state.beaten_s = state.started_s = time.monotonic()
        arguments = (state, state.number)
        state.thread = threading.Thread(target=self._run_until_done, args=arguments, name=state.stage.name, daemon=True)
        state.thread.start()

    def _restart(self, state: StageState) -> None:
        state.failure = state.failure or "its thread ended"
        state.restarts += 1
        try:
            self._begin(state)
        except RuntimeError as error:  # no thread is to be had now
            state.thread, state.failure = None, str(error)
        _log_failure("stage.started_again", state, hanging=len(state.hanging))

    def _abandon(self, state: StageState) -> None:
        """Abandon a thread that hangs."""
        with self._lock:
            if state.finishing or state.thread is None:
                return
            state.number += 1
            state.hanging.append(state.thread)
            state.thread = None
            state.failure = f"did not move for {self._stall_s:g} s"
        _log_failure("stage.hangs", state, hanging=len(state.hanging))

    def _give_up(self, deadline_s: float, *, is_last: bool) -> None:
        """Finish replaceable stages that do not end by themselves; the call they hang in may hold them for ever."""
        self._stopping_since_s = self._stopping_since_s or time.monotonic()
        for state in [state for state in reversed(self._states) if state.replaceable]:
            if state.thread is not None:
                limit_s = self._stopping_since_s + state.stop_s_max
                state.thread.join(max(0.0, min(deadline_s, limit_s) - time.monotonic()))
                if state.thread.is_alive() and not is_last and time.monotonic() < limit_s:
                    continue
            with self._lock:
                number = state.number = state.number + (not state.finishing)
            if not state.finishing:
                _log_failure("stage.given_up", state, hanging=len(state.hanging))
                state.thread = None  # nobody waits for it any more
                self._finish(state, number)

    def _run_until_done(self, state: StageState, number: int) -> None:
        """Run a stage until it ends by itself, stop is asked, or another thread has taken its place."""
        failures = 0
        while True:
            if self._run_once(state, number) or number != state.number:
                break
            failures = 1 if time.monotonic() - state.started_s > FORGIVEN_AFTER_S else failures + 1
            if self._wait_to_restart(state, state.backoff.wait_s(failures, random.random())):  # noqa: S311 - jitter, no secret
                break
        self._finish(state, number)

    def _wait_to_restart(self, state: StageState, wait_s: float) -> bool:
        """Wait before the next run; True when there is none: the process stops, and no other stage feeds this one."""
        # Beaten while waiting: a stage that cannot start is known to be down, not stalled.
        state.beaten_s = time.monotonic() + wait_s
        state.waiting = True  # counted after it, begun before its end: no moment hides the failure
        state.restarts += 1
        _log_failure("stage.restarting", state, wait_s=round(wait_s, 2))
        if self.stop.is_set():
            time.sleep(min(wait_s, RESTART_AT_STOP_S))
        is_stopping = self.stop.wait(wait_s)
        state.started_s = time.monotonic()
        state.waiting = False
        return is_stopping and not (isinstance(state.stage, FedStage) and state.stage.is_fed)

    def _run_once(self, state: StageState, number: int) -> bool:
        def beat() -> None:
            if number != state.number:
                raise ReplacedError
            state.beaten_s = time.monotonic()

        try:
            state.stage.run(beat, self.stop)
        # The one place that survives anything: what native code panics with is often no Exception.
        except BaseException as error:  # noqa: BLE001
            if number == state.number:
                state.failure = f"{type(error).__name__}: {error}"
            return False
        return True

    def _finish(self, state: StageState, number: int) -> None:
        """Finish a stage, once."""
        with self._lock:
            if number != state.number or state.finishing:
                return
            state.finishing = True
        try:
            state.stage.finish()
        except BaseException as error:  # noqa: BLE001 - as above
            state.finish_failed = True
            state.failure = f"{type(error).__name__}: {error}"
            _log_failure("stage.finish_failed", state)
        finally:
            state.done = True


def _has_failed(state: StageState) -> bool:
    return bool(state.failure) and not state.done


def _log_failure(event: str, state: StageState, **more: object) -> None:
    log.error(event, stage=state.stage.name, failure=state.failure, **more)
